"""The structures of a ZIP file with stored members, as bytes; pure.

Byte for byte what Python's zipfile writes. But zipfile goes back to the header of each member to
write its size and checksum, and holds the whole directory in memory. Here size and checksum are
known before the header is written, so that the file only grows at its end, and the records of the
directory can wait on disk.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

# Larger sizes and offsets, and more members, need the fields of ZIP64.
MOST_BYTES = 2**31 - 1
MOST_MEMBERS = 2**16 - 1
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF  # "see the ZIP64 field"
_PLAIN, _ZIP64 = 20, 45  # versions of the format that a reader must know
_UTF8 = 0x800
_UNIX = 3
_DATE = 1 << 5 | 1  # 1 January 1980, the first that a ZIP can name; the time is 0
_ATTRIBUTES = 0o644 << 16


class Member(NamedTuple):
    name: str
    size: int  # bytes
    crc32: int

    @property
    def _is_long(self) -> bool:
        return self.size * 1.05 > MOST_BYTES  # the margin of zipfile

    def header(self) -> bytes:
        """What stands in front of the bytes of the member."""
        name, flags = _encoded(self.name)
        version, size, extra = _PLAIN, self.size, b""
        if self._is_long:
            version, size = _ZIP64, _FULL_32
            extra = struct.pack("<HHQQ", 1, 16, self.size, self.size)
        fixed = struct.pack(
            "<4s5H3L2H",
            *(b"PK\x03\x04", version, flags, 0, 0, _DATE),
            *(self.crc32, size, size, len(name), len(extra)),
        )
        return fixed + name + extra

    def record(self, offset: int) -> bytes:
        """What the directory says of the member, whose header stands at `offset`."""
        name, flags = _encoded(self.name)
        size, position = self.size, offset
        fields = []
        if size > MOST_BYTES:
            fields += [size, size]
            size = _FULL_32
        if position > MOST_BYTES:
            fields.append(position)
            position = _FULL_32
        extra = struct.pack(f"<HH{len(fields)}Q", 1, 8 * len(fields), *fields) if fields else b""
        version = _ZIP64 if fields or self._is_long else _PLAIN
        fixed = struct.pack(
            "<4s4B4H3L5H2L",
            *(b"PK\x01\x02", version, _UNIX, version, 0, flags, 0, 0, _DATE),
            *(self.crc32, size, size, len(name), len(extra), 0, 0, 0, _ATTRIBUTES, position),
        )
        return fixed + name + extra


def end(*, members: int, start: int, length: int) -> bytes:
    """What ends the file, behind a directory of `length` bytes that begins at `start`."""
    records = b""
    if members > MOST_MEMBERS or start > MOST_BYTES or length > MOST_BYTES:
        position = start + length
        counts = members, members, length, start
        records += struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, _ZIP64, _ZIP64, 0, 0, *counts)
        records += struct.pack("<4sLQL", b"PK\x06\x07", 0, position, 1)
        members = min(members, _FULL_16)
        length, start = min(length, _FULL_32), min(start, _FULL_32)
    counts = members, members, length, start
    return records + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *counts, 0)


def _encoded(name: str) -> tuple[bytes, int]:
    """The name as bytes, and the flags that say how."""
    return (name.encode(), 0) if name.isascii() else (name.encode(), _UTF8)
