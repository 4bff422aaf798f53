"""The formats of the ICDAR challenges: text in pictures, as boxes and polygons (localization), as
words of whole pictures (recognition), and as areas of characters (segmentation). The text of an
object is its attribute `text`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from itertools import count

from cvat.annotations import Shape
from cvat.geometry import Point, pairs, rectangle_corners
from selections.formats.format import (
    ELEMENT,
    AnnotatedImage,
    Layout,
    only_attributes,
    only_kinds,
    unsupported,
)
from selections.formats.shared import masks
from selections.formats.shared.geometry import AREAS
from selections.formats.shared.layers import RGB, Color, painted
from selections.formats.shared.picture_files import (
    Classes,
    Content,
    PictureFiles,
    SharedFile,
    one_line,
)
from selections.formats.shared.segmentation import Area, areas_of

_LOCALIZATION, _RECOGNITION, _SEGMENTATION = (
    f"ICDAR {task}" for task in ("Localization", "Recognition", "Segmentation")
)
_PICTURES = "{subset}/images"
_WHITE: Color = (255, 255, 255)  # of pixels without an object
_STRIDE = 0x9E3779  # odd: so that all colors come in turn
_CORNERS = 4  # that readers expect at least: a polygon with fewer numbers is read as a box


def attribute(shape: Shape, name: str) -> str:
    """The value of an attribute; "" if the object has none of that name."""
    return dict(shape.attributes).get(name, "")


def _subset_and_name(image: AnnotatedImage, classes: Classes) -> tuple[str, str]:
    """The name of the subset, and the path of the picture in its folder."""
    return classes.subsets[image.subset], image.path.removeprefix(classes.folder(image, _PICTURES))


# --- localization ---


def _localized(image: AnnotatedImage, classes: Classes) -> Content:
    subset, name = _subset_and_name(image, classes)
    folder, base = posixpath.split(posixpath.splitext(name)[0])
    lines = "".join(f"{_line(shape)}\n" for shape in image.shapes)
    return Content(own=[(posixpath.join(subset, folder, f"gt_{base}.txt"), lines.encode())])


def _line(shape: Shape) -> str:
    """A box with spaces between its numbers, or a polygon with commas; then the text."""
    is_box = shape.kind == "rectangle" and not shape.rotation
    separator = " " if is_box else ","
    if is_box:
        x1, y1, x2, y2 = shape.points
        points = [(min(x1, x2), min(y1, y2)), (max(x1, x2), max(y1, y2))]
    else:
        points = _corners(shape)
    text = one_line(attribute(shape, "text")).replace('"', "'")
    numbers = [f"{number:.2f}" for point in points for number in point]
    return separator.join([*numbers, f'"{text}"'] if text else numbers)


def _corners(shape: Shape) -> list[Point]:
    is_rectangle = shape.kind == "rectangle"
    points = shape.points
    corners = rectangle_corners(points, shape.rotation) if is_rectangle else pairs(points)
    return corners + corners[-1:] * (_CORNERS - len(corners))


# --- recognition ---


def _recognized(image: AnnotatedImage, classes: Classes) -> Content:
    """A line for each text of a picture; one without text if there is none."""
    subset, name = _subset_and_name(image, classes)
    texts = [_escaped(one_line(attribute(shape, "text"))) for shape in image.shapes]
    lines = [f'{name}, "{text}"\n' for text in texts] or [f"{name}, \n"]
    return Content(shared=[(SharedFile(f"{subset}/gt.txt"), "".join(lines))])


def _escaped(text: str) -> str:
    return re.sub(r'(["\\])', r"\\\1", text)


def _without_text(shape: Shape) -> str:
    if attribute(shape, "text").strip():
        return ""
    return unsupported(_RECOGNITION, "objects without the attribute 'text'")


# --- segmentation ---


def _segmented(image: AnnotatedImage, classes: Classes) -> Content:
    subset, name = _subset_and_name(image, classes)
    stem = f"{subset}/{posixpath.splitext(name)[0]}_GT"
    areas, others = areas_of(image, image.shapes, dict.fromkeys(classes.labels, 0), _SEGMENTATION)
    colors = _colors(areas)
    drawn = list(zip(areas, colors, strict=True))
    # An empty line stands between two words.
    lines = "\n".join("".join(_character(*each, image) for each in word) for word in _words(drawn))
    own = [(f"{stem}.txt", lines.encode())]
    if areas:
        own.append((f"{stem}.bmp", _bitmap(areas, colors, image)))
    return Content([reason for _, reason in others], own)


def _index(shape: Shape) -> int:
    """The place of a character in its text."""
    value = attribute(shape, "index")
    return int(value) if re.fullmatch(r"\d{1,9}", value) else 0


def _colors(areas: Sequence[Area]) -> list[Color]:
    """The color that an object has as its attribute, or else one that no other has."""
    colors: list[Color | None] = []
    taken = {_WHITE}
    for area in areas:
        color = _given_color(attribute(area.shape, "color"))
        colors.append(None if color in taken else color)
        taken.add(color or _WHITE)
    # Far from each other, so that people can tell neighbours apart.
    free = (_color(number * _STRIDE % 2**24) for number in count(1))
    return [color or next(each for each in free if each not in taken) for color in colors]


def _color(number: int) -> Color:
    return number >> 16, number >> 8 & 255, number & 255


def _given_color(text: str) -> Color | None:
    match = re.fullmatch(r"(\d{1,3}) (\d{1,3}) (\d{1,3})", text)
    red, green, blue = map(int, match.groups()) if match else (256, 256, 256)
    return (red, green, blue) if max(red, green, blue) <= 255 else None


def _words(drawn: Sequence[tuple[Area, Color]]) -> list[list[tuple[Area, Color]]]:
    """The objects of each word in the order of their characters: those of one group are a word, and
    so is one without a group."""
    words: dict[tuple[int, int], list[tuple[Area, Color]]] = {}
    for position, (area, color) in enumerate(drawn):
        group = area.shape.group
        words.setdefault((group, 0 if group else position), []).append((area, color))
    in_order = [sorted(word, key=lambda each: _index(each[0].shape)) for word in words.values()]
    return sorted(in_order, key=lambda word: _index(word[0][0].shape))


def _character(area: Area, color: Color, image: AnnotatedImage) -> str:
    """A line with the color, centre, box and text of an object."""
    text = attribute(area.shape, "text")
    centre = re.fullmatch(r"\S+ \S+", attribute(area.shape, "center"))
    x, y, width, height = masks.box(area.runs, image.height)
    box = f"{x} {y} {x + width - 1} {y + height - 1}"
    start = ("#" if text == " " else "") + " ".join(map(str, color))
    return f'{start} {centre[0] if centre else "- -"} {box} "{_word(text)}"\n'


def _word(text: str) -> str:
    """The text without spaces and quotes, which end it for readers."""
    return text if text == " " else re.sub(r"\s", "_", text).replace('"', "'")


def _bitmap(areas: Sequence[Area], colors: Sequence[Color], image: AnnotatedImage) -> bytes:
    everything = [(0, image.width * image.height)]
    layers = [(everything, bytes(_WHITE))]
    layers += [(list(area.runs), bytes(color)) for area, color in zip(areas, colors, strict=True)]
    return painted(layers, image.width, image.height, RGB, file_format="BMP")


# --- the formats ---

_LOCALIZED = PictureFiles(_localized, name=_LOCALIZATION)
LOCALIZATION = _LOCALIZED.format(
    "icdar_localization",
    "ICDAR Localization 1.0 (text as boxes and polygons)",
    unsupported_reason=only_kinds(_LOCALIZATION, ["rectangle", "polygon"]),
    holds_attribute=only_attributes(["text"], ["rectangle", "polygon"]),
    layout=Layout(
        _LOCALIZED.folders(_PICTURES),
        unique_stems=True,
        reserved_endings=(".txt",),
        longest_addition=len("gt_"),
    ),
)
_RECOGNIZED = PictureFiles(_recognized, name=_RECOGNITION, shared_files=1)
RECOGNITION = _RECOGNIZED.format(
    "icdar_recognition",
    "ICDAR Recognition 1.0 (text of pictures)",
    unsupported_reason=_without_text,
    holds_attribute=lambda kind, name: name == "text" and kind != ELEMENT,
    layout=Layout(_RECOGNIZED.folders(_PICTURES), unique_stems=True),
)
_SEGMENTED = PictureFiles(_segmented, name=_SEGMENTATION)
SEGMENTATION = _SEGMENTED.format(
    "icdar_segmentation",
    "ICDAR Segmentation 1.0 (areas of characters)",
    unsupported_reason=only_kinds(_SEGMENTATION, AREAS),
    broken_reason=masks.mask_broken_reason,
    holds_attribute=only_attributes(["text", "index", "center", "color"], AREAS),
    layout=Layout(
        _SEGMENTED.folders(_PICTURES),
        unique_stems=True,
        reserved_endings=(".txt", ".bmp"),
        longest_addition=len("_GT"),
    ),
)
