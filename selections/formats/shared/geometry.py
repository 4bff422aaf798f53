"""The outlines, visible boxes and pixels of objects in a picture. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from cvat.annotations import MASK, Shape
from cvat.geometry import (
    Box,
    Point,
    bounding_box,
    box_around,
    ellipse_corners,
    pairs,
    rectangle_corners,
)
from selections.formats.shared import masks
from selections.formats.shared.clipping import SMALLEST_AREA, clipped

AREAS = ("rectangle", "polygon", MASK, "ellipse")  # the kinds that cover pixels

_ELLIPSE_POINTS = 36


def visible_box(shape: Shape, width: int, height: int) -> Box | None:
    """The upright box around the part of a rectangle, as it is rotated, that lies in the picture;
    None if nothing of it does."""
    if not shape.rotation:  # most are upright: the quick way to the same box
        return _cut_box(bounding_box(shape.points), width, height)
    visible = clipped(rectangle_corners(shape.points, shape.rotation), width, height)
    return box_around(visible) if visible else None


def _cut_box(box: Box, width: int, height: int) -> Box | None:
    """The part of a box that lies in the picture; None if it covers nothing there."""
    x1, y1 = max(box[0], 0.0), max(box[1], 0.0)
    x2, y2 = min(box[2], float(width)), min(box[3], float(height))
    covers = x1 < x2 and y1 < y2 and (x2 - x1) * (y2 - y1) > SMALLEST_AREA
    return (x1, y1, x2, y2) if covers else None


def outlines(shape: Shape, width: int, height: int) -> Iterable[Sequence[Point]]:
    """The outline of a polygon or an ellipse; of a mask those of its parts in the picture, without
    holes."""
    points = shape.points
    if shape.kind == MASK:
        return masks.outlines(masks.of_mask(points, width, height), height=height)
    if shape.kind == "ellipse":
        return [ellipse_corners(points, shape.rotation, _ELLIPSE_POINTS)]
    return [pairs(points)]


def pixels(shape: Shape, width: int, height: int) -> list[masks.Run]:
    """The pixels of the picture that an object of one of the kinds in AREAS covers."""
    if shape.kind == MASK:
        return masks.of_mask(shape.points, width, height)
    if shape.kind == "ellipse":
        return masks.of_ellipse(shape.points, shape.rotation, width, height)
    points = shape.points
    if shape.kind == "rectangle":
        points = list(chain.from_iterable(rectangle_corners(points, shape.rotation)))
    return masks.of_polygon(points, width, height)
