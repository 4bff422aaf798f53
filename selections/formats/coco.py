"""The formats COCO 1.0 (boxes, polygons and masks) and COCO Keypoints 1.0 (skeletons): one JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cvat.annotations import MASK, SKELETON, Label, Shape
from cvat.outlines import Box, bounding_box, enclosing, pairs
from selections.formats import masks
from selections.formats.format import (
    NO_AREA,
    NO_SIZE,
    AnnotatedImage,
    AnnotatedTask,
    File,
    Format,
    TemporaryFiles,
    in_words,
    no_reason,
    without_class,
    without_place,
)
from selections.formats.skeletons import MOST_POINTS, Skeletons, elements_by_name

Json = dict[str, Any]
Categories = Mapping[tuple[str, str], int]  # (name, name of its skeleton or "") -> id, from 1
# Annotations of the objects of one label and one group on an image, without ids; and for each of
# these objects that is in none the reason.
Annotate = Callable[[Sequence[Shape], AnnotatedImage, Skeletons], tuple[list[Json], list[str]]]
Category = Callable[[Label, Label | None, int, Skeletons], Json | None]

_INFO = {
    "contributor": "",
    "date_created": "",
    "description": "",
    "url": "",
    "version": "",
    "year": "",
}
_LICENSES = [{"name": "", "id": 0, "url": ""}]
_ID_DIGITS = 12  # at most, of an id
_AREAS = ("polygon", MASK, "ellipse")
_ABSENT_POINT = [0, 0, 0]


class _Coco:
    """How a file is written; the formats differ in their categories and annotations."""

    def __init__(
        self,
        stem: str,
        category: Category,
        annotate: Annotate,
        *,
        name: str,
    ) -> None:
        self.stem = stem
        self._name = name
        self._category = category
        self._annotate = annotate

    def writer(self, tasks: Sequence[AnnotatedTask], folder: Path) -> _Writer:
        return _Writer(self, tasks, folder)

    def room(self, tasks: Sequence[AnnotatedTask]) -> tuple[int, int]:
        return 1, len(self.head(tasks, _ids(tasks), _skeletons(tasks))) + 100

    def image_room(self, image: AnnotatedImage) -> tuple[int, int]:
        ids = {(shape.label.name, ""): 10**_ID_DIGITS for shape in image.shapes}
        length = len(_item(_image(image, 10**_ID_DIGITS), is_first=False))
        annotations, _ = self.annotations(
            image, ids, Skeletons(shape.label for shape in image.shapes)
        )
        for annotation in annotations:
            numbered = {"id": 10**_ID_DIGITS, "image_id": 10**_ID_DIGITS, **annotation}
            length += len(_item(numbered, is_first=False))
            if "keypoints" in annotation:
                # Skeletons of the same name in other tasks may have more points.
                length += MOST_POINTS * len(msgspec.json.encode(_ABSENT_POINT))
        return 0, length

    def head(self, tasks: Sequence[AnnotatedTask], ids: Categories, skeletons: Skeletons) -> bytes:
        categories: dict[int, Json] = {}
        for label, parent in _labels(tasks):
            number = ids[label.name, parent.name if parent else ""]
            category = self._category(label, parent, number, skeletons)
            if category is not None:
                categories.setdefault(number, category)
        head = {"licenses": _LICENSES, "info": _INFO, "categories": list(categories.values())}
        return json.dumps(head).removesuffix("}").encode() + b',\n"images": ['

    def annotations(
        self, image: AnnotatedImage, ids: Categories, skeletons: Skeletons
    ) -> tuple[list[Json], list[str]]:
        """The annotations of an image, and for each object that is in none the reason."""
        annotations: list[Json] = []
        left_out: list[str] = []
        for shapes in _instances(image.shapes):
            label = shapes[0].label
            category_id = ids.get((label.name, ""))
            if category_id is None:
                left_out += [without_class(self._name, label)] * len(shapes)
                continue
            added, reasons = self._annotate(shapes, image, skeletons)
            annotations += [{"category_id": category_id, **each} for each in added]
            left_out += reasons
        return annotations, left_out


class _Writer:
    def __init__(self, coco: _Coco, tasks: Sequence[AnnotatedTask], folder: Path) -> None:
        self._temporary = TemporaryFiles(folder)
        self._coco = coco
        self._ids, self._skeletons = _ids(tasks), _skeletons(tasks)
        self._file = self._temporary.new()
        self._annotations = self._temporary.new()
        self._file.write(coco.head(tasks, self._ids, self._skeletons))
        self._images_count = self._count = 0

    def add(self, image: AnnotatedImage) -> list[str]:
        annotations, left_out = self._coco.annotations(image, self._ids, self._skeletons)
        self._images_count += 1
        item = _image(image, self._images_count)
        self._file.write(_item(item, is_first=self._images_count == 1))
        for annotation in annotations:
            self._count += 1
            numbered = {"id": self._count, "image_id": self._images_count, **annotation}
            self._annotations.write(_item(numbered, is_first=self._count == 1))
        return left_out

    def files(self, suffix: str) -> Iterator[File]:
        self._file.write(b'],\n"annotations": [')
        self._annotations.seek(0)
        shutil.copyfileobj(self._annotations, self._file)
        self._file.write(b"]}\n")
        size = self._file.tell()
        self._file.seek(0)
        yield File(f"{self._coco.stem}{suffix}.json", self._file, size)

    def close(self) -> None:
        self._temporary.close()


def _labels(tasks: Iterable[AnnotatedTask]) -> Iterator[tuple[Label, Label | None]]:
    """Each label, and after a skeleton its points with it."""
    for task in tasks:
        for label in task.labels:
            yield label, None
            for part in label.sublabels:
                yield part, label


def _ids(tasks: Iterable[AnnotatedTask]) -> Categories:
    """Ids in the order of the labels, used or not. Labels of one name are one category."""
    ids: dict[tuple[str, str], int] = {}
    for label, parent in _labels(tasks):
        ids.setdefault((label.name, parent.name if parent else ""), len(ids) + 1)
    return ids


def _skeletons(tasks: Iterable[AnnotatedTask]) -> Skeletons:
    return Skeletons(label for task in tasks for label in task.labels)


def _image(image: AnnotatedImage, number: int) -> Json:
    return {
        "id": number,
        "width": image.width,
        "height": image.height,
        "file_name": image.path,
        "license": 0,
        "flickr_url": "",
        "coco_url": "",
        "date_captured": 0,
    }


def _item(item: Json, *, is_first: bool) -> bytes:
    return (b"\n" if is_first else b",\n") + msgspec.json.encode(item)


def _instances(shapes: Sequence[Shape]) -> Iterator[list[Shape]]:
    """The objects one by one, but those of one group and one label together."""
    joined: dict[tuple[int, int], list[Shape]] = {}
    for index, shape in enumerate(shapes):
        key = (shape.group, shape.label.id) if shape.group else (0, -1 - index)
        joined.setdefault(key, []).append(shape)
    return iter(joined.values())


def _attributes(shape: Shape) -> Json:
    """Values of the types that CVAT's export gives them. A number that is none stays text."""
    types = {spec.name: spec.input_type for spec in shape.label.attributes}
    values: Json = {}
    for name, value in shape.attributes:
        kind = types.get(name)
        if kind == "checkbox":
            values[name] = value.lower() == "true"
        elif kind == "number":
            values[name] = _number(value)
        else:
            values[name] = value
    values["occluded"] = shape.is_occluded
    return values


def _number(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if abs(number) < 1e300 else text  # JSON has no infinity and no NaN


def _tracked(shape: Shape) -> Json:
    if not shape.is_tracked:
        return {}
    return {"track_id": shape.id, "keyframe": shape.is_keyframe}


def _rounded(numbers: Iterable[float]) -> list[float]:
    return [round(number, 2) for number in numbers]


# --- instances ---


def _instance(
    shapes: Sequence[Shape], image: AnnotatedImage, _: Skeletons
) -> tuple[list[Json], list[str]]:
    """One annotation: the largest object leads, the box is that of the rectangles together if there
    are any, the segmentation the polygons as parts, or one mask if there is a mask."""
    left_out: list[str] = []
    leader = max(shapes, key=_size)
    boxes = [_box(shape) for shape in shapes if shape.kind == "rectangle"]
    segmentation: Any = []
    area: float | None = None
    has_mask = any(shape.kind in (MASK, "ellipse") for shape in shapes)
    if has_mask:
        found = [_runs(shape, image) for shape in shapes if shape.kind in _AREAS]
        runs = masks.merged(run for each in found for run in each)
        has_size = image.width and image.height
        left_out = [NO_AREA if has_size else NO_SIZE] * found.count([])
        if not runs and not boxes:
            return [], left_out
        lengths = masks.counts(runs, image.width * image.height)
        segmentation = {"counts": lengths, "size": [image.height, image.width]}
        area = masks.area(runs)
        boxes = boxes or [_box_of_runs(runs, image.height)]
    elif polygons := [shape.points for shape in shapes if shape.kind == "polygon"]:
        segmentation = [_rounded(points) for points in polygons]
        area = sum(map(_polygon_area, polygons))
        boxes = boxes or [bounding_box(points) for points in polygons]
    x1, y1, x2, y2 = enclosing(boxes)
    attributes = _attributes(leader)
    if leader.kind in ("rectangle", "ellipse"):
        attributes["rotation"] = round(leader.rotation, 2)
    annotation = {
        "segmentation": segmentation,
        "area": round((x2 - x1) * (y2 - y1) if area is None else area, 2),
        "bbox": _rounded([x1, y1, x2 - x1, y2 - y1]),
        "iscrowd": int(has_mask),
        "attributes": attributes | _tracked(leader),
    }
    return [annotation], left_out


def _box(shape: Shape) -> Box:
    """The box of a rectangle."""
    x1, y1, x2, y2 = shape.points
    return x1, y1, x2, y2


def _box_of_runs(runs: Sequence[masks.Run], height: int) -> Box:
    x, y, width, high = masks.box(runs, height)
    return x, y, x + width, y + high


def _runs(shape: Shape, image: AnnotatedImage) -> list[masks.Run]:
    if shape.kind == MASK:
        return masks.of_mask(shape.points, image.width, image.height)
    if shape.kind == "ellipse":
        return masks.of_ellipse(shape.points, shape.rotation, image.width, image.height)
    return masks.of_polygon(shape.points, image.width, image.height)


def _size(shape: Shape) -> float:
    """The area of the box around an object."""
    points = shape.points[-4:] if shape.kind == MASK else shape.points
    if shape.kind == "ellipse":
        x, y, right, top = points
        return 4 * abs(right - x) * abs(y - top)
    if shape.kind == "polygon":
        return _polygon_area(points)
    x1, y1, x2, y2 = points
    return (x2 - x1) * (y2 - y1)


def _polygon_area(points: Sequence[float]) -> float:
    corners = pairs(points)
    edges = zip(corners, [*corners[1:], corners[0]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in edges)) / 2


def _instance_category(label: Label, parent: Label | None, number: int, _: Skeletons) -> Json:
    return {"id": number, "name": label.name, "supercategory": parent.name if parent else ""}


def _instance_lacks(shape: Shape) -> str:
    if shape.kind == "rectangle" or shape.kind in _AREAS:
        return ""
    return without_place("COCO", in_words(shape.kind))


_INSTANCES = _Coco("instances_default", _instance_category, _instance, name="COCO")
INSTANCES = Format(
    key="coco",
    label="COCO 1.0 (boxes, polygons, masks)",
    lacks=_instance_lacks,
    flaw=masks.shape_flaw,
    writer=_INSTANCES.writer,
    room=_INSTANCES.room,
    image_room=_INSTANCES.image_room,
)


# --- keypoints ---


def _keypoints(
    shapes: Sequence[Shape], image: AnnotatedImage, skeletons: Skeletons
) -> tuple[list[Json], list[str]]:
    return [_keypoint(shape, skeletons) for shape in shapes], []


def _keypoint(shape: Shape, skeletons: Skeletons) -> Json:
    elements = elements_by_name(shape)
    points: list[float] = []
    seen: list[float] = []
    for name in skeletons.points(shape.label.name):
        element = elements.get(name)
        if element is None:
            points += _ABSENT_POINT
            continue
        x, y = element.points[:2]
        visibility = 0 if element.is_outside else 1 if element.is_occluded else 2
        points += [*_rounded([x, y]), visibility]
        seen += [x, y] if visibility else []
    x1, y1, x2, y2 = bounding_box(seen) if seen else (0, 0, 0, 0)
    return {
        "segmentation": [],
        "area": round((x2 - x1) * (y2 - y1), 2),
        "bbox": _rounded([x1, y1, x2 - x1, y2 - y1]),
        "iscrowd": 0,
        "attributes": _attributes(shape) | ({"keyframe": False} | _tracked(shape)),
        "keypoints": points,
        "num_keypoints": len(seen) // 2,
    }


def _keypoint_category(
    label: Label, parent: Label | None, number: int, skeletons: Skeletons
) -> Json | None:
    if parent is not None:
        return None
    return {
        "id": number,
        "name": label.name,
        "supercategory": "",
        "keypoints": skeletons.points(label.name),
        "skeleton": skeletons.edges(label.name),
    }


def _keypoint_lacks(shape: Shape) -> str:
    if shape.kind == SKELETON:
        return ""
    return without_place("COCO Keypoints", in_words(shape.kind))


_KEYPOINTS = _Coco(
    "person_keypoints_default", _keypoint_category, _keypoints, name="COCO Keypoints"
)
KEYPOINTS = Format(
    key="coco_keypoints",
    label="COCO Keypoints 1.0 (skeletons)",
    lacks=_keypoint_lacks,
    flaw=no_reason,
    writer=_KEYPOINTS.writer,
    room=_KEYPOINTS.room,
    image_room=_KEYPOINTS.image_room,
)
