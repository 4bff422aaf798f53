"""The index of a task, put together from those of its jobs, and questions to it. Pure."""

from __future__ import annotations

import heapq
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from itertools import compress
from math import inf
from operator import or_

from selector.annotation_index.filter import AnnotationFilter
from selector.annotation_index.frame_sets import frame_set, frames_of
from selector.annotation_index.job_index import (
    AREA_TYPE,
    FRAME_TYPE,
    POSITION_TYPE,
    Group,
    JobIndex,
    StoredValues,
    read_values,
)

POSITION_BYTES = array(POSITION_TYPE).itemsize
MOST_VALUES = 50  # of an attribute that are listed


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """What there is of a label. `attributes`: name -> the most frequent values, the first first."""

    frames: int = 0
    objects: int = 0
    shape_types: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)
    attributes: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)


class TaskIndex:
    """The objects of a task, of a job, or of what was read of these so far. `frames` is the set of
    the frames that were read, `annotated` of those among them that have an object."""

    def __init__(self, jobs: Iterable[JobIndex]) -> None:
        self.frames = 0
        self.jobs_count = 0
        self.problems_count = 0  # objects that could not be read
        self._groups: dict[tuple[str, str, str, bool], _Objects] = {}
        for job in jobs:
            self.jobs_count += 1
            self.problems_count += job.problems_count
            self.frames |= int.from_bytes(job.frame_set, "little") << job.first
            for group in job.groups:
                key = (group.label, group.shape_type, group.source, group.is_occluded)
                objects = self._groups.get(key)
                if objects is None:
                    objects = self._groups[key] = _Objects(*key)
                objects.add(group, job.first)
        self.by_label: dict[str, int] = {}  # the set of the frames that have the label
        for objects in self._groups.values():
            self.by_label[objects.label] = self.by_label.get(objects.label, 0) | objects.frame_set
        self.annotated = _union(self.by_label.values())

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about."""
        return sum(
            len(each.frames) * (each.frames.itemsize + each.areas.itemsize)
            + sum(len(stored) for _, stored in each.values)
            for each in self._groups.values()
        )

    def matching(self, conditions: AnnotationFilter) -> int:
        """The set of the frames that fulfil the filter."""
        frames = self.frames
        if conditions.annotated is not None:
            frames &= self.annotated if conditions.annotated else ~self.annotated
        for label in conditions.labels_none:
            frames &= ~self.by_label.get(label, 0)
        for label in conditions.required_labels:
            frames &= self._with_object(conditions, [label])
        if conditions.labels_any:
            frames &= self._with_object(conditions, conditions.labels_any)
        elif conditions.concerns_objects and not conditions.required_labels:
            frames &= self._with_object(conditions, self.by_label)
        if conditions.objects_from is not None or conditions.objects_to is not None:
            frames &= self._with_number(conditions)
        return frames

    def frames_by_kind(self) -> dict[tuple[str, str], int]:
        """The set of the frames that have an object, by label and type."""
        sets: dict[tuple[str, str], int] = {}
        for objects in self._groups.values():
            key = (objects.label, objects.shape_type)
            sets[key] = sets.get(key, 0) | objects.frame_set
        return sets

    def objects_on(self, frames: int) -> Counter[tuple[str, str]]:
        """The number of objects on the frames of a set, by label and type."""
        numbers = set(frames_of(frames))
        counts: Counter[tuple[str, str]] = Counter()
        for objects in self._groups.values():
            if objects.frame_set & frames:
                key = (objects.label, objects.shape_type)
                counts[key] += sum(frame in numbers for frame in objects.frames)
        return counts

    def attributes_on(self, frames: int) -> Counter[tuple[str, str, str]]:
        """The number of objects on the frames of a set that have a value of an attribute, by label,
        type and the name of the attribute. An empty text is no value."""
        numbers = set(frames_of(frames))
        counts: Counter[tuple[str, str, str]] = Counter()
        for objects in self._groups.values():
            if not objects.frame_set & frames:
                continue
            chosen = [frame in numbers for frame in objects.frames]
            for first, stored in objects.values:
                for name, by_value in read_values(stored).items():
                    counts[objects.label, objects.shape_type, name] += sum(
                        chosen[first + position]
                        for value, positions in by_value.items()
                        if value
                        for position in array(POSITION_TYPE, positions)
                    )
        return +counts

    @cached_property
    def counts(self) -> dict[str, LabelCounts]:
        """Of each label that occurs."""
        by_label: defaultdict[str, list[_Objects]] = defaultdict(list)
        for objects in self._groups.values():
            by_label[objects.label].append(objects)
        return {label: _counted(groups) for label, groups in sorted(by_label.items())}

    def _with_object(self, conditions: AnnotationFilter, labels: Iterable[str]) -> int:
        """The set of the frames with an object of one of the labels that fulfils the conditions."""
        return _union(objects.matching(conditions) for objects in self._of(labels))

    def _with_number(self, conditions: AnnotationFilter) -> int:
        counter: Counter[int] = Counter()
        for objects in self._of(conditions.labels_any or self.by_label):
            counter.update(objects.matching_frames(conditions))
        least = conditions.objects_from or 0
        most = inf if conditions.objects_to is None else conditions.objects_to
        number = frame_set(frame for frame, count in counter.items() if least <= count <= most)
        return number if least else number | (self.frames & ~frame_set(counter))

    def _of(self, labels: Iterable[str]) -> list[_Objects]:
        named = set(labels)
        return [objects for objects in self._groups.values() if objects.label in named]


@dataclass(slots=True)
class _Objects:
    """All objects with one label, type, source and occlusion. `values` has, of each job, the
    position of its first object and the attributes."""

    label: str
    shape_type: str
    source: str
    is_occluded: bool
    frame_set: int = 0
    frames: array[int] = field(default_factory=lambda: array(FRAME_TYPE))
    areas: array[float] = field(default_factory=lambda: array(AREA_TYPE))
    values: list[tuple[int, StoredValues]] = field(default_factory=list)

    def add(self, group: Group, first: int) -> None:
        self.frame_set |= int.from_bytes(group.frame_set, "little") << first
        if group.values:
            self.values.append((len(self.frames), group.values))
        self.frames.frombytes(group.frames)
        self.areas.frombytes(group.areas)

    def matching(self, conditions: AnnotationFilter) -> int:
        """The set of the frames of those objects that fulfil the conditions."""
        if self._all_match(conditions):
            return self.frame_set
        return frame_set(self.matching_frames(conditions))

    def matching_frames(self, conditions: AnnotationFilter) -> Sequence[int]:
        """The frame of each object that fulfils the conditions."""
        if self._all_match(conditions):
            return self.frames
        if not self._may_match(conditions):
            return ()
        least = conditions.area_from or 0.0
        most = inf if conditions.area_to is None else conditions.area_to
        objects: Iterable[tuple[int, float]] = zip(self.frames, self.areas, strict=True)
        if values := conditions.values_of(self.label):
            objects = compress(objects, self._with_values(values))
        fitting = (frame for frame, area in objects if least <= area <= most)
        return array(FRAME_TYPE, fitting)

    def _may_match(self, conditions: AnnotationFilter) -> bool:
        has_source = not conditions.sources or self.source in conditions.sources
        return has_source and conditions.occluded in (None, self.is_occluded)

    def _all_match(self, conditions: AnnotationFilter) -> bool:
        """Whether all objects fulfil the conditions, known without looking at each."""
        has_area = conditions.area_from is not None or conditions.area_to is not None
        return self._may_match(conditions) and not has_area and not conditions.values_of(self.label)

    def _with_values(self, values: Mapping[str, set[str]]) -> bytes:
        """For each object a byte: 1 if it has one of these values of each attribute, else 0."""
        fitting = b"\1" * len(self.frames)
        for name, named in values.items():
            having = bytearray(len(self.frames))
            for first, stored in self.values:
                by_value = read_values(stored).get(name, {})
                for value in named:
                    for position in array(POSITION_TYPE, by_value.get(value, b"")):
                        having[first + position] = 1
            both = int.from_bytes(fitting, "little") & int.from_bytes(having, "little")
            fitting = both.to_bytes(len(fitting), "little")
        return fitting


def _union(sets: Iterable[int]) -> int:
    return reduce(or_, sets, 0)


def _counted(groups: Sequence[_Objects]) -> LabelCounts:
    shape_types: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    attributes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for objects in groups:
        shape_types[objects.shape_type] += len(objects.frames)
        sources[objects.source] += len(objects.frames)
        for _, stored in objects.values:
            for name, by_value in read_values(stored).items():
                for value, positions in by_value.items():
                    attributes[name][value] += len(positions) // POSITION_BYTES
    return LabelCounts(
        frames=_union(objects.frame_set for objects in groups).bit_count(),
        objects=shape_types.total(),
        shape_types=dict(shape_types.most_common()),
        sources=dict(sources.most_common()),
        attributes={name: _most_frequent(values) for name, values in attributes.items()},
    )


def _most_frequent(values: Counter[str]) -> list[tuple[str, int]]:
    """At most MOST_VALUES, the most frequent first; equal ones by their value."""
    ordered = ((-count, value) for value, count in values.items())
    return [(value, -count) for count, value in heapq.nsmallest(MOST_VALUES, ordered)]
