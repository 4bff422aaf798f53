"""Draws by distance and by step: properties of the methods."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cvat.types import Frame
from selections.methods import METHODS
from selections.methods.method import Facts
from selections.methods.spread_per_job import spread
from selections.sampling import MAX_SEED, Amount, Candidates, Sample

NUMBERS = st.lists(st.integers(0, 80), unique=True, min_size=1, max_size=60)
SEEDS = st.integers(0, MAX_SEED)


def frames(numbers: list[int]) -> list[Frame]:
    return [Frame(1, 1, number, f"{number}.jpg", 64, 48) for number in sorted(numbers)]


def drawn(method: str, held: dict[int, list[int]], seed: int = 1, **amount: object) -> Sample:
    candidates = Candidates({job_id: frames(numbers) for job_id, numbers in held.items()})
    return METHODS[method].draw(candidates, Amount(**amount), seed, Facts())


def numbers_of(sample: Sample) -> list[int]:
    return [frame.frame for frame in sample.frames]


def apart(numbers: list[int], gap: int, count: int, seed: int) -> list[int]:
    settings = {"min_frames_apart": gap}
    return numbers_of(drawn("random_apart", {1: numbers}, seed, count=count, settings=settings))


@given(NUMBERS, st.integers(1, 30), st.integers(1, 60), SEEDS)
def test_frames_are_apart_and_none_that_fits_is_missing(
    numbers: list[int], gap: int, count: int, seed: int
) -> None:
    chosen = apart(numbers, gap, count, seed)
    assert all(after - before >= gap for before, after in pairwise(chosen))
    if len(chosen) < count:
        assert all(any(abs(each - other) < gap for other in chosen) for each in numbers)


@given(NUMBERS, st.integers(1, 30), st.integers(1, 60), SEEDS)
def test_more_frames_apart_contain_those_of_fewer(
    numbers: list[int], gap: int, count: int, seed: int
) -> None:
    assert set(apart(numbers, gap, count, seed)) <= set(apart(numbers, gap, count + 1, seed))


def test_what_is_missing_apart_is_told() -> None:
    settings = {"min_frames_apart": 10}
    sample = drawn("random_apart", {1: list(range(15))}, count=9, settings=settings)
    assert (sample.requested, sample.total) == (9, 15)
    assert len(sample.frames) <= 2


@given(NUMBERS, st.integers(1, 30))
def test_every_nth_of_the_candidates_not_of_the_numbers(numbers: list[int], step: int) -> None:
    sample = drawn("every_nth", {1: numbers}, settings={"frame_step": step})
    assert numbers_of(sample) == sorted(numbers)[::step]
    assert sample.requested == len(sample.frames)


@given(NUMBERS, st.integers(1, 70))
def test_steps_of_a_spread_differ_by_one_at_most(numbers: list[int], count: int) -> None:
    held = frames(numbers)
    places = [held.index(frame) for frame in spread(held, count)]
    assert len(places) == min(count, len(held))
    steps = {after - before for before, after in pairwise(places)}
    assert not steps or max(steps) - min(steps) <= 1
    assert places[0] == 0
    if len(places) > 1:
        assert places[-1] == len(held) - 1


def test_overlapping_jobs_give_as_many_as_asked_for() -> None:
    """Frames that the first job gave are no candidates of the second."""
    sample = drawn("spread_per_job", {1: list(range(10)), 2: list(range(9, 19))}, count=2)
    assert [(each.job_id, each.selected) for each in sample.jobs] == [(1, 2), (2, 2)]
    assert numbers_of(sample) == [0, 9, 10, 18]
