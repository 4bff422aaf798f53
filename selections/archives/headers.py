"""Reads the size of a picture from its header, and whether CVAT may have re-encoded it; pure.

CVAT rotates a picture whose EXIF data ask for it, and saves it with Pillow at quality 100, without
the EXIF data (cvat-api 7.2). Nothing in the file tells that this happened. But most pictures show
that it did not: they have EXIF data, a JPEG has another quality, a PNG has chunks that Pillow does
not write. Of all others it is not known.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

from cvat.pictures import SIGNATURE_BYTES, extension

# More than real files have, and few enough for a file that is meant to keep its reader busy.
MOST_SEGMENTS, MOST_FILL_BYTES = 2000, 64
FARTHEST = 2**40  # bytes; no file is longer
_WRITTEN_BY_PILLOW = {b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"eXIf"}
_NO_FRAME_HEADERS = (0xC4, 0xC8, 0xCC)  # JPEG markers from 0xC0 to 0xCF that have no size
_WIDTH_TAG, _HEIGHT_TAG = 256, 257


class Header(NamedTuple):
    """`extension` as in cvat.pictures; sizes in pixels, None where the header is damaged."""

    extension: str
    width: int | None = None
    height: int | None = None
    may_be_turned: bool = False


def read(file: io.BufferedIOBase) -> Header:
    """The header of a picture in a seekable file. Never raises for its contents."""
    file.seek(0)
    kind = extension(file.read(SIGNATURE_BYTES))
    file.seek(0)
    reader = _READERS.get(kind)
    if reader is None:
        return Header(kind, may_be_turned=True)
    try:
        width, height, may_be_turned = reader(file)
    except (struct.error, ValueError, IndexError):
        return Header(kind)  # not written by Pillow, whose headers can be read
    if width < 1 or height < 1:
        return Header(kind, may_be_turned=may_be_turned)
    return Header(kind, width, height, may_be_turned)


_Read = tuple[int, int, bool]


def _jpeg(file: io.BufferedIOBase) -> _Read:
    width = height = tables = 0
    has_exif, is_finest = False, True
    for marker, length in _segments(file):
        if marker == 0xDA:  # start of the compressed data
            break
        if marker == 0xDB:
            tables += 1
            is_finest = is_finest and not _quantization(file.read(length)).strip(b"\1")
        elif marker == 0xE1:
            has_exif = has_exif or file.read(min(length, 6)) == b"Exif\0\0"
        elif 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME_HEADERS:
            height, width = struct.unpack(">xHH", file.read(5))
    return width, height, bool(tables) and is_finest and not has_exif


def _segments(file: io.BufferedIOBase) -> Iterator[tuple[int, int]]:
    """(marker, length of its segment) for each segment of a JPEG; the file is positioned at the
    contents of the segment."""
    file.seek(2)
    for _ in range(MOST_SEGMENTS):
        head = file.read(4)  # mostly marker and length: one system call per segment
        if head[:1] != b"\xff":
            raise ValueError("no marker")
        marker = head[1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            file.seek(1 - len(head), os.SEEK_CUR)
            filled = file.read(MOST_FILL_BYTES).lstrip(b"\xff")
            marker = filled[0]
            file.seek(1 - len(filled), os.SEEK_CUR)
            if marker == 0x01 or 0xD0 <= marker <= 0xD8:
                continue
            head = b"\xff" + filled[:1] + file.read(2)
        length = int.from_bytes(head[2:4])
        if length < 2:
            raise ValueError("a segment shorter than its length field")
        after = file.tell() + length - 2
        yield marker, length - 2
        file.seek(after)


def _quantization(tables: bytes) -> bytes:
    """All values of the tables; a value of two bytes counts as two values."""
    values, at = bytearray(), 0
    while at < len(tables):
        length = 128 if tables[at] >> 4 else 64
        values += tables[at + 1 : at + 1 + length]
        at += 1 + length
    return bytes(values)


def _png(file: io.BufferedIOBase) -> _Read:
    file.seek(8)
    size, is_plain = (0, 0), True
    for _ in range(MOST_SEGMENTS):
        length, name = struct.unpack(">I4s", file.read(8))
        if name == b"IDAT":
            break
        after = file.tell() + length + 4
        if name == b"IHDR":
            width, height, depth, color, interlace = struct.unpack(">IIBBxxB", file.read(13))
            size = width, height
            is_plain = not interlace and not (depth == 16 and color & 2)
        is_plain = is_plain and name in _WRITTEN_BY_PILLOW
        file.seek(after)
    return *size, is_plain


def _webp(file: io.BufferedIOBase) -> _Read:
    """Where there are several pictures, the canvas comes first. What CVAT saves is never
    lossless."""
    file.seek(12)
    canvas, may_be_turned = (0, 0), True
    for _ in range(MOST_SEGMENTS):
        name, length = struct.unpack("<4sI", file.read(8))
        after = file.tell() + length + length % 2
        if name == b"VP8X":
            flags, *sides = struct.unpack("<B3xHBHB", file.read(10))
            canvas = 1 + sides[0] + (sides[1] << 16), 1 + sides[2] + (sides[3] << 16)
            may_be_turned = not flags & 0b1010  # EXIF data, animation
        elif name == b"VP8 ":
            _, width, height = struct.unpack("<6sHH", file.read(10))
            return *(canvas if any(canvas) else (width & 0x3FFF, height & 0x3FFF)), may_be_turned
        elif name == b"VP8L":
            (bits,) = struct.unpack("<xI", file.read(5))
            size = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
            return *(canvas if any(canvas) else size), False
        elif name == b"ANMF":
            break
        file.seek(after)
    return *canvas, may_be_turned


def _gif(file: io.BufferedIOBase) -> _Read:
    return *struct.unpack("<6xHH", file.read(10)), False


def _bmp(file: io.BufferedIOBase) -> _Read:
    (header,) = struct.unpack("<14xI", file.read(18))
    if header == 12:
        return *struct.unpack("<HH", file.read(4)), False
    width, height = struct.unpack("<ii", file.read(8))
    return width, abs(height), False  # negative: the first row is the top one


def _tiff(file: io.BufferedIOBase) -> _Read:
    """The size of the first page: CVAT serves no other."""
    order = "<" if file.read(2) == b"II" else ">"
    is_big = struct.unpack(f"{order}H", file.read(2))[0] == 43
    wide, start, step = ("Q", 8, 20) if is_big else ("I", 4, 12)
    file.seek(start)
    (first,) = struct.unpack(f"{order}{wide}", file.read(struct.calcsize(f"={wide}")))
    if first > FARTHEST:
        raise ValueError("a page beyond the end of any file")
    file.seek(first)
    counter = "Q" if is_big else "H"
    (count,) = struct.unpack(f"{order}{counter}", file.read(struct.calcsize(f"={counter}")))
    sides = {_WIDTH_TAG: 0, _HEIGHT_TAG: 0}
    for _ in range(min(count, MOST_SEGMENTS)):
        entry = file.read(step)
        tag, form = struct.unpack(f"{order}HH", entry[:4])
        if tag in sides:
            value = entry[12:] if is_big else entry[8:]
            sides[tag] = struct.unpack(
                f"{order}{'H' if form == 3 else 'I'}", value[: 2 if form == 3 else 4]
            )[0]
    return sides[_WIDTH_TAG], sides[_HEIGHT_TAG], False


_READERS = {
    ".jpg": _jpeg,
    ".png": _png,
    ".webp": _webp,
    ".gif": _gif,
    ".bmp": _bmp,
    ".tif": _tiff,
}
