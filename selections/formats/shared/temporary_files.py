"""The temporary files in which a writer collects what it writes until the end of a part."""

from __future__ import annotations

import io
import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path

from selections.formats.format import File

_BUFFER = 2**18  # bytes of lines that are held in memory
_STEP = 2**20


class TemporaryFiles:
    """The temporary files of a writer, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[io.BufferedRandom] = []

    def new(self) -> io.BufferedRandom:
        file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  (closed by close)
        self._files.append(file)
        return file

    def close(self) -> None:
        for file in self._files:
            file.close()


class GrowingFiles:
    """Appends to many files within one temporary file, so that no subset or label needs an open
    file."""

    def __init__(self, temporary: TemporaryFiles) -> None:
        self._contents = temporary.new()
        self._joined = temporary.new()
        self._pieces: dict[str, array[int]] = {}  # of each path: position and length in turn
        self._pending: dict[str, list[bytes]] = {}
        self._pending_size = 0

    def __contains__(self, path: str) -> bool:
        return path in self._pieces

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces)

    def add(self, path: str, content: bytes) -> None:
        self._pieces.setdefault(path, array("Q"))
        self._pending.setdefault(path, []).append(content)
        self._pending_size += len(content)
        if self._pending_size > _BUFFER:
            self._write_pending()

    def files(self) -> Iterator[File]:
        """The files in the order in which they were begun, each to be read before the next one."""
        self._write_pending()
        for path, pieces in self._pieces.items():
            self._joined.seek(0)
            self._joined.truncate()
            for position, length in zip(pieces[::2], pieces[1::2], strict=True):
                self._contents.seek(position)
                self._copy(length)
            size = self._joined.tell()
            self._joined.seek(0)
            yield File(path, self._joined, size)

    def _write_pending(self) -> None:
        for path, contents in self._pending.items():
            content = b"".join(contents)
            self._pieces[path].extend((self._contents.tell(), len(content)))
            self._contents.write(content)
        self._pending.clear()
        self._pending_size = 0

    def _copy(self, length: int) -> None:
        while length:
            block = self._contents.read(min(length, _STEP))
            self._joined.write(block)
            length -= len(block)


class SmallFiles:
    """Keeps many small files in one temporary file."""

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
