"""Draws over several tasks: the same methods, whose candidates are told apart by task and frame."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b

import pytest

from cvat.types import Frame
from selections.methods import METHODS
from selections.methods.method import Facts
from selections.sampling import Amount, AssigneeDraw, Candidates, Sample, TaskDraw

FIRST, SECOND = 5, 9
# Three jobs of two tasks, whose frames have the same numbers; the first two jobs overlap.
BY_JOB = {
    51: [Frame(FIRST, 51, n, f"a{n}.jpg", 9, 9) for n in range(12)],
    52: [Frame(FIRST, 51 if n < 12 else 52, n, f"a{n}.jpg", 9, 9) for n in range(10, 20)],
    91: [Frame(SECOND, 91, n, f"b{n}.jpg", 9, 9) for n in range(20)],
}
PLACES = [(task, n) for task in (FIRST, SECOND) for n in range(20)]


def by_rank(seed: int) -> list[tuple[int, int]]:
    """All places, worked out from the definition of the rank alone."""

    def rank(place: tuple[int, int]) -> bytes:
        return blake2b(f"{seed}:{place[0]}:{place[1]}".encode(), digest_size=8).digest()

    return sorted(PLACES, key=rank)


def draw(method: str, amount: Amount, seed: int = 7, facts: Facts | None = None) -> Sample:
    return METHODS[method].draw(Candidates(BY_JOB), amount, seed, facts or Facts())


def places(sample: Sample) -> list[tuple[int, int]]:
    return [(frame.task_id, frame.frame) for frame in sample.frames]


@pytest.mark.parametrize("seed", [0, 7, 4294967295])
def test_over_all_the_lowest_ranks_of_all_tasks_win(seed: int) -> None:
    sample = draw("random_uniform", Amount(11), seed)
    assert places(sample) == sorted(by_rank(seed)[:11])
    counts = {task: sum(place[0] == task for place in by_rank(seed)[:11]) for task in (5, 9)}
    assert sample.tasks == (TaskDraw(5, counts[5], 20), TaskDraw(9, counts[9], 20))
    assert sample.total == 40


def test_per_job_each_job_gives_its_frames() -> None:
    sample = draw("random_per_job", Amount(4))
    assert [(job.job_id, job.selected, job.requested) for job in sample.jobs] == [
        (51, 4, 4),
        (52, 4, 4),
        (91, 4, 4),
    ]
    of_second = [place for place in by_rank(7) if place[0] == SECOND][:4]
    assert places(sample)[8:] == sorted(of_second)


def test_a_job_gives_the_same_frames_alone_and_beside_others() -> None:
    alone = METHODS["random_per_job"].draw(Candidates({91: BY_JOB[91]}), Amount(6), 3, Facts())
    together = draw("random_per_job", Amount(6), 3)
    assert [place for place in places(together) if place[0] == SECOND] == places(alone)


def test_by_label_over_all_tasks() -> None:
    cars = {(FIRST, n) for n in range(3)} | {(SECOND, n) for n in range(15)}
    signs = {(SECOND, n) for n in range(15, 20)}
    facts = Facts(lambda: {"car": cars, "sign": signs})
    sample = draw("balanced_by_label", Amount(5), 7, facts)
    ranked = by_rank(7)
    assert places(sample) == sorted([place for place in ranked if place in cars][:5] + list(signs))
    assert [(each.label, each.selected, each.total) for each in sample.labels] == [
        ("car", 5, 18),
        ("sign", 5, 5),
    ]


def test_per_task_each_task_gives_what_it_gives_alone() -> None:
    sample = draw("random_per_task", Amount(6))
    ranked = by_rank(7)
    expected = [place for task in (FIRST, SECOND) for place in ranked if place[0] == task]
    assert places(sample) == sorted(expected[:6] + expected[20:26])
    assert sample.tasks == (TaskDraw(5, 6, 20, requested=6), TaskDraw(9, 6, 20, requested=6))
    more = draw("random_per_task", Amount(25))
    assert (more.requested, len(more.frames)) == (50, 40)


def test_per_assignee_the_jobs_of_one_count_together() -> None:
    facts = Facts(assignees={51: "ann", 52: "ben", 91: "ann"})
    sample = draw("random_per_assignee", Amount(5), 7, facts)
    ranked = by_rank(7)
    # ann has the frames 0 to 11 of the first task and all of the second, ben 10 to 19.
    of_ann = [place for place in ranked if place[0] == SECOND or place[1] < 12][:5]
    assert set(of_ann) <= set(places(sample))
    assert sample.assignees == (AssigneeDraw("ann", 5, 5, 32), AssigneeDraw("ben", 5, 5, 10))
    assert len(sample.frames) == 10
    counts = Counter("ben" if frame.job_id == 52 else "ann" for frame in sample.frames)
    assert counts == {"ann": 5, "ben": 5}


def test_jobs_of_nobody_give_nothing_per_assignee() -> None:
    facts = Facts(assignees={51: "", 52: "", 91: "ann"})
    sample = draw("random_per_assignee", Amount(100), 7, facts)
    assert {task for task, _ in places(sample)} == {SECOND}
    assert [(each.assignee, each.selected) for each in sample.assignees] == [("ann", 20)]
