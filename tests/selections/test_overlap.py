"""Draws from overlapping jobs: each job gives what its range holds, no frame twice."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvat import reading
from cvat.frames import frames_by_job
from cvat.types import Frame, FrameCatalog, Job
from portal.exceptions import InvalidInput
from selections.draws import Draw
from selections.sampling import Candidates
from selections.services.drawing import Drawn, draw_from
from tests.selections import sampling
from tests.selections.sampling import draw_per_job

J1, J2, J3 = 101, 102, 103


def job(job_id: int, first: int, last: int, **more: object) -> Job:
    held = {"start_frame": first, "stop_frame": last}
    return reading.job({"id": job_id, "task_id": 1, **held, **more})


def task(*ranges: tuple[int, int], absent: set[int] = frozenset()) -> FrameCatalog:
    """Jobs J1, J2, ... with these ranges, as the catalogue has them: each frame with the first job
    that holds it."""
    jobs = tuple(job(J1 + place, *ends) for place, ends in enumerate(ranges))
    frames = []
    for number in range(max(last for _, last in ranges) + 1):
        holder = next((j for j in jobs if j.start_frame <= number <= j.stop_frame), None)
        if holder is not None and number not in absent:
            frames.append(Frame(1, holder.id, number, f"cam_{number % 2}/{number}.jpg", 64, 48))
    return FrameCatalog(1, "Task", "annotation", jobs, tuple(frames), 0, 0, False)


SMALL = task((0, 9), (8, 17), (16, 19))
# 20 frames in jobs of 6 that share 4: what CVAT made before it capped the overlap, and what it
# makes of it now.
SHARING_FOUR = task(*((n, n + 5) for n in range(0, 15, 2)))
SHARING_THREE = task((0, 5), (3, 8), (6, 11), (9, 14), (12, 17), (15, 19))


def draw(catalog: FrameCatalog, **values: object) -> Drawn:
    return draw_from([catalog], Draw(**{"task_id": 1, "seed": 7, **values}))


def numbers(drawn: Drawn) -> list[int]:
    return [frame.frame for frame in drawn.sample.frames]


def shares(drawn: Drawn) -> list[tuple[int, int]]:
    return [(each.selected, each.total) for each in drawn.sample.jobs]


@pytest.mark.parametrize(("job_id", "expected"), [(J2, range(8, 18)), (J3, range(16, 20))])
@pytest.mark.parametrize("method", ["random_per_job", "random_uniform"])
def test_a_named_job_gives_all_frames_of_its_range(
    job_id: int, expected: range, method: str
) -> None:
    drawn = draw(SMALL, job_ids=(job_id,), count=10, method=method)
    assert numbers(drawn) == list(expected)
    assert shares(drawn) == [(len(expected), len(expected))]
    assert {frame.job_id for frame in drawn.sample.frames} == {job_id}
    assert drawn.sample.total == len(expected)


def test_a_named_job_draws_as_the_job_alone() -> None:
    """By job_ids and by job_id, whose catalogue has the range of the job: the same frames."""
    alone = task((0, 9), (8, 17), (16, 19))
    of_job = FrameCatalog(1, "Task", "annotation", alone.jobs[1:2], alone.frames[8:18], 0, 0, False)
    for count in range(1, 11):
        named = draw(SMALL, job_ids=(J2,), count=count)
        assert numbers(named) == numbers(draw(of_job, job_id=J2, count=count))


def test_totals_are_those_of_the_ranges_whichever_jobs_take_part() -> None:
    holed = task((0, 9), (8, 17), (16, 19), absent={9, 12})
    for ids in [(), (J1, J2), (J2, J3), (J2,)]:
        drawn = draw(holed, job_ids=ids, count=1)
        totals = {each.job_id: each.total for each in drawn.sample.jobs}
        assert totals == {J1: 9, J2: 8, J3: 4} if not ids else totals[J2] == 8


def test_a_job_that_gives_fewer_says_why() -> None:
    drawn = draw(SMALL, count=10)
    assert numbers(drawn) == list(range(20))
    first, second, third = drawn.sample.jobs
    assert (first.selected, first.total, first.shortage) == (10, 10, "")
    assert (second.selected, second.total, second.requested) == (8, 10, 10)
    assert second.shortage == "counted_for_other_jobs"
    assert second.elsewhere[0] == (J1, 2)
    assert (third.selected, third.total, third.shortage) == (2, 4, "counted_for_other_jobs")
    assert third.elsewhere == ((J2, 2),)
    assert (drawn.sample.requested, drawn.sample.total) == (30, 20)
    alone = draw(SMALL, count=10, job_ids=(J3,)).sample.jobs[0]
    assert (alone.shortage, alone.elsewhere) == ("too_few_frames", ())


@pytest.mark.parametrize("seed", range(40))
def test_heavily_overlapping_jobs_give_as_many_as_there_can_be(seed: int) -> None:
    assert shares(draw(SHARING_FOUR, count=2, seed=seed)) == [(2, 6)] * 8
    assert shares(draw(SHARING_THREE, count=2, seed=seed)) == [(2, 6)] * 5 + [(2, 5)]
    assert shares(draw(SHARING_THREE, count=3, seed=seed)) == [(3, 6)] * 5 + [(3, 5)]
    assert len(numbers(draw(SHARING_FOUR, count=3, seed=seed))) == 20
    assert len(numbers(draw(SHARING_THREE, count=6, seed=seed))) == 20


def test_a_job_inside_its_neighbour_gives_its_frames() -> None:
    inside = task((0, 738), (734, 738))
    drawn = draw(inside, count=5)
    assert shares(drawn) == [(5, 739), (5, 5)]
    assert set(range(734, 739)) <= set(numbers(drawn))
    assert numbers(draw(inside, count=10, job_ids=(J2,))) == list(range(734, 739))
    assert shares(draw(inside, count=3, method="random_uniform", job_ids=(J2,))) == [(3, 5)]


def test_over_all_a_shared_frame_counts_for_the_first_job_that_takes_part() -> None:
    drawn = draw(SMALL, count=20, method="random_uniform")
    assert shares(drawn) == [(10, 10), (8, 10), (2, 4)]
    assert Counter(f.job_id for f in drawn.sample.frames) == {J1: 10, J2: 8, J3: 2}
    some = draw(SMALL, count=20, method="random_uniform", job_ids=(J2, J3))
    assert shares(some) == [(10, 10), (2, 4)]
    assert some.sample.total == 12


def test_a_list_type_ground_truth_job_holds_only_its_own_frames() -> None:
    listed = job(J2, 0, 9, type="ground_truth", frame_count=2)
    frames = [Frame(1, J2 if n in (3, 4) else J1, n, "", 1, 1) for n in range(10)]
    held = frames_by_job(frames, [job(J1, 0, 9), listed])
    assert [frame.frame for frame in held[J2]] == [3, 4]
    assert len(held[J1]) == 10


ranges = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), min_size=1, max_size=6).map(
    lambda pairs: [(first, first + size) for first, size in sorted(pairs)]
)
counts = st.integers(0, 14)
seeds = st.integers(0, 2**32 - 1)


@given(ranges, counts, seeds)
def test_no_frame_twice_and_every_shortage_explained(
    ends: list[tuple[int, int]], count: int, seed: int
) -> None:
    catalog = task(*ends)
    drawn = draw_per_job(catalog.frames, catalog.jobs, count=count, seed=seed)
    held = [frame.frame for frame in drawn.frames]
    assert len(set(held)) == len(held)
    assert Counter(f.job_id for f in drawn.frames) == Counter(
        {each.job_id: each.selected for each in drawn.jobs if each.selected}
    )
    by_id = {each.id: each for each in catalog.jobs}
    for frame in drawn.frames:
        assert by_id[frame.job_id].start_frame <= frame.frame <= by_id[frame.job_id].stop_frame
    for each in drawn.jobs:
        assert each.selected <= count
        if each.selected < count:
            assert each.selected + sum(n for _, n in each.elsewhere) == each.total
        assert bool(each.shortage) == (each.selected < count)


@given(ranges, seeds)
def test_more_contains_less_also_over_overlapping_jobs(
    ends: list[tuple[int, int]], seed: int
) -> None:
    catalog = task(*ends)
    drawn = [
        {f.frame for f in draw_per_job(catalog.frames, catalog.jobs, count=n, seed=seed).frames}
        for n in range(14)
    ]
    assert all(fewer <= more for fewer, more in pairwise(drawn))


@given(ranges, counts, seeds)
def test_the_order_of_the_jobs_changes_no_frame(
    ends: list[tuple[int, int]], count: int, seed: int
) -> None:
    catalog = task(*ends)
    one = draw_per_job(catalog.frames, catalog.jobs, count=count, seed=seed)
    other = draw_per_job(catalog.frames, catalog.jobs[::-1], count=count, seed=seed)
    assert [f.frame for f in one.frames] == [f.frame for f in other.frames]


@given(ranges, counts, seeds)
def test_no_other_choice_has_more_frames(
    ends: list[tuple[int, int]], count: int, seed: int
) -> None:
    """Against an independent answer: of ranges, the one that ends first is served first."""
    catalog = task(*ends)
    room = {each.id: count for each in catalog.jobs}
    most = 0
    for frame in catalog.frames:
        holders = [
            each for each in catalog.jobs if each.start_frame <= frame.frame <= each.stop_frame
        ]
        free = [each for each in holders if room[each.id]]
        if free:
            room[min(free, key=lambda each: each.stop_frame).id] -= 1
            most += 1
    drawn = draw_per_job(catalog.frames, catalog.jobs, count=count, seed=seed)
    assert len(drawn.frames) == most


def test_a_share_is_one_of_the_range_of_each_job() -> None:
    drawn = draw_per_job(SMALL.frames, SMALL.jobs, share=0.5, seed=3)
    assert [each.requested for each in drawn.jobs] == [5, 5, 2]
    assert [each.selected for each in drawn.jobs] == [5, 5, 2]


def test_over_jobs_of_any_type() -> None:
    pool = job(J3, 10, 14, type="ground_truth")
    frames = [Frame(1, J1 if n < 10 else J3, n, "", 1, 1) for n in range(15)]
    held = Candidates(frames_by_job(frames, [job(J1, 0, 9), pool]))
    drawn = sampling.drawn("random_uniform", held, share=1, seed=1)
    assert [(each.selected, each.total) for each in drawn.jobs] == [(10, 10), (5, 5)]


def test_only_file_names_that_contain_the_words() -> None:
    drawn = draw(SMALL, count=10, filename_contains="CAM_1 .jpg")
    assert numbers(drawn) == list(range(1, 20, 2))
    assert [each.total for each in drawn.sample.jobs] == [5, 5, 2]
    assert drawn.draw.parameters["filename_contains"] == "CAM_1 .jpg"
    assert numbers(draw(SMALL, count=2, filename_contains="/8.", job_ids=(J2,))) == [8]
    with pytest.raises(InvalidInput, match=r"no file name there contains “/0\.jpg”"):
        draw(SMALL, count=2, filename_contains="/0.jpg", job_ids=(J2,))
