"""Pictures of which object or class each pixel belongs to, as PNG. Pure."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from itertools import chain

from PIL import Image

from selections.formats.masks import Run

Color = tuple[int, int, int]  # red, green, blue: 0 to 255

MOST_PIXELS = 2**27  # of a picture that is painted
_INDEXED = 256  # colours at most, of a PNG with a table of colours


class Painting:
    """A picture whose pixels have the first colour until another one is painted over them. The PNG
    has a table of the colours, in their order; above 256 colours each pixel has its own."""

    def __init__(self, width: int, height: int, colors: Sequence[Color]) -> None:
        self._size = width, height
        self._colors = colors
        self._has_table = len(colors) <= _INDEXED
        # Column by column, as runs are.
        planes = [0] if self._has_table else colors[0]
        self._planes = [bytearray([value]) * (width * height) for value in planes]

    def paint(self, runs: Iterable[Run], number: int) -> None:
        """Give pixels the colour of a number."""
        values = [number] if self._has_table else self._colors[number]
        for start, end in runs:
            for plane, value in zip(self._planes, values, strict=True):
                plane[start:end] = bytes([value]) * (end - start)

    def png(self) -> bytes:
        """The PNG. The picture cannot be painted on after that."""
        width, height = self._size
        images = []
        while self._planes:
            turned = Image.frombytes("L", (height, width), self._planes.pop(0))
            images.append(turned.transpose(Image.Transpose.TRANSPOSE))
        image = images[0]
        if self._has_table:
            image.putpalette(bytes(chain.from_iterable(self._colors)))
        else:
            image = Image.merge("RGB", images)
        file = io.BytesIO()
        image.save(file, "PNG", compress_level=3)
        return file.getvalue()


def is_paintable(width: int, height: int) -> bool:
    """Whether a picture has a size, and is small enough to be painted in memory."""
    return 0 < width * height <= MOST_PIXELS


def table_color(number: int) -> Color:
    """The colour of a class or an object in the tables of Pascal VOC: black for 0, then such that
    neighbours differ much."""
    red = green = blue = 0
    for bit in range(7, -1, -1):
        red |= (number & 1) << bit
        green |= (number >> 1 & 1) << bit
        blue |= (number >> 2 & 1) << bit
        number >>= 3
    return red, green, blue
