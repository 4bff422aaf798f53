"""Polygons and polylines as lists of coordinates x1, y1, x2, y2, ...: interpolation as CVAT does
it, and the area that two polygons share. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from cvat.geometry import Point, pairs

Edge = tuple[float, float, float, float]  # from its upper to its lower end

MOST_POINTS = 200  # of an outline whose area is compared; of longer ones every second, third, ...


def between(
    first: Sequence[float], second: Sequence[float], share: float, *, is_closed: bool
) -> list[float]:
    """The outline at `share` (0 to 1) of the way from the first to the second.

    Each point of the first goes to the points of the second that lie nearest at the same share of
    the length of the outline. Where that gives points which are close to each other, they become
    one: between two keyframes there can be fewer points than in each.
    """
    starts, ends = pairs(first), pairs(second)
    if is_closed:
        starts, ends = [*starts, starts[0]], [*ends, ends[0]]
    targets = _targets(_shares(starts), _shares(ends))
    moved = [
        (x + (ends[target][0] - x) * share, y + (ends[target][1] - y) * share)
        for (x, y), matched in zip(starts, targets, strict=True)
        for target in matched
    ]
    reduced = _reduced(moved, targets, starts, ends)
    if is_closed:
        reduced.pop()
    return [coordinate for point in reduced for coordinate in point]


def _length(points: Sequence[Point]) -> float:
    return sum(math.dist(a, b) for a, b in pairwise(points))


def _shares(points: Sequence[Point]) -> list[float]:
    """The share of the length of the outline at which each point lies."""
    length = _length(points)
    shares, passed = [0.0], 0.0
    for a, b in pairwise(points):
        passed += math.dist(a, b)
        shares.append(passed / length if length else 0.0)
    return shares


def _nearest(share: float, shares: Sequence[float]) -> int:
    """The position of the nearest of ascending shares; of several the first."""
    after = bisect_left(shares, share)
    if after == 0:
        return 0
    before = shares[after - 1]
    if after < len(shares) and shares[after] - share < share - before:
        return after
    return bisect_left(shares, before)


def _targets(starts: Sequence[float], ends: Sequence[float]) -> list[list[int]]:
    """For each point of the first outline the points of the second that it goes to, ascending.
    Every point of both outlines takes part."""
    targets = [[_nearest(share, ends)] for share in starts]
    taken = {target for matched in targets for target in matched}
    for index, share in enumerate(ends):
        if index not in taken:
            targets[_nearest(share, starts)].append(index)
    return [sorted(matched) for matched in targets]


def _reduced(
    moved: Sequence[Point],
    targets: Sequence[Sequence[int]],
    starts: Sequence[Point],
    ends: Sequence[Point],
) -> list[Point]:
    """The moved points without those that are too close to each other: among neighbours that go to
    the same point, and among the points that one point goes to."""
    first_moved = [0]
    for matched in targets:
        first_moved.append(first_moved[-1] + len(matched))
    reduced: list[Point] = []
    index = 0
    while index < len(starts):
        matched, begin = targets[index], first_moved[index]
        if len(matched) > 1:
            end, run = begin + len(matched) - 1, ends[matched[0] : matched[-1] + 1]
            index += 1
        else:
            last = index
            while last + 1 < len(starts) and targets[last + 1] == matched:
                last += 1
            end, run = first_moved[last], starts[index : last + 1]
            index = last + 1
        reduced += _thinned(moved[begin : end + 1], _length(run) / (2 * len(run)))
    return reduced


def _thinned(points: Sequence[Point], threshold: float) -> list[Point]:
    """Points at least `threshold` apart, with the first and the last; their mean if even these are
    closer."""
    if len(points) == 1:
        return list(points)
    thinned = [points[0]]
    for point in points[1:-1]:
        if math.dist(thinned[-1], point) >= threshold:
            thinned.append(point)
    thinned.append(points[-1])
    if len(thinned) == 2 and math.dist(*thinned) < threshold:
        (x1, y1), (x2, y2) = thinned
        return [((x1 + x2) / 2, (y1 + y2) / 2)]
    return thinned


def overlap(first: Sequence[float], second: Sequence[float]) -> float:
    """The area that two polygons share, as a share of the area that they cover together; 0 if they
    have none. What a polygon covers twice, where it crosses itself, does not count."""
    if first == second:
        return 1.0
    one, other = _edges(first), _edges(second)
    heights = sorted(
        {y for edge in one + other for y in (edge[1], edge[3])} | _crossings(one + other)
    )
    shared = covered = 0.0
    # Between two of these heights no edges cross: the widths half way give the exact areas.
    for top, bottom in pairwise(heights):
        middle = (top + bottom) / 2
        a, b = _spans(one, middle), _spans(other, middle)
        both = sum(
            max(0.0, min(a_end, b_end) - max(a_start, b_start))
            for a_start, a_end in a
            for b_start, b_end in b
        )
        width = sum(end - start for start, end in (*a, *b))
        shared += both * (bottom - top)
        covered += (width - both) * (bottom - top)
    return shared / covered if covered else 0.0


def area(coordinates: Sequence[float]) -> float:
    """The area of a polygon as `overlap` takes it: without what it covers twice."""
    edges = _edges(coordinates)
    heights = sorted({y for edge in edges for y in (edge[1], edge[3])} | _crossings(edges))
    return sum(
        (end - start) * (bottom - top)
        for top, bottom in pairwise(heights)
        for start, end in _spans(edges, (top + bottom) / 2)
    )


def _edges(coordinates: Sequence[float]) -> list[Edge]:
    """The edges that are not horizontal."""
    points = pairs(coordinates)
    points = points[:: max(1, -(-len(points) // MOST_POINTS))]
    edges = []
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
        if y1 != y2:
            edges.append((x1, y1, x2, y2) if y1 < y2 else (x2, y2, x1, y1))
    return edges


def _crossings(edges: Sequence[Edge]) -> set[float]:
    """The heights at which two edges cross."""
    heights = set()
    for index, (x1, y1, x2, y2) in enumerate(edges):
        for x3, y3, x4, y4 in edges[index + 1 :]:
            top, bottom = max(y1, y3), min(y2, y4)
            if top >= bottom:
                continue
            slope, other_slope = (x2 - x1) / (y2 - y1), (x4 - x3) / (y4 - y3)
            if slope == other_slope:
                continue
            height = (x3 - x1 + slope * y1 - other_slope * y3) / (slope - other_slope)
            if top < height < bottom:
                heights.add(height)
    return heights


def _spans(edges: Sequence[Edge], height: float) -> list[Point]:
    """What a polygon covers at a height: from x to x."""
    ends = sorted(
        x1 + (x2 - x1) * (height - y1) / (y2 - y1) for x1, y1, x2, y2 in edges if y1 < height < y2
    )
    return list(zip(ends[::2], ends[1::2], strict=False))
