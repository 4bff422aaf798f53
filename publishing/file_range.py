"""A part of a file on disk, as a file of its own. Pure."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

LARGEST_READ = 2**27  # bytes at once; the directory of a ZIP is one read


class TooMuch(ValueError):
    """More was to be read at once than any real file needs."""


class FileRange(io.BufferedReader):
    """The `size` bytes from `start` on of the file at `path`, read-only and seekable. Raises
    TooMuch, OSError."""

    def __init__(self, path: Path, start: int, size: int) -> None:
        super().__init__(_Range(path, start, size))
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = max(self._size - self.tell(), 0)
        if size > LARGEST_READ:
            raise TooMuch(f"{size:,} bytes were to be read at once")
        return super().read(size)


class _Range(io.RawIOBase):
    def __init__(self, path: Path, start: int, size: int) -> None:
        self._file = path.open("rb", buffering=0)
        self._start, self._size, self._position = start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if origin + offset < 0:
            raise ValueError("before the beginning of the file")
        self._position = origin + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        length = min(len(buffer), max(self._size - self._position, 0))
        data = os.pread(self._file.fileno(), length, self._start + self._position)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
