"""Draws of so many frames of each label: properties of the method."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, cycle, islice

from hypothesis import given
from hypothesis import strategies as st

from cvat.types import Frame
from selections.methods import METHODS
from selections.methods.method import Facts
from selections.sampling import MAX_SEED, Amount, Candidates, Sample

LABELS = st.sampled_from(["car", "person", "bike", "sign"])
# The labels of each frame.
TASKS = st.lists(st.sets(LABELS), max_size=20)
SEEDS = st.integers(0, MAX_SEED)


def by_label(task: list[set[str]]) -> dict[str, set[int]]:
    return {
        label: {number for number, labels in enumerate(task) if label in labels}
        for label in set().union(*task)
    }


def drawn(
    task: list[set[str]],
    count: int,
    seed: int,
    frames: Mapping[str, set[int]] | None = None,
    *,
    numbers: list[int] | None = None,
) -> Sample:
    numbers = list(range(len(task))) if numbers is None else numbers
    candidates = Candidates({1: [Frame(5, 1, number, f"{number}.jpg", 9, 9) for number in numbers]})
    labels = by_label(task) if frames is None else frames
    places = {label: {(5, number) for number in having} for label, having in labels.items()}
    return METHODS["balanced_by_label"].draw(candidates, Amount(count), seed, Facts(lambda: places))


def numbers_of(sample: Sample) -> list[int]:
    return [frame.frame for frame in sample.frames]


@given(TASKS, st.integers(1, 12), SEEDS)
def test_each_label_has_as_many_as_asked_for_or_all_that_there_are(
    task: list[set[str]], count: int, seed: int
) -> None:
    sample = drawn(task, count, seed)
    chosen = set(numbers_of(sample))
    labels = by_label(task)
    assert [each.label for each in sample.labels] == sorted(labels)
    missing = 0
    for each in sample.labels:
        having = labels[each.label]
        assert (each.selected, each.total) == (len(having & chosen), len(having))
        assert each.selected >= min(count, len(having))
        missing += max(count - each.selected, 0)
    assert sample.requested == len(chosen) + missing


@given(TASKS, st.integers(1, 12), SEEDS)
def test_no_frame_is_drawn_in_vain(task: list[set[str]], count: int, seed: int) -> None:
    """As many frames as there are turns of labels at most, and none without a label."""
    chosen = numbers_of(drawn(task, count, seed))
    labels = by_label(task)
    assert all(task[number] for number in chosen)
    assert len(chosen) <= sum(min(count, len(having)) for having in labels.values())


@given(st.lists(LABELS, max_size=40), st.integers(1, 12), SEEDS)
def test_with_one_label_on_each_frame_none_has_more(task: list[str], count: int, seed: int) -> None:
    for each in drawn([{label} for label in task], count, seed).labels:
        assert each.selected == min(count, each.total)


@given(TASKS, st.integers(1, 12), SEEDS, st.randoms())
def test_order_plays_no_part(task: list[set[str]], count: int, seed: int, random) -> None:
    numbers, labels = list(range(len(task))), list(by_label(task).items())
    random.shuffle(numbers)
    random.shuffle(labels)
    shuffled = drawn(task, count, seed, dict(labels), numbers=numbers)
    assert shuffled.frames == drawn(task, count, seed).frames


@given(TASKS, st.integers(1, 11), SEEDS)
def test_more_frames_contain_those_of_fewer(task: list[set[str]], count: int, seed: int) -> None:
    fewer, more = drawn(task, count, seed), drawn(task, count + 1, seed)
    assert set(numbers_of(fewer)) <= set(numbers_of(more))


def test_seeds_draw_different_frames() -> None:
    task = [{"car"}] * 50
    assert numbers_of(drawn(task, 10, 1)) != numbers_of(drawn(task, 10, 2))


def test_a_stored_draw_gives_the_same_frames_as_ever() -> None:
    frames = {
        "car": set(range(0, 60, 2)),
        "person": set(range(0, 60, 3)),
        "bike": set(range(5, 60, 7)),
        "sign": {11, 12, 13},
    }
    sample = drawn([set()] * 60, 6, 7, frames)
    assert numbers_of(sample) == [3, 5, 11, 12, 13, 15, 16, 19, 21, 26, 28, 38, 39, 40, 45, 47]


def test_a_frame_with_fewer_other_labels_goes_first() -> None:
    """The common label is not drawn where the rare ones can be had without it."""
    task = [{"car", "person"}] * 10 + [{"car"}] * 10 + [{"person"}] * 10
    counts = {each.label: each.selected for each in drawn(task, 5, 3).labels}
    assert counts == {"car": 5, "person": 5}


def test_labels_without_a_frame_are_told() -> None:
    frames = {"car": {0}, "ship": set[int]()}
    sample = drawn([{"car"}], 2, 0, frames)
    told = [(each.label, each.selected, each.total) for each in sample.labels]
    assert told == [("car", 1, 1), ("ship", 0, 0)]
    assert sample.requested == 4


class CountedLabel(str):
    """A label that counts how often it is looked up in any mapping or set."""

    __slots__ = ()
    lookups = 0

    def __hash__(self) -> int:
        CountedLabel.lookups += 1
        return super().__hash__()


def test_frames_with_the_same_labels_are_compared_once() -> None:
    labels = [CountedLabel(name) for name in "abcde"]
    task: list[set[str]] = [set(held) for held in islice(cycle(combinations(labels, 3)), 2000)]
    frames = by_label(task)
    CountedLabel.lookups = 0
    sample = drawn(task, 200, 1, frames)
    assert all(each.selected >= 200 for each in sample.labels)
    # Some for each label on each frame and some for each draw; not frames times draws.
    assert CountedLabel.lookups < 100_000
