"""Polygons that are cut to the picture, and polygons around the pixels of masks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from selections.formats.shared import clipping, masks
from tests.selections.format_files import bits


def test_what_only_touches_the_picture_covers_nothing() -> None:
    around_the_corner = [(-1, -2), (12, -2), (12, 11), (11, 11), (11, -1), (-1, -1)]
    flat = [(1, 1), (5, 5), (9, 9)]
    crossed = [(1, 1), (9, 9), (9, 1), (1, 9)]
    seen = [clipping.clipped(each, 10, 10) for each in (around_the_corner, flat, crossed)]
    assert seen == [[], [], crossed]


@given(st.lists(st.tuples(st.integers(-20, 30), st.integers(-20, 30)), min_size=3, max_size=9))
def test_a_cut_polygon_covers_the_same_pixels_of_the_picture(points: list[clipping.Point]) -> None:
    width, height = 11, 7

    def pixels(polygon: list[clipping.Point]) -> list[masks.Run]:
        return masks.of_polygon([float(n) for point in polygon for n in point], width, height)

    cut = clipping.clipped(points, width, height)
    assert all(0 <= x <= width and 0 <= y <= height for x, y in cut)
    # A hair beside the centres of the pixels, which may lie just on an edge.
    moved = [(x + 0.013, y + 0.017) for x, y in points]
    cut = clipping.clipped(moved, width, height)
    assert (pixels(cut) if cut else []) == pixels(moved)


@given(bits(49))
def test_outlines_hold_the_pixels_of_a_mask_and_its_holes(drawn: list[bool]) -> None:
    """A pixel belongs to an outline or lies in a hole, which is closed off by the area."""
    size, pixels = 7, {divmod(n, 7) for n, bit in enumerate(drawn) if bit}
    runs = masks.merged((x * size + y, x * size + y + 1) for x, y in pixels)
    loops = masks.outlines(runs, height=size)
    covered = set()
    for loop in loops:
        points = [float(number) for corner in loop for number in corner]
        for start, end in masks.of_polygon(points, size, size):
            covered.update(divmod(position, size) for position in range(start, end))
    assert pixels <= covered
    assert covered - pixels == _holes(pixels, size)


def _holes(pixels: set[tuple[int, int]], size: int) -> set[tuple[int, int]]:
    """What cannot be reached from outside, also over corners: diagonal pixels are two parts."""
    free = {(x, y) for x in range(-1, size + 1) for y in range(-1, size + 1)} - pixels
    reached, border = set(), [(-1, -1)]
    while border:
        x, y = border.pop()
        if (x, y) in free and (x, y) not in reached:
            reached.add((x, y))
            border += [(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    return free - reached
