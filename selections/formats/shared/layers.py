"""Pictures of the areas of objects, as PNG files whose pixels are numbers or colors. Pure."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count

from PIL import Image

from cvat.annotations import Label, Shape
from selections.formats.format import NO_AREA, NO_SIZE, AnnotatedImage
from selections.formats.shared.geometry import pixels
from selections.formats.shared.masks import Run

MOST_PIXELS = 2**26  # of a picture that is painted: its pixels are held in memory
TOO_LARGE = "the picture is too large for its objects to be painted"
BACKGROUND = "background"  # the class of pixels without an object, and the label of that name

Color = tuple[int, int, int]  # red, green, blue
Layer = tuple[Sequence[Run], bytes]  # the pixels, and what each of them becomes

GREY, GREY_16, RGB, RGBA = "L", "I;16", "RGB", "RGBA"  # with 1, 2, 3 and 4 bytes for each pixel
_BYTES = {GREY: 1, GREY_16: 2, RGB: 3, RGBA: 4}
_BLACK: Color = (0, 0, 0)
_MOST_IN_TABLE = 256  # colors, of a PNG file


def unpaintable_reason(image: AnnotatedImage) -> str:
    """Why no object of a picture can be painted; "" if they can."""
    if not image.width or not image.height:
        return NO_SIZE
    return TOO_LARGE if image.width * image.height > MOST_PIXELS else ""


def visible_pixels(shape: Shape, image: AnnotatedImage) -> tuple[str, list[Run]]:
    """The pixels of the picture that an object covers, or the reason why there are none."""
    if reason := unpaintable_reason(image):
        return reason, []
    runs = pixels(shape, image.width, image.height)
    return "" if runs else NO_AREA, runs


def painted(
    layers: Iterable[Layer],
    width: int,
    height: int,
    mode: str,
    *,
    file_format: str = "PNG",
    table: Sequence[Color] = (),
) -> bytes:
    """A file of this mode with the layers, from below to above, on zeros. With a table of colors,
    those that the numbers of a mode of one byte stand for."""
    drawn = list(layers)
    values = dict.fromkeys([bytes(_BYTES[mode]), *(pixel for _, pixel in drawn)])
    if mode in (RGB, RGBA) and len(values) <= _MOST_IN_TABLE:
        # Painted with one byte for each pixel, in a third of the time.
        numbers = {pixel: bytes([number]) for number, pixel in enumerate(values)}
        indexed = [(runs, numbers[pixel]) for runs, pixel in drawn]
        image = _turned(indexed, width, height, GREY)
        image.putpalette(b"".join(values), mode)
        image = image.convert(mode)
    else:
        image = _turned(drawn, width, height, mode)
    if table:
        image.putpalette(bytes(chain.from_iterable(table)))
    file = io.BytesIO()
    # Areas are runs of equal bytes: so it is faster, and not larger.
    image.save(file, file_format, compress_type=zlib.Z_RLE)
    return file.getvalue()


def _turned(layers: Iterable[Layer], width: int, height: int, mode: str) -> Image.Image:
    """The layers, painted down the columns, as runs are, then turned."""
    depth = _BYTES[mode]
    columns = bytearray(width * height * depth)
    for runs, pixel in layers:
        for start, end in runs:
            columns[start * depth : end * depth] = pixel * (end - start)
    image = Image.frombytes(mode, (height, width), columns)
    del columns
    return image.transpose(Image.Transpose.TRANSPOSE)


def painted_in_colors(
    layers: Iterable[tuple[Sequence[Run], int]], width: int, height: int, colors: Sequence[Color]
) -> bytes:
    """A PNG file with layers that are numbers of colors, the first of which is black: with a table
    of the colors, or beyond 256 with the color of each pixel."""
    if len(colors) > _MOST_IN_TABLE:
        return painted([(runs, bytes(colors[n])) for runs, n in layers], width, height, RGB)
    numbers = [(runs, bytes([n])) for runs, n in layers]
    return painted(numbers, width, height, GREY, table=colors)


def label_colors(labels: Iterable[Label]) -> Mapping[str, Color]:
    """A color for each name of a label: its own one, or a similar one if that is black, which is
    the background, or the color of an earlier label. The label `background` is the background."""
    colors: dict[str, Color] = {}
    taken = {_BLACK}
    for label in labels:
        if label.name in colors:
            continue
        if label.name == BACKGROUND:
            colors[label.name] = _BLACK
            continue
        wanted = _number(label.color)
        colors[label.name] = next(
            color for step in count() if (color := _color((wanted + step) % 2**24)) not in taken
        )
        taken.add(colors[label.name])
    return colors


def _number(color: str) -> int:
    """The number of a color in the form #rrggbb; 0 if it is none."""
    try:
        return int(color.removeprefix("#")[:6], 16)
    except ValueError:
        return 0


def _color(number: int) -> Color:
    red, rest = divmod(number, 2**16)
    return red, *divmod(rest, 2**8)
