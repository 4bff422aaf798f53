"""The frames of fixed draws, for each method. Selections are drawn again years later: these must
never change. They were worked out without the code: the ranks come from another program
(printf '7:1:84' | b2sum -l 64), the rest by hand."""

from __future__ import annotations

import pytest

from cvat.types import Frame
from selections.methods import METHODS
from selections.methods.method import Facts
from selections.sampling import Amount, Candidates
from selector.thumbnails.likeness import Likeness

# Task 1 with frames 0 to 99 in three jobs.
JOBS = {1: range(40), 2: range(40, 80), 3: range(80, 100)}
# "car" on the even frames, "person" on each fifth.
LABELS = {
    "car": {(1, number) for number in range(0, 100, 2)},
    "person": {(1, number) for number in range(0, 100, 5)},
}
ASSIGNEES = {1: "ann", 2: "ben", 3: ""}
# The hashes of ten frames each differ in 2 bits, those of others in 10 or more. The colours of a
# frame are its number.
LIKENESS = {
    (1, number): Likeness(0b111111 << number // 10 * 6 ^ 1 << number % 10, bytes([number] * 48))
    for number in range(100)
}
SEED = 7

UNLIKE = [2, 14, 20, 37, 42, 50, 63, 74, 84, 98]  # of each ten the one of the lowest rank

DRAWS = [
    ("random_uniform", Amount(count=5), [14, 42, 63, 74, 84]),
    ("random_uniform", Amount(share=0.05), [14, 42, 63, 74, 84]),
    ("random_per_job", Amount(count=2), [14, 37, 42, 63, 84, 98]),
    ("random_per_job", Amount(share=0.05), [14, 37, 42, 63, 84]),
    ("random_per_task", Amount(count=5), [14, 42, 63, 74, 84]),
    ("random_per_task", Amount(share=0.05), [14, 42, 63, 74, 84]),
    ("random_per_assignee", Amount(count=2), [14, 37, 42, 63]),
    ("random_per_assignee", Amount(share=0.05), [14, 37, 42, 63]),
    ("balanced_by_label", Amount(count=2), [35, 42, 84, 95]),
    ("random_apart", Amount(count=3, settings={"min_frames_apart": 20}), [42, 63, 84]),
    ("random_apart", Amount(count=9, settings={"min_frames_apart": 20}), [14, 42, 63, 84]),
    ("random_apart", Amount(share=0.05, settings={"min_frames_apart": 1}), [14, 42, 63, 74, 84]),
    ("no_near_duplicates", Amount(share=1, settings={"max_hash_distance": 8}), UNLIKE),
    ("no_near_duplicates", Amount(count=3, settings={"max_hash_distance": 8}), [42, 63, 84]),
    (
        "no_near_duplicates",
        Amount(count=5, settings={"max_hash_distance": 1}),
        [14, 42, 63, 74, 84],
    ),
    ("most_varied", Amount(count=2), [0, 84]),
    ("most_varied", Amount(share=0.04), [0, 42, 63, 84]),
    ("every_nth", Amount(settings={"frame_step": 30}), [0, 30, 60, 90]),
    ("every_nth", Amount(settings={"frame_step": 33}), [0, 33, 66, 99]),
    ("every_nth", Amount(settings={"frame_step": 1000}), [0]),
    ("spread_per_job", Amount(count=3), [0, 19, 39, 40, 59, 79, 80, 89, 99]),
    ("spread_per_job", Amount(count=2), [0, 39, 40, 79, 80, 99]),
    ("spread_per_job", Amount(count=1), [0, 40, 80]),
    ("spread_per_job", Amount(share=0.1), [0, 13, 26, 39, 40, 53, 66, 79, 80, 99]),
]


def drawn(method: str, amount: Amount, seed: int = SEED) -> list[int]:
    held = {
        job_id: [Frame(1, job_id, number, f"{number}.jpg", 64, 48) for number in numbers]
        for job_id, numbers in JOBS.items()
    }
    facts = Facts(lambda: LABELS, lambda _: LIKENESS, assignees=ASSIGNEES)
    sample = METHODS[method].draw(Candidates(held), amount, seed, facts)
    return [frame.frame for frame in sample.frames]


@pytest.mark.parametrize(("method", "amount", "expected"), DRAWS)
def test_the_frames_of_a_draw(method: str, amount: Amount, expected: list[int]) -> None:
    assert drawn(method, amount) == expected


def test_each_method_has_a_fixed_draw() -> None:
    assert {method for method, _, _ in DRAWS} == METHODS.keys()


@pytest.mark.parametrize(("method", "amount", "expected"), DRAWS)
def test_another_seed_draws_other_frames_if_the_method_is_random(
    method: str, amount: Amount, expected: list[int]
) -> None:
    assert (drawn(method, amount, seed=8) != expected) == METHODS[method].is_random
