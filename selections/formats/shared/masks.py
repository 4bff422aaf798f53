"""Areas of pictures as runs of pixels, column by column, as COCO has them. Pure.

A pixel belongs to an area if its centre lies in it. Runs are pairs (start, end) of positions
x * height + y, ascending and apart from each other.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from cvat.annotations import MASK, Shape
from cvat.geometry import pairs

Run = tuple[int, int]
Corner = tuple[int, int]

MOST_PIXELS = 2**28  # of the box of a mask

_STEPS = ((15, 5), (10, 18), (3, 30), (0, 90))  # radius from, degrees between two corners

_SET = re.compile(b"\x01+")


def of_mask(points: Sequence[float], width: int, height: int) -> list[Run]:
    """The part of a mask of CVAT that lies in the picture. ValueError if its runs do not fill its
    box, or if that is larger than any picture."""
    lengths, (x1, y1, wide, high) = _mask(points)
    columns = range(max(0, -x1), min(wide, width - x1))
    rows = range(max(0, -y1), min(high, height - y1))
    pixels = _pixels(lengths, wide, columns, rows)
    runs = []
    for number, column in enumerate(columns):
        offset = (x1 + column) * height + y1 + rows.start
        for match in _SET.finditer(pixels[number :: len(columns)]):
            runs.append((offset + match.start(), offset + match.end()))
    return merged(runs)


def broken_reason(points: Sequence[float]) -> str:
    """Why the pixels of a mask of CVAT are not known; "" if they are."""
    try:
        _mask(points)
    except ValueError as error:
        return str(error)
    return ""


def mask_broken_reason(shape: Shape) -> str:
    """Why the pixels of a shape are not known; "" if they are, or if it is no mask."""
    return broken_reason(shape.points) if shape.kind == MASK else ""


def _mask(points: Sequence[float]) -> tuple[list[int], tuple[int, int, int, int]]:
    """The lengths of the runs, and left, top, width and height of the box."""
    *lengths, x1, y1, x2, y2 = map(int, points)
    wide, high = x2 - x1 + 1, y2 - y1 + 1
    if min(wide, high) < 1 or min(lengths, default=-1) < 0 or sum(lengths) != wide * high:
        raise ValueError("its runs do not fill its box")
    if wide * high > MOST_PIXELS:
        raise ValueError("its box is larger than any picture")
    return lengths, (x1, y1, wide, high)


def _pixels(lengths: Sequence[int], wide: int, columns: range, rows: range) -> bytearray:
    """A byte for each pixel in these columns and rows of the box of a mask, row by row. The rest of
    the box, which may be far larger than the picture, takes no memory."""
    pixels = bytearray(len(columns) * len(rows))
    end = 0
    for index, length in enumerate(lengths):
        start, end = end, end + length
        if index % 2 == 0:
            continue
        for row in range(max(rows.start, start // wide), min(rows.stop, -(-end // wide))):
            first, last = (
                min(max(each - row * wide, columns.start), columns.stop) for each in (start, end)
            )
            offset = (row - rows.start) * len(columns) - columns.start
            pixels[offset + first : offset + last] = b"\x01" * (last - first)
    return pixels


def of_polygon(points: Sequence[float], width: int, height: int) -> list[Run]:
    """What a polygon covers; what it covers twice, where it crosses itself, does not count."""
    corners = pairs(points)
    # Of the edges with the middle of each column.
    crossings: defaultdict[int, list[float]] = defaultdict(list)
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        first, end = math.ceil(min(x1, x2) - 0.5), math.ceil(max(x1, x2) - 0.5)
        wide, high = x2 - x1, y2 - y1
        for x in range(max(first, 0), min(end, width)):
            crossings[x].append(y1 + high * (x + 0.5 - x1) / wide)
    runs: list[Run] = []
    for x, heights in crossings.items():
        heights.sort()
        for top, bottom in zip(heights[::2], heights[1::2], strict=True):
            # The pixels of the column whose middles lie between the two heights.
            start, end = max(0, math.ceil(top - 0.5)), min(height, math.ceil(bottom - 0.5))
            if start < end:
                runs.append((x * height + start, x * height + end))
    return merged(runs)


def of_ellipse(points: Sequence[float], rotation: float, width: int, height: int) -> list[Run]:
    """An ellipse as CVAT's exports draw it: as a polygon with few corners, from its rounded centre
    and radii, with its outline."""
    x, y, right, top = points
    centre_x, centre_y = round(x), round(y)
    corners = list(_corners(abs(round(right - x)), abs(round(y - top)), rotation))
    visible = range(-centre_y, height - centre_y)
    spans = _rows(corners, visible)
    for corner_x, corner_y in corners:
        row = _rounded(corner_y)
        if row not in visible:
            continue
        first, last = spans.get(row, (_rounded(corner_x),) * 2)
        spans[row] = min(first, _rounded(corner_x)), max(last, _rounded(corner_x))
    cut = {
        row: (max(first + centre_x, 0), min(last + centre_x + 1, width))
        for row, (first, last) in sorted(spans.items())
    }
    tops, bottoms = _first_rows(cut.items(), width), _first_rows(reversed(cut.items()), width)
    runs = []
    for column in sorted(tops):
        offset = column * height + centre_y
        runs.append((offset + tops[column], offset + bottoms[column] + 1))
    return merged(runs)


def _first_rows(spans: Iterable[tuple[int, tuple[int, int]]], width: int) -> dict[int, int]:
    """For each column the first of some rows that covers it, from and up to a column."""
    rows: dict[int, int] = {}
    is_covered = bytearray(width)
    for row, (first, end) in spans:
        column = is_covered.find(0, first, max(first, end))
        while column >= 0:
            rows[column], is_covered[column] = row, 1
            column = is_covered.find(0, column, end)
    return rows


def _corners(wide: int, high: int, rotation: float) -> Iterator[tuple[float, float]]:
    """Points on an ellipse around 0, 0: the larger it is, the closer to each other."""
    radius = max(wide, high)
    step = next(degrees for least, degrees in _STEPS if radius >= least)
    cosine, sine = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    for degrees in range(0, 360, step):
        x, y = wide * math.cos(math.radians(degrees)), high * math.sin(math.radians(degrees))
        yield x * cosine - y * sine, x * sine + y * cosine


def _rows(corners: Sequence[tuple[float, float]], visible: range) -> dict[int, tuple[int, int]]:
    """From where to where a convex polygon reaches at each whole height in the picture, rounded."""
    rows: dict[int, tuple[int, int]] = {}
    for ends in zip(corners, [*corners[1:], corners[0]], strict=True):
        (x1, y1), (x2, y2) = sorted(ends, key=itemgetter(1))
        for row in range(max(math.ceil(y1), visible.start), min(math.floor(y2) + 1, visible.stop)):
            x = _rounded(x1 + (x2 - x1) * (row - y1) / (y2 - y1) if y2 > y1 else x1)
            first, last = rows.get(row, (x, x))
            rows[row] = min(first, x), max(last, x)
    return rows


def _rounded(number: float) -> int:
    return math.floor(number + 0.5)


def merged(runs: Iterable[Run]) -> list[Run]:
    """The runs in order; those that touch or overlap become one."""
    apart: list[Run] = []
    for start, end in sorted(runs):
        if apart and start <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(apart[-1][1], end)
        else:
            apart.append((start, end))
    return apart


def counts(runs: Iterable[Run], size: int) -> list[int]:
    """The lengths of the runs of background and area in turn, of a picture of `size` pixels."""
    lengths, last = [], 0
    for start, end in runs:
        lengths += [start - last, end - start]
        last = end
    return [*lengths, size - last] if size > last else lengths


def outlines(runs: Iterable[Run], *, height: int) -> list[list[Corner]]:
    """The corners of each part of an area, without its holes, clockwise along the edges of its
    pixels. Pixels that touch at a corner alone are two parts."""
    following = _edges(runs, height)
    loops = []
    while following:
        loop = _loop(following)
        if _turns_right(loop):
            loops.append(_without_straight_corners(loop))
    return sorted(loops)


def _edges(runs: Iterable[Run], height: int) -> dict[Corner, list[Corner]]:
    """For each corner of pixels at the edge of an area the next one, with the area to the right;
    two where pixels touch at the corner."""
    following: dict[Corner, list[Corner]] = {}
    columns = _by_column(runs, height)
    for x in sorted(columns):
        for start, end in columns[x]:
            following.setdefault((x, start), []).append((x + 1, start))
            following.setdefault((x + 1, end), []).append((x, end))
        for y in _uncovered(columns[x], columns.get(x - 1, [])):
            following.setdefault((x, y + 1), []).append((x, y))
        for y in _uncovered(columns[x], columns.get(x + 1, [])):
            following.setdefault((x + 1, y), []).append((x + 1, y + 1))
    return following


def _by_column(runs: Iterable[Run], height: int) -> dict[int, list[Run]]:
    """The rows that an area covers in each column, from and up to."""
    columns: dict[int, list[Run]] = {}
    for start, end in runs:
        for x in range(start // height, (end - 1) // height + 1):
            top, bottom = max(start, x * height), min(end, (x + 1) * height)
            columns.setdefault(x, []).append((top - x * height, bottom - x * height))
    return columns


def _uncovered(runs: Sequence[Run], others: Sequence[Run]) -> Iterator[int]:
    """The positions in runs that are in none of the others."""
    for start, end in runs:
        position = start
        for other_start, other_end in others:
            if position < other_end and other_start < end:
                yield from range(position, other_start)
                position = other_end
        yield from range(position, end)


def _loop(following: dict[Corner, list[Corner]]) -> list[Corner]:
    """Take one closed loop of edges out of those given."""
    first = corner = next(iter(following))
    before = first
    loop = []
    while True:
        loop.append(corner)
        ends = following[corner]
        # Where two pixels touch at a corner, turn right: they are two parts.
        end = max(ends, key=lambda each: _turn(before, corner, each)) if len(ends) > 1 else ends[0]
        ends.remove(end)
        if not ends:
            del following[corner]
        before, corner = corner, end
        if corner == first:
            return loop


def _turn(a: Corner, b: Corner, c: Corner) -> int:
    """Above 0 for a turn to the right on the way from a over b to c."""
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def _turns_right(loop: Sequence[Corner]) -> bool:
    edges = zip(loop, [*loop[1:], loop[0]], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in edges) > 0


def _without_straight_corners(loop: Sequence[Corner]) -> list[Corner]:
    triples = zip([loop[-1], *loop[:-1]], loop, [*loop[1:], loop[0]], strict=True)
    return [b for a, b, c in triples if _turn(a, b, c)]


def area(runs: Iterable[Run]) -> int:
    return sum(end - start for start, end in runs)


def box(runs: Sequence[Run], height: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of an area that is not empty."""
    columns, rows = [], []
    for start, end in runs:
        first, last = start // height, (end - 1) // height
        columns += [first, last]
        # A run over several columns touches the bottom of one and the top of the next.
        rows += [start % height, (end - 1) % height] if first == last else [0, height - 1]
    x, y = min(columns), min(rows)
    return x, y, max(columns) - x + 1, max(rows) - y + 1
