"""The outlines, boxes and pixels of objects in a picture. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain

from cvat.annotations import MASK, Shape
from cvat.outlines import Box, Point, bounding_box, pairs
from selections.formats import masks
from selections.formats.clipping import clipped

AREAS = ("rectangle", "polygon", MASK, "ellipse")  # the kinds that cover pixels

_ELLIPSE_STEPS = 36


def rectangle_corners(shape: Shape) -> list[Point]:
    """The corners of a rectangle as it is rotated, clockwise, from the one that is at the upper
    left before the rotation."""
    x1, y1, x2, y2 = shape.points
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    return rotated(corners, ((x1 + x2) / 2, (y1 + y2) / 2), shape.rotation)


def rectangle_box(shape: Shape) -> Box:
    """The upright box around a rectangle as it is rotated."""
    return box_around(rectangle_corners(shape))


def visible_box(shape: Shape, width: int, height: int) -> Box | None:
    """The upright box around the part of a rectangle, as it is rotated, that lies in the picture;
    None if nothing of it does."""
    visible = clipped(rectangle_corners(shape), width, height)
    return box_around(visible) if visible else None


def box_around(points: Iterable[Point]) -> Box:
    """The upright box around points."""
    return bounding_box(list(chain.from_iterable(points)))


def rotated(points: Iterable[Point], centre: Point, degrees: float) -> list[Point]:
    """The points, turned clockwise around a centre."""
    if not degrees:
        return list(points)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x0, y0 = centre
    return [
        (x0 + (x - x0) * cosine - (y - y0) * sine, y0 + (x - x0) * sine + (y - y0) * cosine)
        for x, y in points
    ]


def outlines(shape: Shape, width: int, height: int) -> Iterable[Sequence[Point]]:
    """The outline of a polygon or an ellipse; of a mask those of its parts in the picture, without
    holes."""
    points = shape.points
    if shape.kind == MASK:
        return masks.outlines(masks.of_mask(points, width, height), height=height)
    if shape.kind == "ellipse":
        x, y, right, top = points
        turns = [2 * math.pi * step / _ELLIPSE_STEPS for step in range(_ELLIPSE_STEPS)]
        around = [(x + (right - x) * math.cos(t), y + (y - top) * math.sin(t)) for t in turns]
        return [rotated(around, (x, y), shape.rotation)]
    return [pairs(points)]


def pixels(shape: Shape, width: int, height: int) -> list[masks.Run]:
    """The pixels of the picture that an object of one of the kinds in AREAS covers."""
    if shape.kind == MASK:
        return masks.of_mask(shape.points, width, height)
    if shape.kind == "ellipse":
        return masks.of_ellipse(shape.points, shape.rotation, width, height)
    points = shape.points
    if shape.kind == "rectangle":
        points = list(chain.from_iterable(rectangle_corners(shape)))
    return masks.of_polygon(points, width, height)


def object_box(shape: Shape) -> Box | None:
    """The upright box around an object, as it is rotated; None for a tag, and for a skeleton whose
    points are all outside."""
    if shape.kind == "rectangle":
        return rectangle_box(shape)
    if shape.kind == "ellipse":
        return _ellipse_box(shape)
    if shape.kind == MASK:
        x1, y1, x2, y2 = shape.points[-4:]
        return x1, y1, x2 + 1, y2 + 1
    seen = (element.points for element in shape.elements if not element.is_outside)
    points = list(chain(shape.points, *seen))
    return bounding_box(points) if points else None


def _ellipse_box(shape: Shape) -> Box:
    x, y, right, top = shape.points
    cosine, sine = math.cos(math.radians(shape.rotation)), math.sin(math.radians(shape.rotation))
    wide = math.hypot((right - x) * cosine, (y - top) * sine)
    high = math.hypot((right - x) * sine, (y - top) * cosine)
    return x - wide, y - high, x + wide, y + high
