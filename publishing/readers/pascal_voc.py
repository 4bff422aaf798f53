"""Reads PASCAL VOC: a file for each picture, with boxes."""

from __future__ import annotations

from cvat.annotations import Shape
from publishing.readers.elements import Element, ElementParser
from publishing.readers.reading import BadFile, BadValue, Reading, label, number

# Attributes that say how the object is, not what it is.
_OWN = ("occluded", "track_id", "keyframe")
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_FLAGS = {"True": "true", "False": "false"}  # CVAT's words


def read(data: bytes, reading: Reading, *, path: str) -> None:
    """Read the file of a picture; `path` names it. Raises BadFile."""

    def take(picture: Element) -> None:
        _picture(picture, reading, path)

    try:
        ElementParser("annotation", take, root="annotation", refused={}).parse(data)
    except BadFile as error:
        raise BadFile(f"{path}: {error}") from None


def _picture(picture: Element, reading: Reading, path: str) -> None:
    size = next(picture.named("size"), picture)
    width, height = size.text_of("width", "0"), size.text_of("height", "0")
    try:
        frame = reading.picture(picture.text_of("filename"), width, height)
    except BadValue as error:
        raise BadFile(f"Its picture cannot be read: {error}.") from None
    for each in picture.named("object"):
        try:
            reading.add(_shape(each, frame))
        except BadValue as error:
            reading.skip(str(error), f"{path}, line {each.line}")


def _shape(element: Element, frame: int) -> Shape:
    box = next(element.named("bndbox"), None)
    if box is None:
        raise BadValue("there is no box")
    attributes = {
        each.text_of("name"): each.text_of("value")
        for group in element.named("attributes")
        for each in group.named("attribute")
    }
    return Shape(
        "rectangle",
        label(element.text_of("name")),
        frame,
        [number(box.text_of(corner)) for corner in _CORNERS],
        rotation=number(attributes.pop("rotation", "0")),
        is_occluded=element.text_of("occluded") == "1",
        source="file",
        attributes=tuple(
            (name, _FLAGS.get(value, value.removesuffix(".0")))
            for name, value in attributes.items()
            if name not in _OWN
        ),
    )
