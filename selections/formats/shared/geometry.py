"""The outlines, visible boxes and pixels of objects in a picture. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from cvat.annotations import MASK, Shape
from cvat.geometry import Box, Point, box_around, ellipse_corners, pairs, rectangle_corners
from selections.formats.shared import masks
from selections.formats.shared.clipping import clipped

AREAS = ("rectangle", "polygon", MASK, "ellipse")  # the kinds that cover pixels

_ELLIPSE_POINTS = 36


def visible_box(shape: Shape, width: int, height: int) -> Box | None:
    """The upright box around the part of a rectangle, as it is rotated, that lies in the picture;
    None if nothing of it does."""
    visible = clipped(rectangle_corners(shape.points, shape.rotation), width, height)
    return box_around(visible) if visible else None


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
