"""The corners, boxes and areas of objects in a picture. Outlines are lists of coordinates x1, y1,
x2, y2, ... or of points. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain

from cvat.annotations import MASK, Shape

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


def pairs(coordinates: Sequence[float]) -> list[Point]:
    """The points of the coordinates."""
    return list(zip(coordinates[::2], coordinates[1::2], strict=True))


def bounding_box(coordinates: Sequence[float]) -> Box:
    """The box around coordinates."""
    xs, ys = coordinates[::2], coordinates[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def box_around(points: Iterable[Point]) -> Box:
    """The box around points."""
    return bounding_box(list(chain.from_iterable(points)))


def enclosing(boxes: Iterable[Box]) -> Box:
    """The box around boxes."""
    x1, y1, x2, y2 = zip(*boxes, strict=True)
    return min(x1), min(y1), max(x2), max(y2)


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


def rectangle_corners(coordinates: Sequence[float], rotation: float = 0) -> list[Point]:
    """The corners of a rectangle as it is rotated, clockwise, from the one that is at the upper
    left before the rotation."""
    x1, y1, x2, y2 = coordinates
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    return rotated(corners, ((x1 + x2) / 2, (y1 + y2) / 2), rotation)


def rectangle_box(shape: Shape) -> Box:
    """The upright box around a rectangle as it is rotated."""
    return box_around(rectangle_corners(shape.points, shape.rotation))


def ellipse_corners(coordinates: Sequence[float], rotation: float, count: int) -> list[Point]:
    """So many points on the outline of an ellipse as it is rotated."""
    x, y, right, top = coordinates
    angles = [2 * math.pi * step / count for step in range(count)]
    around = [(x + (right - x) * math.cos(t), y + (y - top) * math.sin(t)) for t in angles]
    return rotated(around, (x, y), rotation)


def ellipse_box(shape: Shape) -> Box:
    """The upright box around an ellipse as it is rotated."""
    x, y, right, top = shape.points
    cosine, sine = math.cos(math.radians(shape.rotation)), math.sin(math.radians(shape.rotation))
    wide = math.hypot((right - x) * cosine, (y - top) * sine)
    high = math.hypot((right - x) * sine, (y - top) * cosine)
    return x - wide, y - high, x + wide, y + high


def object_box(shape: Shape) -> Box | None:
    """The upright box around an object, as it is rotated; None for a tag, and for a skeleton whose
    points are all outside."""
    if shape.kind == "rectangle":
        return rectangle_box(shape)
    if shape.kind == "ellipse":
        return ellipse_box(shape)
    if shape.kind == MASK:
        x1, y1, x2, y2 = shape.points[-4:]
        return x1, y1, x2 + 1, y2 + 1
    seen = (element.points for element in shape.elements if not element.is_outside)
    points = list(chain(shape.points, *seen))
    return bounding_box(points) if points else None


def polygon_area(coordinates: Sequence[float]) -> float:
    """The area of a polygon that does not cross itself."""
    corners = pairs(coordinates)
    edges = zip(corners, [*corners[1:], corners[0]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in edges)) / 2


def crosses_itself(coordinates: Sequence[float]) -> bool:
    """Whether an outline crosses itself: the turns along it then do not add up to one round. A
    polygon with loops that cancel each other out is not recognized."""
    corners = pairs(coordinates)
    edges = zip(corners, [*corners[1:], corners[0]], strict=True)
    ways = [math.atan2(y2 - y1, x2 - x1) for (x1, y1), (x2, y2) in edges if (x1, y1) != (x2, y2)]
    turns = [(ways[n] - ways[n - 1] + math.pi) % math.tau - math.pi for n in range(len(ways))]
    return not math.isclose(abs(sum(turns)), math.tau, abs_tol=0.01)
