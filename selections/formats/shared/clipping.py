"""Polygons cut to a picture. Pure.

After Sutherland and Hodgman: right for every polygon within a rectangle. Where a polygon leaves the
picture and comes back, its parts stay joined by a line of no width along the edge of the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from cvat.geometry import Point

SMALLEST_AREA = 0.001  # pixels; what covers less covers nothing


def clipped(points: Iterable[Point], width: int, height: int) -> list[Point]:
    """The part of a polygon in the picture; empty if it covers nothing there."""
    inside = list(points)
    for axis, length in enumerate((width, height)):
        if min(point[axis] for point in inside) < 0:
            inside = list(_cut(inside, axis, 0.0, is_upper=False))
        if inside and max(point[axis] for point in inside) > length:
            inside = list(_cut(inside, axis, float(length), is_upper=True))
        if not inside:
            return []
    inside = [point for n, point in enumerate(inside) if point != inside[n - 1]]
    return inside if _covers(inside, width, height) else []


def _cut(points: Sequence[Point], axis: int, edge: float, *, is_upper: bool) -> Iterator[Point]:
    """The part of a polygon on one side of a line: below `edge` if that is the upper one."""
    for n, point in enumerate(points):
        before = points[n - 1]
        is_in = point[axis] <= edge if is_upper else point[axis] >= edge
        was_in = before[axis] <= edge if is_upper else before[axis] >= edge
        if is_in != was_in:
            share = (edge - before[axis]) / (point[axis] - before[axis])
            other = before[1 - axis] + (point[1 - axis] - before[1 - axis]) * share
            yield (edge, other) if axis == 0 else (other, edge)
        if is_in:
            yield point


def _covers(points: Sequence[Point], width: int, height: int) -> bool:
    """Whether there is an area. What a polygon covers twice, where it crosses itself, may cancel
    itself out in the sum; what runs along the edge of the picture alone must not."""
    if len(points) < 3:
        return False
    x0, y0 = points[0]
    areas = [
        ((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)) / 2
        for (x1, y1), (x2, y2) in pairwise(points[1:])
    ]
    if abs(sum(areas)) > SMALLEST_AREA:
        return True
    is_flat = all(abs(each) <= SMALLEST_AREA for each in areas)
    return not is_flat and any(0 < x < width and 0 < y < height for x, y in points)
