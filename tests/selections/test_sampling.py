"""The promises of a draw, as properties."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cvat import reading
from cvat.types import Frame, Job
from selections.sampling import (
    MAX_SEED,
    Candidates,
    JobDraw,
    lowest,
    new_seed,
    rank,
    share_count,
)
from tests.selections.sampling import draw_per_job, drawn

seeds = st.integers(0, MAX_SEED)
counts = st.integers(0, 40)
places = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 60)), unique=True, min_size=0, max_size=40
)


def frame(number: int, *, task_id: int = 1, job_id: int = 1) -> Frame:
    return Frame(task_id, job_id, number, f"{number}.jpg", 64, 48)


def frames_of(pairs: list[tuple[int, int]]) -> list[Frame]:
    return [frame(number, task_id=task_id) for task_id, number in pairs]


def job(job_id: int, first: int, last: int, kind: str = "annotation") -> Job:
    held = {"start_frame": first, "stop_frame": last}
    return reading.job({"id": job_id, "task_id": 1, "type": kind, **held})


candidates = places.map(frames_of)


def sample(frames: list[Frame], *, count: int, seed: int) -> list[Frame]:
    """The frames of the lowest rank, by place."""
    return sorted(lowest(frames, count=count, seed=seed), key=lambda f: (f.task_id, f.frame))


def test_a_draw_is_the_same_for_ever() -> None:
    """Kept selections are drawn again from their seed: these numbers must never change.
    They come from another program: printf '7:1:84' | b2sum -l 64."""
    drawn = sample([frame(n) for n in range(1000)], count=5, seed=7)
    assert [f.frame for f in drawn] == [84, 251, 323, 472, 760]
    assert rank(frame(3, task_id=19), 42) == 17093056687627166836


@given(candidates, counts, seeds)
def test_same_seed_same_frames_in_any_order(found: list[Frame], count: int, seed: int) -> None:
    drawn = sample(found, count=count, seed=seed)
    shuffled = random.Random(seed).sample(found, len(found))
    assert sample(shuffled, count=count, seed=seed) == drawn
    assert sample(found[::-1], count=count, seed=seed) == drawn


@given(candidates, counts, seeds)
def test_as_many_as_asked_for_or_there_are(found: list[Frame], count: int, seed: int) -> None:
    drawn = sample(found, count=count, seed=seed)
    assert len(drawn) == min(count, len(found))
    assert set(drawn) <= set(found)
    assert len(set(drawn)) == len(drawn)
    assert drawn == sorted(drawn, key=lambda f: (f.task_id, f.frame))


@given(candidates, counts, counts, seeds)
def test_more_contains_less(found: list[Frame], one: int, other: int, seed: int) -> None:
    fewer, more = sorted((one, other))
    assert set(sample(found, count=fewer, seed=seed)) <= set(sample(found, count=more, seed=seed))


@given(candidates.filter(bool), counts, seeds, st.data())
def test_losing_a_frame_loses_only_its_place(
    found: list[Frame], count: int, seed: int, data: st.DataObject
) -> None:
    lost = data.draw(st.sampled_from(found))
    before = set(sample(found, count=count, seed=seed))
    after = set(sample([f for f in found if f != lost], count=count, seed=seed))
    assert before - {lost} <= after
    assert len(after - before) <= 1


@given(candidates, seeds)
def test_the_job_plays_no_part(found: list[Frame], seed: int) -> None:
    moved = [replace(f, job_id=99) for f in found]
    drawn = sample(found, count=7, seed=seed)
    assert sample(moved, count=7, seed=seed) == [replace(f, job_id=99) for f in drawn]


@given(st.sets(st.integers(0, 60), max_size=40), counts, seeds)
def test_a_frame_given_twice_is_one_candidate(numbers: set[int], count: int, seed: int) -> None:
    found = [frame(n) for n in sorted(numbers)]
    twice = Candidates({1: found, 2: [replace(f, job_id=2) for f in found]})
    again = drawn("random_uniform", twice, count=count, seed=seed)
    assert list(again.frames) == sample(found, count=count, seed=seed)


def test_equal_ranks_go_by_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("selections.sampling.rank", lambda frame, seed: 5)
    found = frames_of([(2, 0), (1, 9), (1, 3), (2, 1)])
    assert sample(found, count=3, seed=1) == frames_of([(1, 3), (1, 9), (2, 0)])


def test_every_frame_has_the_same_chance() -> None:
    """Chi-square over 4000 fixed seeds, 10 of 50. 49 degrees of freedom: a fair draw stays below
    85.4 in 999 of 1000 sets of seeds (a little more often, as a draw repeats no frame)."""
    found = [frame(n) for n in range(50)]
    hits = Counter(f.frame for seed in range(4000) for f in sample(found, count=10, seed=seed))
    expected = 4000 * 10 / 50
    assert sum((hits[n] - expected) ** 2 / expected for n in range(50)) < 85.4


def test_neighbours_are_chosen_independently() -> None:
    """Both of a pair of neighbours in 10 of 50: 10/50 * 9/49 of the draws."""
    found = [frame(n) for n in range(50)]
    both = 0
    for seed in range(2000):
        drawn = {f.frame for f in sample(found, count=10, seed=seed)}
        both += sum(n in drawn and n + 1 in drawn for n in range(49))
    expected = 2000 * 49 * (10 / 50) * (9 / 49)
    assert abs(both - expected) < 4 * expected**0.5


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_seeds_out_of_range(seed: int) -> None:
    with pytest.raises(ValueError, match="seed"):
        sample([], count=1, seed=seed)


def test_negative_count() -> None:
    with pytest.raises(ValueError, match="count"):
        sample([], count=-1, seed=1)


def test_new_seeds() -> None:
    made = {new_seed() for _ in range(50)}
    assert len(made) > 40
    assert all(0 <= seed <= MAX_SEED for seed in made)


@pytest.mark.parametrize(
    ("total", "share", "count"),
    [
        (100, 0.29, 29),
        (100, 0.57, 57),
        (10, 0.15, 1),
        (10, 0.19, 1),
        (10, 0.2, 2),
        (7, 1, 7),
        (7, 1.0, 7),
        (3, 0.001, 1),
        (0, 0.5, 0),
        (1000, 1e-9, 1),
        (1, 0.999, 1),
    ],
)
def test_share_is_rounded_down_and_at_least_one(total: int, share: float, count: int) -> None:
    assert share_count(total, share) == count


@pytest.mark.parametrize("share", [0, -0.1, 1.0001, float("nan"), float("inf")])
def test_shares_out_of_range(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        share_count(10, share)


def test_a_share_of_the_frames() -> None:
    found = [frame(n) for n in range(40)]
    quarter = drawn("random_uniform", Candidates({1: found}), share=0.25, seed=3)
    assert list(quarter.frames) == sample(found, count=10, seed=3)
    twice = drawn("random_uniform", Candidates({1: found, 2: found}), share=0.25, seed=3)
    assert len(twice.frames) == 10


class TestPerJob:
    def test_so_many_from_each(self) -> None:
        found = [frame(n) for n in range(35)]
        jobs = [job(1, 0, 9), job(2, 10, 19), job(3, 20, 29), job(4, 30, 34)]
        drawn = draw_per_job(found, jobs, count=7, seed=5)
        assert drawn.jobs == (
            JobDraw(1, 7, 10, requested=7),
            JobDraw(2, 7, 10, requested=7),
            JobDraw(3, 7, 10, requested=7),
            JobDraw(4, 5, 5, requested=7),
        )
        assert [each.shortage for each in drawn.jobs] == ["", "", "", "too_few_frames"]
        assert drawn.total == 35
        assert Counter(f.job_id for f in drawn.frames) == {1: 7, 2: 7, 3: 7, 4: 5}
        assert list(drawn.frames) == sorted(drawn.frames, key=lambda f: f.frame)

    def test_jobs_without_overlap_are_drawn_as_if_alone(self) -> None:
        """Kept selections of such tasks are drawn again: their frames must never change."""
        found = [frame(n, job_id=1 + n // 10) for n in range(30)]
        jobs = [job(1, 0, 9), job(2, 10, 19), job(3, 20, 29)]
        together = draw_per_job(found, jobs, count=4, seed=5)
        for number in (1, 2, 3):
            alone = sample([f for f in found if f.job_id == number], count=4, seed=5)
            assert [f for f in together.frames if f.job_id == number] == alone

    def test_jobs_without_frames_are_named(self) -> None:
        drawn = draw_per_job([frame(1)], [job(9, 5, 8), job(2, 0, 4)], count=3, seed=5)
        assert [(each.job_id, each.selected, each.total) for each in drawn.jobs] == [
            (9, 0, 0),
            (2, 1, 1),
        ]

    def test_annotation_jobs_only(self) -> None:
        found = [frame(n) for n in range(30)]
        jobs = [job(1, 0, 9), job(2, 10, 19, "ground_truth"), job(3, 20, 29, "consensus_replica")]
        drawn = draw_per_job(found, jobs, count=3, seed=5)
        assert [each.job_id for each in drawn.jobs] == [1]
        assert all(f.frame < 10 for f in drawn.frames)

    def test_a_share_of_each(self) -> None:
        found = [frame(n) for n in range(23)]
        jobs = [job(1, 0, 2), job(2, 3, 22)]
        drawn = draw_per_job(found, jobs, share=0.1, seed=5)
        assert [(each.selected, each.total) for each in drawn.jobs] == [(1, 3), (2, 20)]

    def test_a_seed_out_of_range(self) -> None:
        with pytest.raises(ValueError, match="seed"):
            draw_per_job([frame(1)], [job(1, 0, 4)], count=1, seed=-1)
