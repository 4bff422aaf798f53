"""Whether a JPEG has its end, or is cut off. Pure."""

from __future__ import annotations

import os
from typing import IO

_END = b"\xff\xd9"
_SCAN = 0xDA  # the marker in front of the pixels
_TAIL = 1024  # bytes; cameras fill their files up with zeros
_MOST_SEGMENTS = 1000  # in front of the pixels: a real file has some dozens
_BLOCK = 2**20
# Bytes of JPEGs that are read to find out whether they are cut off, in each upload: a second of
# work where they are compressed. Further ones are not looked at.
MOST_READ = 2**28


class Jpegs:
    """Tells which JPEGs of an upload are cut off."""

    def __init__(self) -> None:
        self._remaining = MOST_READ

    def take(self, size: int) -> bool:
        """Whether so many bytes may still be read; if so, they are used up."""
        if size > self._remaining:
            return False
        self._remaining -= size
        return True

    def is_cut_off(self, file: IO[bytes], size: int, *, is_read: bool = False) -> bool:
        """Whether a JPEG lacks its end marker. False as well where too many bytes would have to be
        read to know it; with `is_read` they are counted already, see take()."""
        if ends_with_marker(file, size) or not (is_read or self.take(size)):
            return False
        return not has_end_marker(file)


def ends_with_marker(file: IO[bytes], size: int) -> bool:
    """Whether the last of the `size` bytes are the end marker, without the zeros after it. Other
    bytes may follow the end of a whole JPEG, such as the video of a moving photo: see
    has_end_marker()."""
    file.seek(max(size - _TAIL, 0))
    return file.read(_TAIL).rstrip(b"\0").endswith(_END)


def has_end_marker(file: IO[bytes]) -> bool:
    """Whether there is an end marker after the beginning of the pixels, wherever the file ends. The
    file is read up to there. A thumbnail in the header, with an end of its own, does not count."""
    file.seek(2)
    for _ in range(_MOST_SEGMENTS):
        marker = file.read(2)
        if len(marker) < 2 or marker[0] != 0xFF:
            return False
        if marker[1] == _SCAN:
            return _is_found(file)
        length = int.from_bytes(file.read(2))
        file.seek(max(length - 2, 0), os.SEEK_CUR)
    return False


def _is_found(file: IO[bytes]) -> bool:
    """Whether the rest of the file has the end marker."""
    last = b""
    while block := file.read(_BLOCK):
        if _END in last + block:
            return True
        last = block[-1:]
    return False
