"""Reads Datumaro 1.0: a JSON file for each subset, with every kind of object but cuboids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cvat.annotations import SKELETON, TAG, Attributes, Label, Shape
from publishing.readers.reading import (
    BadFile,
    BadValue,
    Reading,
    label,
    number,
    numbers,
    rectangle,
    text_of,
    whole,
)
from publishing.readers.run_lengths import from_coco

_TURNED = ("rectangle", "ellipse")  # kinds of CVAT
# Attributes that say how the object is, not what it is.
_OWN = ("occluded", "outside", "rotation", "track_id", "keyframe")


@dataclass(frozen=True, slots=True)
class _Named:
    """A label, and the name of the skeleton that it is a point of, or ""."""

    label: Label
    parent: str


def is_datumaro(document: Any) -> bool:
    return isinstance(document, dict) and {"items", "categories"} <= set(document)


def read(document: Mapping[str, Any], reading: Reading) -> None:
    """Raises BadFile."""
    items = document["items"]
    labels = _labels(document["categories"])
    if not isinstance(items, list):
        raise BadFile("Its “items” are no list.")
    for index, item in enumerate(items):
        try:
            frame = _picture(item, reading)
        except BadValue as error:
            raise BadFile(f"Entry {index} of “items” cannot be read: {error}.") from None
        for position, annotation in enumerate(item.get("annotations") or ()):
            try:
                reading.add(_shape(annotation, frame, labels, reading))
            except BadValue as error:
                reading.skip(str(error), f"entry {position} of item {index}")


def _labels(categories: Any) -> Sequence[_Named]:
    try:
        return [
            _Named(label(each["name"]), str(each.get("parent") or ""))
            for each in categories["label"]["labels"]
        ]
    except (BadValue, KeyError, TypeError, AttributeError):
        raise BadFile("Its “categories” have no list of labels with names.") from None


def _picture(item: Any, reading: Reading) -> int:
    """The number of the picture of an item. Raises BadValue."""
    image = item.get("image") if isinstance(item, dict) else None
    if not isinstance(image, dict) or not isinstance(item.get("annotations") or [], list):
        raise BadValue("it has no image or no list of annotations")
    size = image.get("size") or [0, 0]
    if not isinstance(size, list) or len(size) != 2:
        raise BadValue("the size of its image is not two numbers")
    height, width = size
    return reading.picture(image.get("path"), width, height)


def _shape(
    annotation: Any, frame: int, labels: Sequence[_Named], reading: Reading, *, parent: str = ""
) -> Shape:
    if not isinstance(annotation, dict):
        raise BadValue("the entry is no object of JSON")
    kind = annotation.get("type")
    read_points = _POINTS.get(kind) if isinstance(kind, str) else None
    if read_points is None:
        raise BadValue(f"“{str(kind)[:40]}” is no kind of object")
    name, points = read_points(annotation, reading)
    of = _label(annotation.get("label_id"), labels)
    if of.parent != parent:
        raise BadValue(f"the label “{of.label.name}” is that of a point of a skeleton, or is none")
    elements: tuple[Shape, ...] = ()
    if name == SKELETON:
        parts = annotation.get("elements")
        if parent or not isinstance(parts, list):
            raise BadValue("there are no points")
        elements = tuple(
            _shape(part, frame, labels, reading, parent=of.label.name) for part in parts
        )
    attributes = annotation.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise BadValue("the attributes are no object of JSON")
    visibility = annotation.get("visibility")
    seen = visibility[0] if parent and isinstance(visibility, list) and visibility else 2
    return Shape(
        name,
        label(of.label.name, (each.label for each in elements)),
        frame,
        points,
        # Of other kinds it is an attribute of the label, which may be any text.
        rotation=number(attributes.get("rotation") or 0) if name in _TURNED else 0.0,
        is_occluded=bool(attributes.get("occluded")) or seen == 1,
        is_outside=seen == 0,
        z_order=whole(annotation.get("z_order") or 0),
        group=whole(annotation.get("group") or 0),
        source="file",
        attributes=_attributes(attributes),
        elements=elements,
    )


def _label(label_id: Any, labels: Sequence[_Named]) -> _Named:
    if not isinstance(label_id, int) or not 0 <= label_id < len(labels):
        raise BadValue("the label is not in the file")
    return labels[label_id]


def _attributes(attributes: Mapping[str, Any]) -> Attributes:
    return tuple(
        (str(name), text_of(value)) for name, value in attributes.items() if name not in _OWN
    )


Read = tuple[str, list[float]]  # kind and points in CVAT
ReadPoints = Callable[[Mapping[str, Any], Reading], Read]


def _ellipse(annotation: Mapping[str, Any], _: Reading) -> Read:
    """The corners of its box become centre, right and top."""
    x1, y1, x2, y2 = numbers(annotation.get("points"), least=4)[:4]
    return "ellipse", [(x1 + x2) / 2, (y1 + y2) / 2, x2, y1]


def _mask(annotation: Mapping[str, Any], reading: Reading) -> Read:
    drawn = annotation.get("rle")
    if not isinstance(drawn, dict):
        raise BadValue("the mask has no runs")
    return "mask", from_coco(drawn, reading)


def _outline(kind: str, least: int) -> ReadPoints:
    return lambda annotation, _: (kind, numbers(annotation.get("points"), least=2 * least))


_POINTS: Mapping[str, ReadPoints] = {
    "bbox": lambda annotation, _: ("rectangle", rectangle(annotation.get("bbox"))),
    "ellipse": _ellipse,
    "mask": _mask,
    "polygon": _outline("polygon", 3),
    "polyline": _outline("polyline", 2),
    "points": _outline("points", 1),
    "skeleton": lambda *_: (SKELETON, []),
    "label": lambda *_: (TAG, []),
}
