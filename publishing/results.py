"""What people annotated in a publication, compared with the frames that it was made of. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import msgspec

from cvat.annotations import Labels, Shape
from cvat.differences import Differences
from cvat.types import Job

ANY = "any"  # the type of a label that takes every kind of object


@dataclass(frozen=True, slots=True)
class JobFrames:
    """What one job has on frames that are compared, also what overlapping jobs have as well;
    `count` is how many objects it has on all frames, `groups` are the numbers of their groups."""

    job: Job
    count: int
    by_frame: Mapping[int, Sequence[Shape]]
    groups: frozenset[int]


class ResultFrame(NamedTuple):
    """A frame of a publication that holds results, and the frame that it was made of. Of a
    ground-truth job both have the same number."""

    new_frame: int
    task_id: int
    frame: int


@dataclass(frozen=True, slots=True)
class ComparedFrame:
    """The objects of a frame: those of its task are `before`, the results `after`. The jobs are the
    first ones that hold the frame, `new_job_id` that of the results."""

    place: ResultFrame
    job_id: int
    new_job_id: int
    before: Sequence[Shape]
    after: Sequence[Shape]
    differences: Differences

    @property
    def differs(self) -> bool:
        between = self.differences
        return bool(between.changed or between.new or between.removed)


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """How many objects of a label are in each part of a comparison; an object that got another
    label counts under the new one."""

    label: str
    same: int
    changed: int
    new: int
    removed: int


@dataclass(frozen=True, slots=True)
class NotCompared:
    """Frames that were left out of a comparison: how many, for each reason."""

    deleted: int = 0  # in their task
    deleted_in_results: int = 0
    not_shown: int = 0  # by CVAT, in their task
    not_shown_in_results: int = 0

    @property
    def count(self) -> int:
        return self.deleted + self.deleted_in_results + self.not_shown + self.not_shown_in_results


@dataclass(frozen=True)
class Comparison:
    """`labels` are those of each task that frames are of. `resized_count` counts frames whose
    picture has another size among the results; `problems_count` objects that cannot be read."""

    frames: Sequence[ComparedFrame]
    labels: Mapping[int, Labels]
    not_compared: NotCompared
    resized_count: int
    problems_count: int
    jobs: Mapping[int, Sequence[JobFrames]] = field(default_factory=dict)  # of each task, if read

    @property
    def differing(self) -> list[ComparedFrame]:
        return [frame for frame in self.frames if frame.differs]

    @property
    def by_place_alone_count(self) -> int:
        """Frames on which moved objects count as removed and new, see PairLimit."""
        return sum(frame.differences.by_place_alone for frame in self.frames)

    @cached_property
    def by_label(self) -> list[LabelCounts]:
        """By the names of the labels."""
        same, changed, new, removed = (Counter[str]() for _ in range(4))
        for frame in self.frames:
            between = frame.differences
            same.update(shape.label.name for _, shape in between.same)
            changed.update(shape.label.name for _, shape in between.changed)
            new.update(shape.label.name for shape in between.new)
            removed.update(shape.label.name for shape in between.removed)
        return [
            LabelCounts(name, same[name], changed[name], new[name], removed[name])
            for name in sorted({*same, *changed, *new, *removed})
        ]

    @property
    def total(self) -> LabelCounts:
        """The sum over all labels."""
        rows = self.by_label
        return LabelCounts(
            "",
            sum(row.same for row in rows),
            sum(row.changed for row in rows),
            sum(row.new for row in rows),
            sum(row.removed for row in rows),
        )

    @cached_property
    def unknown_labels(self) -> Counter[str]:
        """Labels of results that the task of their frame does not have: how many objects each."""
        names = {
            task_id: {label.name for label in labels} for task_id, labels in self.labels.items()
        }
        return Counter(
            shape.label.name
            for frame in self.frames
            for shape in frame.after
            if shape.label.name not in names[frame.place.task_id]
        )

    @cached_property
    def unexpected_kinds(self) -> Counter[tuple[str, str]]:
        """Labels and kinds of results where the label of the task is for objects of another kind:
        how many objects each."""
        types = {
            task_id: {label.name: label.type for label in labels}
            for task_id, labels in self.labels.items()
        }
        return Counter(
            (shape.label.name, shape.kind)
            for frame in self.frames
            for shape in frame.after
            if types[frame.place.task_id].get(shape.label.name, ANY) not in (ANY, shape.kind)
        )

    @cached_property
    def fingerprint(self) -> str:
        """Another one for other objects: a person who has looked at a comparison decides about that
        one and no other."""
        digest = hashlib.sha256()
        for frame in self.frames:
            described = (*frame.place, _described(frame.before), _described(frame.after))
            digest.update(msgspec.json.encode(described))
        return digest.hexdigest()[:16]


def _described(shapes: Iterable[Shape]) -> list[tuple[object, ...]]:
    return [
        (
            shape.label.name,
            shape.kind,
            list(shape.points),
            shape.rotation,
            shape.is_occluded,
            shape.is_outside,
            shape.is_tracked,
            shape.attributes,
            _described(shape.elements),
        )
        for shape in shapes
    ]
