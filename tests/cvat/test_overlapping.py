"""An object of two overlapping jobs counts once; the order of objects and jobs plays no part."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cvat import polygons
from cvat.annotations import JobAnnotations, Label, Shape, Track
from cvat.overlapping import objects_by_frame
from tests.annotated import WITH_IMAGES, Case

CAR, DOG = Label(1, "car"), Label(2, "dog")


@dataclass(frozen=True)
class Job:
    id: int
    start_frame: int
    stop_frame: int


FIRST, SECOND = Job(10, 0, 5), Job(11, 4, 9)


def box(frame: int, x: float = 0, label: Label = CAR, **fields: Any) -> Shape:
    return Shape("rectangle", label, frame, (x, 0, x + 10, 10), **fields)


def objects(
    first: JobAnnotations, second: JobAnnotations, frames: Sequence[int] = range(10)
) -> dict[int, list[Shape]]:
    held = {10: first, 11: second}
    return dict(objects_by_frame([SECOND, FIRST], frames, lambda job: held[job.id]))


def tracked(*keyframes: Shape) -> Track:
    return Track(1, keyframes[0].label, keyframes)


def test_the_object_of_the_earlier_job_stays() -> None:
    first = JobAnnotations(shapes=[box(4, attributes=(("who", "first"),))])
    second = JobAnnotations(
        shapes=[box(4, x=1, attributes=(("who", "second"),)), box(4, label=DOG)]
    )
    seen = objects(first, second)[4]
    assert [(shape.label, shape.points[0]) for shape in seen] == [(CAR, 0), (DOG, 0)]


def test_of_one_layer_the_newer_object_lies_above_whatever_its_label() -> None:
    """As in CVAT's exports (cvat-api 14.14)."""
    track = Track(3, CAR, (box(4, id=3, is_tracked=True),))
    held = JobAnnotations(
        shapes=[
            box(4, x=40, id=9),
            box(4, x=60, id=8, label=DOG),
            box(4, x=80, id=7),
            box(4, x=20, id=20, z_order=-1),
            Shape("tag", CAR, 4, id=1),
        ],
        tracks=[track],
    )
    seen = objects(held, JobAnnotations())[4]
    assert [shape.id for shape in seen] == [20, 7, 8, 9, 3, 1]


@pytest.mark.parametrize("kind", ["points", "polyline", "ellipse", "cuboid", "mask", "skeleton"])
def test_other_kinds_are_one_object_in_the_same_place_alone(kind: str) -> None:
    points = () if kind == "skeleton" else tuple(float(n) for n in range(16))
    moved = tuple(point + 1 for point in points)
    element = Shape("points", DOG, 4, (1.0, 2.0))
    parts = {"elements": (element,)} if kind == "skeleton" else {}
    one = Shape(kind, CAR, 4, points, **parts)
    if parts:
        parts = {"elements": (replace(element, points=(3.0, 2.0)),)}
    other = Shape(kind, CAR, 4, moved, **parts)
    both = objects(JobAnnotations(shapes=[one]), JobAnnotations(shapes=[one, other]))[4]
    assert both == [one, other]


def test_two_equal_objects_of_one_job_stay_two() -> None:
    one = JobAnnotations(shapes=[box(4), box(4), Shape("tag", CAR, 4), Shape("tag", CAR, 4)])
    assert len(objects(one, JobAnnotations())[4]) == 4
    assert len(objects(one, JobAnnotations(shapes=[box(4), Shape("tag", CAR, 4)]))[4]) == 4


def test_a_track_that_both_jobs_have_counts_once() -> None:
    first = JobAnnotations(tracks=[tracked(box(2))])
    second = JobAnnotations(tracks=[tracked(box(4, x=1)), tracked(box(4, x=50))])
    seen = objects(first, second)
    places = {frame: sorted(shape.points[0] for shape in shown) for frame, shown in seen.items()}
    assert places == {
        0: [], 1: [], 2: [0], 3: [0], 4: [0, 50], 5: [0, 50], 6: [1, 50], 7: [1, 50], 8: [1, 50],
        9: [1, 50],
    }  # fmt: skip


def test_a_track_keeps_its_id_from_job_to_job() -> None:
    first = JobAnnotations(tracks=[tracked(box(2, id=1, is_tracked=True))])
    second = JobAnnotations(tracks=[Track(2, CAR, (box(4, id=2, is_tracked=True),))])
    assert {shape.id for shapes in objects(first, second).values() for shape in shapes} == {1}
    alone = objects(JobAnnotations(), second)
    assert {shape.id for shapes in alone.values() for shape in shapes} == {2}


@pytest.mark.parametrize("frames", [[2, 8], [3, 5, 9], [4, 6], [0, 3, 6, 7]])
def test_a_track_keeps_its_id_whichever_frames_are_chosen(frames: list[int]) -> None:
    first = JobAnnotations(tracks=[tracked(box(0, id=1, is_tracked=True))])
    second = JobAnnotations(tracks=[Track(2, CAR, (box(4, id=2, is_tracked=True),))])
    seen = objects(first, second, frames)
    assert [[shape.id for shape in seen[frame]] for frame in frames] == [[1]] * len(frames)


def test_the_chosen_frames_do_not_change_what_is_the_same_track() -> None:
    first = JobAnnotations(tracks=[tracked(box(2), box(5, x=40))])
    second = JobAnnotations(tracks=[tracked(box(4), box(5, x=40))])
    whole = objects(first, second)
    for frame in (4, 5):
        assert objects(first, second, [frame])[frame] == whole[frame]


def test_where_the_earlier_track_shows_nothing_the_later_one_is_seen() -> None:
    first = JobAnnotations(tracks=[tracked(box(2), replace(box(5), is_outside=True))])
    second = JobAnnotations(tracks=[tracked(box(4))])
    assert [len(objects(first, second)[frame]) for frame in (4, 5)] == [1, 1]


def test_objects_outside_of_the_frames_of_their_job_do_not_count() -> None:
    first = JobAnnotations(shapes=[box(7)], tracks=[tracked(box(2), box(8))])
    seen = objects(first, JobAnnotations(shapes=[box(2)]))
    assert [frame for frame, shapes in seen.items() if shapes] == [2, 3, 4, 5]


def test_a_job_is_loaded_when_its_frames_come_and_not_otherwise() -> None:
    loaded: list[int] = []

    def load(job: Any) -> JobAnnotations:
        loaded.append(job.id)
        return JobAnnotations()

    jobs = [Job(number, number * 10, number * 10 + 9) for number in range(5)]
    by_frame = objects_by_frame(jobs, [12, 13, 35], load)
    next(by_frame)
    assert loaded == [1]
    assert [frame for frame, _ in by_frame] == [13, 35]
    assert loaded == [1, 3]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_objects_and_jobs_plays_no_part(seed: int) -> None:
    source = random.Random(seed)
    for folder in WITH_IMAGES:
        case = Case(folder)
        expected = case.objects()
        load = case.load

        def shuffled(job: Any, load: Any = load) -> JobAnnotations:
            made = load(job)
            source.shuffle(made.shapes)
            source.shuffle(made.tracks)
            return made

        case.load = shuffled
        jobs = source.sample(case.exported_jobs, len(case.exported_jobs))
        assert case.objects(jobs) == expected


def outline(x: float, y: float, spread: float = 1, corners: int = 100) -> tuple[float, ...]:
    """A star around a place."""
    return tuple(
        coordinate
        for n in range(corners)
        for coordinate in (
            x + spread * (5 + n % 2) * math.cos(2 * math.pi * n / corners),
            y + spread * (5 + n % 2) * math.sin(2 * math.pi * n / corners),
        )
    )


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The pairs of polygons whose outlines were compared."""
    pairs: list[Any] = []
    exact = polygons.overlap

    def counted(first: Sequence[float], second: Sequence[float]) -> float:
        pairs.append((first, second))
        return exact(first, second)

    monkeypatch.setattr(polygons, "overlap", counted)
    return pairs


def test_outlines_are_compared_of_polygons_alone_that_may_be_the_same(compared: list[Any]) -> None:
    def polygons(shift: float) -> list[Shape]:
        return [
            Shape("polygon", CAR, 4, outline(20 * (n % 20) + shift, 20 * (n // 20)))
            for n in range(40)
        ]

    equal = [Shape("polygon", CAR, 4, outline(900, 900, n)) for n in range(1, 30)]
    first = JobAnnotations(shapes=polygons(0) + equal)
    moved = JobAnnotations(shapes=polygons(0.1) + equal)
    assert objects(first, moved)[4] == objects(first, JobAnnotations())[4]
    assert len(compared) == 40
    compared.clear()
    far = JobAnnotations(shapes=polygons(8))
    assert len(objects(first, far)[4]) == 40 + 40 + 29
    assert compared == []


def test_outlines_of_tracks_are_compared_where_their_boxes_meet_often_enough(
    compared: list[Any],
) -> None:
    def track(*places: float) -> Track:
        return tracked(*(Shape("polygon", CAR, 4 + n, outline(x, 0)) for n, x in enumerate(places)))

    first = JobAnnotations(tracks=[track(50 * n, 50 * n) for n in range(20)])
    far = JobAnnotations(tracks=[track(50 * n + 20, 50 * n + 20) for n in range(20)])
    assert len(objects(first, far)[4]) == 40
    beside = JobAnnotations(tracks=[track(50 * n + 8, 50 * n + 8) for n in range(20)])
    assert len(objects(first, beside)[4]) == 40
    assert compared == []
    near = JobAnnotations(tracks=[track(50 * n + 0.1, 50 * n + 0.1) for n in range(20)])
    assert len(objects(first, near)[4]) == 20
    assert len(compared) == 40


@given(st.lists(st.lists(st.integers(0, 12), min_size=6, max_size=12), min_size=2, max_size=2))
def test_what_is_not_compared_is_not_the_same(lists: list[list[int]]) -> None:
    points = [tuple(map(float, each[: len(each) // 2 * 2])) for each in lists]
    first, second = (JobAnnotations(shapes=[Shape("polygon", CAR, 4, each)]) for each in points)
    is_same = polygons.overlap(*points) >= 0.75
    assert len(objects(first, second)[4]) == (1 if is_same else 2)
    assert polygons.area(points[0]) == pytest.approx(polygons.overlap(points[0], SHEET) * 400)


SHEET = [-1.0, -1.0, 19.0, -1.0, 19.0, 19.0, -1.0, 19.0]
SQUARE = [0, 0, 10, 0, 10, 10, 0, 10]


@pytest.mark.parametrize(
    ("other", "share"),
    [
        (SQUARE, 1),
        ([10, 10, 0, 10, 0, 0, 10, 0], 1),
        ([5, 0, 15, 0, 15, 10, 5, 10], 1 / 3),
        ([0, 0, 10, 0, 10, 10], 1 / 2),
        ([5, -5, 15, 5, 5, 15, -5, 5], 1 / 2),  # stands on its corner, around the other
        ([20, 0, 30, 0, 30, 10], 0),
        ([0, 0, 10, 0, 10, 10, 8, 10, 8, 2, 2, 2, 2, 10, 0, 10], 52 / 100),
        ([3, 3, 3, 3, 3, 3], 0),
    ],
)
def test_the_overlap_of_two_polygons(other: list[float], share: float) -> None:
    assert polygons.overlap(SQUARE, other) == pytest.approx(share)
    assert polygons.overlap(other, SQUARE) == pytest.approx(share)


def test_long_outlines_are_compared_in_short_time() -> None:
    many = [float(n % 97 + n % 5) for n in range(20_000)]
    assert 0 <= polygons.overlap(many, many[2:] + many[:2]) <= 1
