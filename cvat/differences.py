"""What differs between two lists of objects of one frame. Pure.

A copy of an object in another task or job has an id of its own in CVAT: objects are matched by
label, kind and place, one to one.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cvat.annotations import Shape
from cvat.geometry import Box, object_box

DECIMALS = 2  # of coordinates and degrees; CVAT's own exports have as many
LEAST_OVERLAP = 0.3  # of the boxes of an object that was moved or resized
LEAST_RELABELLED = 0.9  # of the boxes of an object that got another label
FARTHEST = 20.0  # pixels that an object without an area, such as a point, was moved at most
# Of all frames of a comparison: pairs whose left and right edges are near each other ("in one
# column"), each of which costs one look, and pairs whose whole boxes are near each other, which
# cost more. Each of the two numbers is less than a second of work.
MOST_COLUMN_PAIRS = 3_000_000
MOST_PAIRS = 300_000

Pair = tuple[Shape, Shape]


@dataclass(slots=True)
class PairLimit:
    """How many pairs of objects the frames that are still to come may compare: `remaining` pairs
    near each other, and `in_columns` pairs that are looked at to find these. A frame with more
    pairs than remain is not compared by boxes; a later frame with fewer pairs can be."""

    remaining: int = MOST_PAIRS
    in_columns: int = MOST_COLUMN_PAIRS

    def take(self, in_columns: int, near_count: Callable[[], int]) -> bool:
        """Whether a frame may be compared by boxes; if so, its pairs are subtracted.
        `in_columns` is how many pairs in one column it has. They are subtracted even if
        `near_count`, which looks at them, then finds too many pairs near each other."""
        if in_columns > self.in_columns:
            return False
        self.in_columns -= in_columns
        if (near := near_count()) > self.remaining:
            return False
        self.remaining -= near
        return True


@dataclass(frozen=True, slots=True)
class Differences:
    """Between the objects before and after. Pairs are (before, after); those of `changed` differ in
    place, label, attributes, or whether they are occluded. With `by_place_alone` there were too
    many pairs: moved objects are among `removed` and `new`."""

    same: tuple[Pair, ...]
    changed: tuple[Pair, ...]
    new: tuple[Shape, ...]
    removed: tuple[Shape, ...]
    by_place_alone: bool = False


def differences(
    before: Sequence[Shape], after: Sequence[Shape], limit: PairLimit | None = None
) -> Differences:
    """Equal objects are matched first, then those of one label and kind by the overlap or the
    distance of their boxes, the nearest first, then those of one kind in the same place."""
    matching = _Matching(before, after)
    same = matching.equal(_contents)
    changed = matching.equal(_place)
    has_room = (limit or PairLimit()).take(matching.column_count(), matching.near_count)
    if has_room:
        changed += matching.nearest(lambda shape: (shape.label.name, shape.kind), LEAST_OVERLAP)
        changed += matching.nearest(_kind, LEAST_RELABELLED)
    return Differences(
        tuple(same),
        tuple(changed),
        tuple(matching.after.values()),
        tuple(matching.before.values()),
        by_place_alone=not has_room,
    )


class _Matching:
    """The objects that are not matched yet, by their positions."""

    def __init__(self, before: Sequence[Shape], after: Sequence[Shape]) -> None:
        self.before = dict(enumerate(before))
        self.after = dict(enumerate(after))

    def column_count(self) -> int:
        """How many pairs of objects of one kind are in one column."""
        rows = self._rows(_kind)
        return sum(rows[_kind(shape)].column_count(box) for _, shape, box in self._boxes())

    def near_count(self) -> int:
        """How many pairs of objects of one kind are near each other."""
        rows = self._rows(_kind)
        return sum(len(rows[_kind(shape)].near(box)) for _, shape, box in self._boxes())

    def equal(self, key: Callable[[Shape], Hashable]) -> list[Pair]:
        """Match those with equal keys."""
        waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
        for number, shape in self.before.items():
            waiting[key(shape)].append(number)
        pairs = []
        for number, shape in list(self.after.items()):
            if candidates := waiting.get(key(shape)):
                pairs.append((self.before.pop(candidates.popleft()), self.after.pop(number)))
        return pairs

    def nearest(self, key: Callable[[Shape], Hashable], least: float) -> list[Pair]:
        """Match those of equal keys that are at least so similar, the most similar first."""
        rows = self._rows(key)
        similar = []
        for number, shape, box in self._boxes():
            for other_number, other_box in rows[key(shape)].near(box):
                value = _similarity(box, other_box)
                if value >= least:
                    similar.append((-value, number, other_number))
        pairs = []
        for _, number, other_number in sorted(similar):
            if number in self.before and other_number in self.after:
                pairs.append((self.before.pop(number), self.after.pop(other_number)))
        return pairs

    def _boxes(self) -> Iterator[tuple[int, Shape, Box]]:
        """The objects before that have a box: position, object, box."""
        for number, shape in self.before.items():
            if box := object_box(shape):
                yield number, shape, box

    def _rows(self, key: Callable[[Shape], Hashable]) -> Mapping[Hashable, _Row]:
        """The boxes of the objects after, by the keys of these."""
        groups: defaultdict[Hashable, list[tuple[int, Box]]] = defaultdict(list)
        for number, shape in self.after.items():
            if box := object_box(shape):
                groups[key(shape)].append((number, box))
        return defaultdict(lambda: _Row([]), {key: _Row(boxes) for key, boxes in groups.items()})


class _Row:
    """Boxes with the numbers of their objects, by their left edges."""

    def __init__(self, boxes: Iterable[tuple[int, Box]]) -> None:
        self._boxes = sorted(boxes, key=lambda each: each[1][0])
        self._lefts = [box[0] for _, box in self._boxes]
        self._widest = max((box[2] - box[0] for _, box in self._boxes), default=0.0)

    def near(self, box: Box) -> Sequence[tuple[int, Box]]:
        """All that overlap the box, or whose middles are not farther away than FARTHEST, and
        others."""
        start, stop = self._column(box)
        top, bottom = box[1] - FARTHEST, box[3] + FARTHEST
        return [
            each for each in self._boxes[start:stop] if each[1][1] <= bottom and each[1][3] >= top
        ]

    def column_count(self, box: Box) -> int:
        start, stop = self._column(box)
        return stop - start

    def _column(self, box: Box) -> tuple[int, int]:
        """The positions, from start to before stop, of the boxes in one column with the box."""
        first, last = box[0] - FARTHEST - self._widest, box[2] + FARTHEST
        return bisect_left(self._lefts, first), bisect_right(self._lefts, last)


def _kind(shape: Shape) -> Hashable:
    return shape.kind


def _contents(shape: Shape) -> Hashable:
    """A key that is equal for objects which look alike in CVAT."""
    parts = frozenset(map(_contents, shape.elements))
    shown = shape.is_occluded, shape.is_outside, frozenset(shape.attributes)
    return _place(shape), shown, parts


def _place(shape: Shape) -> Hashable:
    """A key that is equal for objects of equal label, kind and points."""
    return (
        shape.label.name,
        shape.kind,
        tuple([round(value, DECIMALS) for value in shape.points]),
        round(shape.rotation % 360, DECIMALS),
        frozenset(map(_place, shape.elements)),
    )


def _similarity(one: Box, other: Box) -> float:
    """From 0 to 1: the overlap of two boxes; of boxes without an area by their distance."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    covered = _area(one) + _area(other)
    if _area(one) and _area(other):
        shared = max(width, 0.0) * max(height, 0.0)
        return shared / (covered - shared)
    distance = math.hypot(
        (one[0] + one[2] - other[0] - other[2]) / 2, (one[1] + one[3] - other[1] - other[3]) / 2
    )
    return 1 - (1 - LEAST_OVERLAP) * distance / FARTHEST


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
