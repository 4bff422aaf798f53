"""Reads COCO: instances (boxes, polygons, masks) and keypoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cvat.annotations import SKELETON, Attributes, Label, Shape
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

# Numbers from 2**61 - 1 on can be made to collide in a dict, which takes minutes then.
LARGEST_ID = 2**53

# Attributes that say how the object is, not what it is.
_OWN = ("occluded", "rotation", "track_id", "keyframe")


def is_coco(document: Any) -> bool:
    return isinstance(document, dict) and {"images", "annotations", "categories"} <= set(document)


def read(document: Mapping[str, Any], reading: Reading) -> None:
    """Raises BadFile."""
    labels = dict(_labels(_entries(document, "categories")))
    frames: dict[Any, int] = {}
    for index, image in enumerate(_entries(document, "images")):
        try:
            number_of = reading.picture(
                image.get("file_name"), image.get("width"), image.get("height")
            )
        except BadValue as error:
            raise BadFile(f"Entry {index} of “images” cannot be read: {error}.") from None
        if image.get("id") in frames:
            raise BadFile(
                f"Two of its images have the id {image['id']}, so it does not say which one an "
                "object is on. Export it as “CVAT for images”."
            )
        frames[image.get("id")] = number_of
    for index, annotation in enumerate(_entries(document, "annotations")):
        try:
            for shape in _shapes(annotation, frames, labels, index, reading):
                reading.add(shape)
        except BadValue as error:
            reading.skip(str(error), f"entry {index} of “annotations”")


def _entries(document: Mapping[str, Any], name: str) -> Iterable[dict[str, Any]]:
    entries = document[name]
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise BadFile(f"Its “{name}” are no list of objects.")
    for each in entries:
        for key in ("id", "image_id", "category_id"):
            value = each.get(key)
            if not isinstance(value, int | str | None):
                raise BadFile(f"An entry of “{name}” has something else than a number as {key}.")
            if isinstance(value, int) and abs(value) > LARGEST_ID:
                raise BadFile(f"An entry of “{name}” has a larger number than any id as {key}.")
    return entries


def _labels(categories: Iterable[dict[str, Any]]) -> Iterator[tuple[Any, Label]]:
    for index, category in enumerate(categories):
        try:
            points = [label(name) for name in category.get("keypoints") or ()]
            yield category.get("id"), label(category.get("name"), points)
        except (BadValue, TypeError):
            raise BadFile(f"Entry {index} of “categories” has no name, or bad keypoints.") from None


def _shapes(
    annotation: dict[str, Any],
    frames: Mapping[Any, int],
    labels: Mapping[Any, Label],
    index: int,
    reading: Reading,
) -> Iterator[Shape]:
    frame, of = frames.get(annotation.get("image_id")), labels.get(annotation.get("category_id"))
    if frame is None or of is None:
        raise BadValue("the image or category is not in the file")
    attributes = annotation.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise BadValue("the attributes are no object")
    values: dict[str, Any] = {
        "label": of,
        "frame": frame,
        "is_occluded": bool(attributes.get("occluded")),
        "source": "file",
        "attributes": _attributes(attributes),
    }
    if annotation.get("keypoints") and of.sublabels:
        elements = tuple(_points(annotation["keypoints"], of.sublabels, frame))
        yield Shape(SKELETON, elements=elements, **values)
        return
    drawn = annotation.get("segmentation")
    if isinstance(drawn, dict):
        yield Shape("mask", points=from_coco(drawn, reading), **values)
    elif drawn:
        if not isinstance(drawn, list):
            raise BadValue("the segmentation is neither polygons nor a mask")
        # Parts of one object: a group of its own.
        group = index + 1 if len(drawn) > 1 else 0
        outlines = [numbers(part, least=6) for part in drawn]
        for points in outlines:
            yield Shape("polygon", points=points, group=group, **values)
    else:
        rotation = number(attributes.get("rotation") or 0)
        points = rectangle(annotation.get("bbox"))
        yield Shape("rectangle", points=points, rotation=rotation, **values)


def _points(values: Any, names: Iterable[Label], frame: int) -> Iterator[Shape]:
    """The points of a skeleton: x, y and 0 (not there), 1 (hidden) or 2 for each."""
    names = tuple(names)
    given = numbers(values, least=3 * len(names), even=False)
    if len(given) != 3 * len(names):
        raise BadValue("the number of keypoints is not that of the category")
    for index, name in enumerate(names):
        x, y, seen = given[3 * index : 3 * index + 3]
        state = whole(seen)
        yield Shape(
            "points",
            name,
            frame,
            [x, y],
            is_outside=state == 0,
            is_occluded=state == 1,
            source="file",
        )


def _attributes(attributes: Mapping[str, Any]) -> Attributes:
    return tuple(
        (str(name), text_of(value)) for name, value in attributes.items() if name not in _OWN
    )
