"""The index of a task, put together from those of its jobs, and questions to it. Pure."""

from __future__ import annotations

import heapq
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from math import inf
from operator import or_

from selector.annotation_index.filter import AnnotationFilter
from selector.annotation_index.job_index import (
    AREA_TYPE,
    FRAME_TYPE,
    PLACE_TYPE,
    Group,
    JobIndex,
    StoredValues,
    read_values,
)
from selector.annotation_index.masks import mask_of

PLACE_BYTES = array(PLACE_TYPE).itemsize
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
    """The objects of a task, of a job, or of what was read of these so far. `frames` is the mask of
    the frames that were read, `annotated` of those among them that have an object."""

    def __init__(self, jobs: Iterable[JobIndex]) -> None:
        self.frames = 0
        self.jobs_count = 0
        self.problems_count = 0  # objects that could not be read
        self._groups: dict[tuple[str, str, str, bool], _Objects] = {}
        for job in jobs:
            self.jobs_count += 1
            self.problems_count += job.problems_count
            self.frames |= int.from_bytes(job.mask, "little") << job.first
            for group in job.groups:
                key = (group.label, group.shape_type, group.source, group.is_occluded)
                objects = self._groups.get(key)
                if objects is None:
                    objects = self._groups[key] = _Objects(*key)
                objects.add(group, job.first)
        self.by_label: dict[str, int] = {}  # the mask of the frames that have the label
        for objects in self._groups.values():
            self.by_label[objects.label] = self.by_label.get(objects.label, 0) | objects.mask
        self.annotated = _union(self.by_label.values())

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about."""
        return sum(
            len(each.frames) * (each.frames.itemsize + each.areas.itemsize)
            + sum(len(stored) for _, stored in each.values)
            for each in self._groups.values()
        )

    def matching(self, wanted: AnnotationFilter) -> int:
        """The mask of the frames that fulfil the filter."""
        frames = self.frames
        if wanted.annotated is not None:
            frames &= self.annotated if wanted.annotated else ~self.annotated
        for label in wanted.labels_none:
            frames &= ~self.by_label.get(label, 0)
        for label in wanted.required_labels:
            frames &= self._with_object(wanted, [label])
        if wanted.labels_any:
            frames &= self._with_object(wanted, wanted.labels_any)
        elif wanted.concerns_objects and not wanted.required_labels:
            frames &= self._with_object(wanted, self.by_label)
        if wanted.objects_from is not None or wanted.objects_to is not None:
            frames &= self._with_number(wanted)
        return frames

    @cached_property
    def counts(self) -> dict[str, LabelCounts]:
        """Of each label that occurs."""
        by_label: defaultdict[str, list[_Objects]] = defaultdict(list)
        for objects in self._groups.values():
            by_label[objects.label].append(objects)
        return {label: _counted(groups) for label, groups in sorted(by_label.items())}

    def _with_object(self, wanted: AnnotationFilter, labels: Iterable[str]) -> int:
        """The mask of the frames that have an object of one of the labels as it is wanted."""
        return _union(objects.matching_mask(wanted) for objects in self._of(labels))

    def _with_number(self, wanted: AnnotationFilter) -> int:
        counter: Counter[int] = Counter()
        for objects in self._of(wanted.labels_any or self.by_label):
            counter.update(objects.matching(wanted))
        least = wanted.objects_from or 0
        most = inf if wanted.objects_to is None else wanted.objects_to
        number = mask_of(frame for frame, count in counter.items() if least <= count <= most)
        return number if least else number | (self.frames & ~mask_of(counter))

    def _of(self, labels: Iterable[str]) -> list[_Objects]:
        named = set(labels)
        return [objects for objects in self._groups.values() if objects.label in named]


@dataclass(slots=True)
class _Objects:
    """All objects with one label, type, source and occlusion. `values` has, of each job, the place
    of its first object and the attributes."""

    label: str
    shape_type: str
    source: str
    is_occluded: bool
    mask: int = 0
    frames: array[int] = field(default_factory=lambda: array(FRAME_TYPE))
    areas: array[float] = field(default_factory=lambda: array(AREA_TYPE))
    values: list[tuple[int, StoredValues]] = field(default_factory=list)

    def add(self, group: Group, first: int) -> None:
        self.mask |= int.from_bytes(group.mask, "little") << first
        if group.values:
            self.values.append((len(self.frames), group.values))
        self.frames.frombytes(group.frames)
        self.areas.frombytes(group.areas)

    def matching_mask(self, wanted: AnnotationFilter) -> int:
        """The mask of the frames of those objects that are as they are wanted."""
        if self._is_whole(wanted):
            return self.mask
        return mask_of(self.matching(wanted))

    def matching(self, wanted: AnnotationFilter) -> Sequence[int]:
        """The frame of each object that is as it is wanted."""
        if self._is_whole(wanted):
            return self.frames
        if not self._may_match(wanted):
            return ()
        least, most = wanted.area_from or 0.0, inf if wanted.area_to is None else wanted.area_to
        if values := wanted.values_of(self.label):
            places = self._places(values)
            return [self.frames[at] for at in places if least <= self.areas[at] <= most]
        areas = zip(self.frames, self.areas, strict=True)
        return [frame for frame, area in areas if least <= area <= most]

    def _may_match(self, wanted: AnnotationFilter) -> bool:
        has_source = not wanted.sources or self.source in wanted.sources
        return has_source and wanted.occluded in (None, self.is_occluded)

    def _is_whole(self, wanted: AnnotationFilter) -> bool:
        """Whether each object is as it is wanted, as far as can be said without a look at it."""
        has_area = wanted.area_from is not None or wanted.area_to is not None
        return self._may_match(wanted) and not has_area and not wanted.values_of(self.label)

    def _places(self, wanted: Mapping[str, set[str]]) -> list[int]:
        """The places of the objects that have one of the wanted values of each attribute."""
        places: list[int] = []
        for first, stored in self.values:
            by_name = read_values(stored)
            having = [
                {place for value in values for place in _array(by_name.get(name, {}).get(value))}
                for name, values in wanted.items()
            ]
            places += (first + place for place in sorted(set.intersection(*having)))
        return places


def _array(stored: bytes | None) -> array[int]:
    return array(PLACE_TYPE, stored or b"")


def _union(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def _counted(groups: Sequence[_Objects]) -> LabelCounts:
    shape_types: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    attributes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for objects in groups:
        shape_types[objects.shape_type] += len(objects.frames)
        sources[objects.source] += len(objects.frames)
        for _, stored in objects.values:
            for name, by_value in read_values(stored).items():
                for value, places in by_value.items():
                    attributes[name][value] += len(places) // PLACE_BYTES
    return LabelCounts(
        frames=_union(objects.mask for objects in groups).bit_count(),
        objects=shape_types.total(),
        shape_types=dict(shape_types.most_common()),
        sources=dict(sources.most_common()),
        attributes={name: _most_frequent(values) for name, values in attributes.items()},
    )


def _most_frequent(values: Counter[str]) -> list[tuple[str, int]]:
    """At most MOST_VALUES, the most frequent first; equal ones by their value."""
    ordered = ((-count, value) for value, count in values.items())
    return [(value, -count) for count, value in heapq.nsmallest(MOST_VALUES, ordered)]
