"""Filters over an index give what a look at each object gives, for any objects."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cvat.annotations import Label, Shape
from cvat.types import Frame
from selector.annotation_index.filter import AnnotationFilter
from selector.annotation_index.frame_sets import frame_set, frames_of, runs_of
from selector.annotation_index.job_index import decode, encode, index_frames
from selector.annotation_index.task_index import TaskIndex
from tests.selector.annotated_tasks import unpacked

WIDTH, HEIGHT = 40, 10
NAMES, SOURCES, VALUES = ("car", "person", "bike"), ("manual", "file"), ("red", "", "blau ü")


@dataclass(frozen=True)
class Made:
    label: str
    source: str
    is_occluded: bool
    share: float
    color: str

    def shape(self, frame: int) -> Shape:
        return Shape(
            kind="rectangle",
            label=Label(NAMES.index(self.label), self.label),
            frame=frame,
            points=(0.0, 0.0, WIDTH * self.share, float(HEIGHT)),
            is_occluded=self.is_occluded,
            source=self.source,
            attributes=(("color", self.color), ("also", self.color)),
        )


names = st.sampled_from(NAMES)
shares = st.sampled_from([0.0, 0.25, 0.5, 1.0])
objects = st.builds(
    Made, names, st.sampled_from(SOURCES), st.booleans(), shares, st.sampled_from(VALUES)
)
tasks = st.lists(st.lists(st.lists(objects, max_size=4), min_size=1, max_size=5), max_size=4)
some_names = st.lists(names, max_size=2)
values = st.fixed_dictionaries(
    {"label": names, "name": st.just("color"), "value": st.sampled_from(VALUES)}
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "labels_any": some_names,
        "labels_all": some_names,
        "labels_none": some_names,
        "objects_from": st.integers(0, 3),
        "objects_to": st.integers(0, 3),
        "attributes": st.lists(values, max_size=3),
        "annotated": st.booleans(),
        "sources": st.lists(st.sampled_from(SOURCES), max_size=1),
        "occluded": st.booleans(),
        "area_from": shares,
        "area_to": shares,
    },
).map(AnnotationFilter.from_json)


def indexed(task: Sequence[Sequence[Sequence[Made]]]) -> TaskIndex:
    """The index of a task whose jobs have these objects on their frames."""
    indexes, first = [], 3
    for job in task:
        frames = [Frame(1, 1, first + n, "", WIDTH, HEIGHT) for n in range(len(job))]
        shapes = [
            (frame.frame, [each.shape(frame.frame) for each in objects])
            for frame, objects in zip(frames, job, strict=True)
        ]
        indexes.append(decode(encode(index_frames(frames, shapes))))
        first += len(job) + 2
    return TaskIndex(indexes)


def looked_at(task: Sequence[Sequence[Sequence[Made]]]) -> dict[int, Sequence[Made]]:
    by_frame, first = {}, 3
    for job in task:
        by_frame |= {first + n: objects for n, objects in enumerate(job)}
        first += len(job) + 2
    return by_frame


def fits(each: Made, conditions: AnnotationFilter) -> bool:
    values = {a.value for a in conditions.attributes if a.label == each.label}
    return (
        (not values or each.color in values)
        and (not conditions.sources or each.source in conditions.sources)
        and conditions.occluded in (None, each.is_occluded)
        and (conditions.area_from is None or each.share >= conditions.area_from)
        and (conditions.area_to is None or each.share <= conditions.area_to)
    )


def fulfils(objects: Sequence[Made], conditions: AnnotationFilter) -> bool:
    labels = {each.label for each in objects}
    fitting = [each for each in objects if fits(each, conditions)]
    having = {each.label for each in fitting}
    named = {a.label for a in conditions.attributes} - {*conditions.labels_any}
    required = {*conditions.labels_all} | named
    counted = [e for e in fitting if not conditions.labels_any or e.label in conditions.labels_any]
    about_one = conditions.sources or conditions.occluded is not None
    about_one = about_one or conditions.area_from is not None or conditions.area_to is not None
    return bool(
        conditions.annotated in (None, bool(objects))
        and not labels & {*conditions.labels_none}
        and required <= having
        and (not conditions.labels_any or having & {*conditions.labels_any})
        and (conditions.labels_any or required or not about_one or fitting)
        and (conditions.objects_from is None or len(counted) >= conditions.objects_from)
        and (conditions.objects_to is None or len(counted) <= conditions.objects_to)
    )


@given(tasks, filters)
def test_a_filter_finds_the_frames_that_a_look_at_each_object_finds(
    task: list[list[list[Made]]], conditions: AnnotationFilter
) -> None:
    expected = [n for n, objects in looked_at(task).items() if fulfils(objects, conditions)]
    assert list(frames_of(indexed(task).matching(conditions))) == expected


@given(tasks)
def test_counts_are_those_of_a_look_at_each_object(task: list[list[list[Made]]]) -> None:
    index, by_frame = indexed(task), looked_at(task)
    assert list(frames_of(index.frames)) == list(by_frame)
    every = [each for objects in by_frame.values() for each in objects]
    assert index.counts.keys() == {each.label for each in every}
    for label, counts in index.counts.items():
        own = [each for each in every if each.label == label]
        assert counts.objects == sum(counts.sources.values()) == len(own)
        assert counts.frames == sum(
            any(each.label == label for each in objects) for objects in by_frame.values()
        )
        colors = [each.color for each in own]
        assert dict(counts.attributes["color"]) == {name: colors.count(name) for name in {*colors}}


@given(filters)
def test_what_is_written_is_read(conditions: AnnotationFilter) -> None:
    written: Any = json.loads(json.dumps(conditions.to_json()))
    assert AnnotationFilter.from_json(written) == conditions
    assert bool(written) == bool(conditions)


@given(st.sets(st.integers(0, 300)))
def test_run_lengths_and_masks_are_the_same_frames(frames: set[int]) -> None:
    numbers = frame_set(frames)
    assert list(frames_of(numbers)) == sorted(frames)
    assert list(unpacked(runs_of(numbers))) == sorted(frames)


def test_a_filter_by_attributes_takes_little_memory() -> None:
    objects_count = 10_000
    frames = [Frame(1, 1, n, "", WIDTH, HEIGHT) for n in range(100)]
    shape = Made("car", "manual", is_occluded=False, share=0.5, color="red").shape(0)
    on_each = [shape] * (objects_count // len(frames))
    index = TaskIndex([index_frames(frames, [(frame.frame, on_each) for frame in frames])])
    values = [{"label": "car", "name": name, "value": "red"} for name in ("color", "also")]
    conditions = AnnotationFilter.from_json({"attributes": values})
    tracemalloc.start()
    try:
        assert index.matching(conditions).bit_count() == len(frames)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 * objects_count  # bytes; a set alone takes more
