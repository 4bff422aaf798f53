"""Reads “CVAT for images 1.1”: the XML that CVAT exports, and the archives of the portal hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from cvat.annotations import SKELETON, SOURCES, TAG, Attributes, Shape
from publishing.readers.reading import (
    BadFile,
    BadValue,
    Reading,
    label,
    mask,
    number,
    numbers,
    whole,
)

NO_XML = "It is no well-formed XML: {problem}, in line {line}. Export it again."
VIDEO = (
    "It is “CVAT for video”, which numbers frames and names no pictures. Export “CVAT for images”, "
    "which has every object of a track on its frames."
)
DOCTYPE = "It declares entities (DOCTYPE), which no export of CVAT does. Export it again."
OTHER = "It is no XML of CVAT: it begins with <{name}>, not with <annotations>."
MOST_ELEMENTS = 500_000  # in all of its pictures
DEEPEST = 6  # annotations, image, skeleton, points, attribute; and one to spare

# The order of the corners of a cuboid in CVAT.
_CUBOID = [
    f"{axis}{corner}{n}" for n in (1, 2) for corner in ("tl", "bl", "tr", "br") for axis in "xy"
]


@dataclass(slots=True)
class _Element:
    name: str
    values: Mapping[str, str]
    line: int
    children: list[_Element] = field(default_factory=list)
    text: str = ""


def read(data: bytes) -> Reading:
    """Raises BadFile."""
    reading = Reading()
    parser = _Parser(lambda image: _image(image, reading))
    parser.parse(data)
    return reading


class _Parser:
    """Gives each finished <image>, and forgets it."""

    def __init__(self, take: Callable[[_Element], None]) -> None:
        self._take = take
        self._open: list[_Element] = []
        self._room = MOST_ELEMENTS
        self._expat = expat.ParserCreate()
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = _refuse_doctype
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._data

    def parse(self, data: bytes) -> None:
        try:
            self._expat.Parse(data, True)
        except expat.ExpatError as error:
            problem = expat.ErrorString(error.code)
            raise BadFile(NO_XML.format(problem=problem, line=error.lineno)) from None

    def _start(self, name: str, values: dict[str, str]) -> None:
        if not self._open and name != "annotations":
            raise BadFile(OTHER.format(name=name[:40]))
        is_inside = any(each.name == "image" for each in self._open)
        if is_inside and len(self._open) >= DEEPEST:
            line = self._expat.CurrentLineNumber
            raise BadFile(f"Its elements are nested too deeply, in line {line}.")
        self._room -= is_inside
        if self._room < 0:
            raise BadFile(f"It has more than {MOST_ELEMENTS:,} objects and attributes. Divide it.")
        if name == "track" and len(self._open) == 1:
            raise BadFile(VIDEO)
        element = _Element(name, values, self._expat.CurrentLineNumber)
        if is_inside:
            self._open[-1].children.append(element)
        self._open.append(element)

    def _data(self, text: str) -> None:
        if self._open[-1].name == "attribute":
            self._open[-1].text += text

    def _end(self, name: str) -> None:
        element = self._open.pop()
        if name == "image" and len(self._open) == 1:
            self._take(element)


def _refuse_doctype(*_: object) -> None:
    raise BadFile(DOCTYPE)


def _image(image: _Element, reading: Reading) -> None:
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


def _shape(element: _Element, frame: int, *, is_point: bool = False) -> Shape:
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


def _attributes(element: _Element) -> Attributes:
    return tuple(
        (each.values.get("name", ""), each.text)
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
