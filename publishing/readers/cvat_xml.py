"""Reads “CVAT for images 1.1”: the XML that CVAT exports, and the archives of the portal hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cvat.annotations import SKELETON, SOURCES, TAG, Attributes, Shape
from publishing.readers.elements import Element, ElementParser
from publishing.readers.reading import (
    BadFile,
    BadValue,
    Reading,
    label,
    mask,
    number,
    numbers,
    text_of,
    whole,
)

VIDEO = (
    "It is “CVAT for video”, which numbers frames and names no pictures. Export “CVAT for images”, "
    "which has every object of a track on its frames."
)
# The order of the corners of a cuboid in CVAT.
_CUBOID = [
    f"{axis}{corner}{n}" for n in (1, 2) for corner in ("tl", "bl", "tr", "br") for axis in "xy"
]


def read(data: bytes) -> Reading:
    """Raises BadFile."""
    reading = Reading()
    parser = ElementParser(
        "image",
        lambda image: _image(image, reading),
        root="annotations",
        refused={"track": VIDEO},
    )
    parser.parse(data)
    return reading


def _image(image: Element, reading: Reading) -> None:
    values = image.values
    try:
        frame = reading.picture(values.get("name"), values.get("width"), values.get("height"))
    except BadValue as error:
        raise BadFile(f"A picture cannot be read, in line {image.line}: {error}.") from None
    for each in image.children:
        try:
            reading.add(_shape(each, frame))
        except BadValue as error:
            reading.skip(str(error), f"line {each.line}")


def _shape(element: Element, frame: int, *, is_point: bool = False) -> Shape:
    values = element.values
    read_points = _POINTS.get(element.name)
    if read_points is None:
        raise BadValue(f"“{element.name[:40]}” is no kind of object")
    kind, points = read_points(values)
    elements: tuple[Shape, ...] = ()
    if element.name == SKELETON and not is_point:
        parts = [each for each in element.children if each.name == "points"]
        elements = tuple(_shape(each, frame, is_point=True) for each in parts)
    source = values.get("source", "")
    return Shape(
        kind,
        label(values.get("label"), (each.label for each in elements)),
        frame,
        points,
        rotation=number(values.get("rotation", 0)),
        is_occluded=values.get("occluded") == "1",
        is_outside=values.get("outside") == "1",
        z_order=whole(values.get("z_order", 0)),
        group=whole(values.get("group_id", 0)),
        source=source if source in SOURCES else "file",
        attributes=_attributes(element),
        elements=elements,
    )


def _attributes(element: Element) -> Attributes:
    return tuple(
        (each.values.get("name", ""), text_of(each.text))
        for each in element.children
        if each.name == "attribute"
    )


Values = Mapping[str, str]
Read = tuple[str, list[float]]  # kind and points


def _box(values: Values) -> Read:
    return "rectangle", [number(values.get(name)) for name in ("xtl", "ytl", "xbr", "ybr")]


def _ellipse(values: Values) -> Read:
    x, y, rx, ry = (number(values.get(name)) for name in ("cx", "cy", "rx", "ry"))
    return "ellipse", [x, y, x + rx, y - ry]


def _cuboid(values: Values) -> Read:
    return "cuboid", [number(values.get(name)) for name in _CUBOID]


def _mask(values: Values) -> Read:
    runs = [whole(each) for each in values.get("rle", "").split(",")]
    x, y, width, height = (whole(values.get(name)) for name in ("left", "top", "width", "height"))
    return "mask", mask(runs, x, y, width, height)


def _outline(kind: str, least: int) -> Callable[[Values], Read]:
    def read_points(values: Values) -> Read:
        pairs = [pair.split(",") for pair in values.get("points", "").split(";")]
        return kind, numbers([each for pair in pairs for each in pair], least=2 * least)

    return read_points


_POINTS: Mapping[str, Callable[[Values], Read]] = {
    "box": _box,
    "ellipse": _ellipse,
    "cuboid": _cuboid,
    "mask": _mask,
    "polygon": _outline("polygon", 3),
    "polyline": _outline("polyline", 2),
    "points": _outline("points", 1),
    "skeleton": lambda _: (SKELETON, []),
    "tag": lambda _: (TAG, []),
}
