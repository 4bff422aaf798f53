"""Many small files of a format, in one temporary file."""

from __future__ import annotations

import io
from collections.abc import Iterator

from selections.formats.format import File, TemporaryFiles


class SmallFiles:
    """The files of one writer, until the end of a part."""

    def __init__(self, temporary: TemporaryFiles) -> None:
        self._file = temporary.new()
        self._lengths: list[tuple[str, int]] = []

    def add(self, path: str, content: bytes) -> None:
        self._file.write(content)
        self._lengths.append((path, len(content)))

    def files(self) -> Iterator[File]:
        """The files in the order in which they were added."""
        self._file.seek(0)
        for path, length in self._lengths:
            yield File(path, io.BytesIO(self._file.read(length)), length)
