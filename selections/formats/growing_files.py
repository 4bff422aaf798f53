"""Files of a format that grow side by side, in one temporary file: so that there are not as many
open files as subsets, or as labels."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from selections.formats.format import File, TemporaryFiles

_BUFFER = 2**18  # bytes of lines that are held in memory
_STEP = 2**20


class GrowingFiles:
    """The files of one writer, until the end of a part."""

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
