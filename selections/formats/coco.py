"""The format COCO 1.0: boxes, polygons and masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cvat.annotations import MASK, Label, Shape
from cvat.geometry import Box, bounding_box, crosses_itself, enclosing, polygon_area
from selections.formats.format import (
    NO_AREA,
    NO_SIZE,
    AnnotatedImage,
    Format,
    every_attribute,
    only_kinds,
)
from selections.formats.shared import masks
from selections.formats.shared.attributes import (
    Json,
    attributes_of,
    flag_of,
    rounded,
    tracking_of,
)
from selections.formats.shared.coco_file import CocoFile
from selections.formats.shared.geometry import outlines, pixels
from selections.formats.shared.skeletons import Skeletons

_SEGMENTED = ("polygon", MASK, "ellipse")


def _instance(
    shapes: Sequence[Shape], image: AnnotatedImage, _: Skeletons
) -> tuple[list[Json], list[str]]:
    """One annotation: the largest object leads, the box is that of the rectangles together if there
    are any, the segmentation the polygons as parts, or one mask if there is a mask. The attribute
    `is_crowd` of the leader decides in its place."""
    left_out: list[str] = []
    leader = shapes[0] if len(shapes) == 1 else max(shapes, key=_size)
    if len(shapes) == 1 and leader.kind == "rectangle":  # most objects are: the quick way
        return [_annotation(leader, bounding_box(leader.points))], []
    boxes = [bounding_box(shape.points) for shape in shapes if shape.kind == "rectangle"]
    segmentation: Any = []
    area: float | None = None
    segmented = [shape for shape in shapes if shape.kind in _SEGMENTED]
    is_crowd = bool(segmented) and _is_crowd(leader, segmented)
    if is_crowd:
        covered = [pixels(shape, image.width, image.height) for shape in segmented]
        runs = masks.merged(run for each in covered for run in each)
        left_out = [_no_area(image)] * covered.count([])
        if not runs and not boxes:
            return [], left_out
        lengths = masks.counts(runs, image.width * image.height)
        segmentation = {"counts": lengths, "size": [image.height, image.width]}
        area = masks.area(runs)
        boxes = boxes or [_box_of_runs(runs, image.height)]
    elif segmented:
        drawn = [_outlines(shape, image) for shape in segmented]
        left_out = [_no_area(image)] * drawn.count([])
        polygons = [points for each in drawn for points in each]
        if not polygons:
            boxed = [_annotation(leader, enclosing(boxes))] if boxes else []
            return boxed, left_out
        segmentation = [rounded(points) for points in polygons]
        around = [bounding_box(points) for points in polygons]
        area = sum(
            _polygon_area(points, box, image) for points, box in zip(polygons, around, strict=True)
        )
        boxes = boxes or around
    annotation = _annotation(leader, enclosing(boxes), segmentation, area=area, is_crowd=is_crowd)
    return [annotation], left_out


def _is_crowd(leader: Shape, segmented: Sequence[Shape]) -> bool:
    """Whether the segmentation is a mask."""
    wanted = flag_of(dict(leader.attributes).get("is_crowd", ""))
    if wanted is not None:
        return bool(wanted)
    return any(shape.kind != "polygon" for shape in segmented)


def _outlines(shape: Shape, image: AnnotatedImage) -> list[Sequence[float]]:
    """The points of a polygon, or those around an ellipse or each part of a mask."""
    if shape.kind == "polygon":
        return [shape.points]
    drawn = outlines(shape, image.width, image.height)
    return [[number for point in points for number in point] for points in drawn]


def _no_area(image: AnnotatedImage) -> str:
    return NO_AREA if image.width and image.height else NO_SIZE


def _annotation(
    leader: Shape,
    box: Box,
    segmentation: Any = (),
    *,
    area: float | None = None,
    is_crowd: bool = False,
) -> Json:
    """`area`: None for that of the box."""
    x1, y1, x2, y2 = box
    attributes = attributes_of(leader)
    if leader.kind in ("rectangle", "ellipse"):
        attributes["rotation"] = round(leader.rotation, 2) if leader.rotation else 0.0
    if leader.is_tracked:
        attributes |= tracking_of(leader)
    return {
        "segmentation": segmentation,
        "area": round((x2 - x1) * (y2 - y1) if area is None else area, 2),
        "bbox": rounded([x1, y1, x2 - x1, y2 - y1]),
        "iscrowd": int(is_crowd),
        "attributes": attributes,
    }


def _polygon_area(points: Sequence[float], box: Box, image: AnnotatedImage) -> float:
    """The area of the outline, which has this box; if it crosses itself or leaves the picture, the
    number of the pixels that the polygon covers."""
    x1, y1, x2, y2 = box
    is_inside = x1 >= 0 and y1 >= 0 and x2 <= image.width and y2 <= image.height
    has_size = image.width and image.height
    if has_size and (not is_inside or crosses_itself(points)):
        return masks.area(masks.of_polygon(points, image.width, image.height))
    return polygon_area(points)


def _box_of_runs(runs: Sequence[masks.Run], height: int) -> Box:
    x, y, width, high = masks.box(runs, height)
    return x, y, x + width, y + high


def _size(shape: Shape) -> float:
    """The area of the box around an object."""
    points = shape.points[-4:] if shape.kind == MASK else shape.points
    if shape.kind == "ellipse":
        x, y, right, top = points
        return 4 * abs(right - x) * abs(y - top)
    if shape.kind == "polygon":
        return polygon_area(points)
    x1, y1, x2, y2 = bounding_box(points)
    return (x2 - x1) * (y2 - y1)


def _category(label: Label, parent: Label | None, number: int, _: Skeletons) -> Json:
    return {"id": number, "name": label.name, "supercategory": parent.name if parent else ""}


_FILE = CocoFile("instances", _category, _instance, name="COCO")
FORMAT = Format(
    key="coco",
    label="COCO 1.0 (boxes, polygons, masks)",
    unsupported_reason=only_kinds("COCO", ["rectangle", *_SEGMENTED]),
    broken_reason=masks.mask_broken_reason,
    holds_attribute=every_attribute,
    writer=_FILE.writer,
    part_room=_FILE.part_room,
    image_room=_FILE.image_room,
)
