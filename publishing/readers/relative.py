"""Objects whose coordinates are shares of the width and the height of a picture, as YOLO has them.
Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cvat.annotations import SKELETON, Label, Shape
from cvat.geometry import Point, pairs

DECIMALS = 2  # of pixels and degrees, as CVAT's exports have them
ROUNDING = 0.75  # pixels by which the corners of a rectangle may be off

Form = Literal["box", "outline", "corners", "points"]


@dataclass(frozen=True, slots=True)
class RelativeObject:
    """`numbers` are shares: of a `box` its centre and size, of an `outline` and of the four
    `corners` of a rectangle each x and y, of `points` of a skeleton each x, y and 0 (not there), 1
    (hidden) or 2. Where the file does not name these points, the label has no sublabels;
    `is_padded`: zeros may follow them in place of points that other skeletons of the file have."""

    form: Form
    label: Label
    frame: int
    numbers: Sequence[float]
    is_padded: bool = False

    @property
    def has_unnamed_points(self) -> bool:
        return self.form == "points" and not self.label.sublabels

    @property
    def points_count(self) -> int:
        return len(self.numbers) // 3

    def has_points_of(self, count: int) -> bool:
        """Whether its points can be those of a skeleton with `count` points."""
        if self.is_padded and count < self.points_count:
            return not any(self.numbers[3 * count :])
        return count == self.points_count

    def shape(self, width: int, height: int, *, as_polygon: bool = False) -> Shape:
        """The object in a picture of so many pixels; `as_polygon`: corners, too, are an outline."""
        if self.form == "box":
            x, y, wide, high = self.numbers
            shares = [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]
            return self._drawn("rectangle", _pixels(shares, width, height))
        if self.form == "points":
            return Shape(
                SKELETON,
                self.label,
                self.frame,
                source="file",
                elements=tuple(self._elements(width, height)),
            )
        outline = _pixels(self.numbers, width, height)
        if self.form == "corners" and not as_polygon and (upright := _rectangle(pairs(outline))):
            points, rotation = upright
            return self._drawn("rectangle", points, rotation)
        return self._drawn("polygon", outline)

    def _drawn(self, kind: str, points: list[float], rotation: float = 0.0) -> Shape:
        rounded = [round(value, DECIMALS) for value in points]
        return Shape(kind, self.label, self.frame, rounded, rotation=rotation, source="file")

    def _elements(self, width: int, height: int) -> list[Shape]:
        elements = []
        for index, name in enumerate(self.label.sublabels):
            x, y, seen = self.numbers[3 * index : 3 * index + 3]
            elements.append(
                Shape(
                    "points",
                    name,
                    self.frame,
                    [round(x * width, DECIMALS), round(y * height, DECIMALS)],
                    is_outside=seen == 0,
                    is_occluded=seen == 1,
                    source="file",
                )
            )
        return elements


def _pixels(shares: Sequence[float], width: int, height: int) -> list[float]:
    return [share * (height if index % 2 else width) for index, share in enumerate(shares)]


def _rectangle(corners: list[Point]) -> tuple[list[float], float] | None:
    """The corners of a rectangle before it is rotated, and by how many degrees it is, clockwise;
    None if these are the corners of something else."""
    first, second, third, fourth = corners
    middles = [
        ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
        for one, other in ((first, third), (second, fourth))
    ]
    diagonals = math.dist(first, third), math.dist(second, fourth)
    if math.dist(*middles) > ROUNDING or abs(diagonals[0] - diagonals[1]) > 2 * ROUNDING:
        return None
    (x1, y1), (x2, y2), (x4, y4) = first, second, fourth
    if (x2 - x1) * (y4 - y1) < (y2 - y1) * (x4 - x1):  # the other way round
        second, fourth = fourth, second
    width, height = math.dist(first, second), math.dist(first, fourth)
    x, y = middles[0]
    rotation = math.degrees(math.atan2(second[1] - first[1], second[0] - first[0]))
    points = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
    return points, round(rotation, DECIMALS) % 360
