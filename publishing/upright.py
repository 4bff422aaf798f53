"""The size of a picture as CVAT shows it: turned as its EXIF or XMP data ask for (cvat-api 7.2).
Pure."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import IO, cast

from PIL import Image

Size = tuple[int, int]
_ORIENTATION, _ON_ITS_SIDE = 0x0112, range(5, 9)
# What Pillow raises for a damaged header, and zipfile for a damaged member.
_UNREADABLE = (
    *(OSError, SyntaxError, ValueError, TypeError, EOFError, RuntimeError, struct.error),
    *(zlib.error, zipfile.BadZipFile, Image.DecompressionBombError),
)


def upright_size(file: IO[bytes] | io.BufferedIOBase) -> Size | None:
    """Width and height in pixels, of a picture in a seekable file; None if its header cannot be
    read. No pixels are decoded."""
    file.seek(0)
    try:
        with Image.open(cast(IO[bytes], file)) as image:
            width, height = image.size
            is_turned = (
                image.format != "TIFF"  # of which Pillow says the size that it has once turned
                and _exif(image).get(_ORIENTATION) in _ON_ITS_SIDE
            )
    except _UNREADABLE:
        return None
    return (height, width) if is_turned else (width, height)


def _exif(image: Image.Image) -> Image.Exif:
    if image.format != "PNG":
        return image.getexif()
    # The method of PNGs would decode the picture to look behind its pixels.
    return Image.Image.getexif(image)
