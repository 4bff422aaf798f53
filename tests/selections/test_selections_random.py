"""Keeping a draw: by its seed, from some jobs, without the frames of others, adjusted."""

from __future__ import annotations

from collections import Counter

import pytest
from django.contrib.auth.models import User

from selections import services
from selections.services import Choice
from selector.exceptions import InvalidInput
from selector.models import Connection
from selector.services import PER_JOB, UNIFORM, DrawRequest, load_catalog
from standin.server import StandIn
from tests.making import make_connection, make_selection
from tests.selections.draws import drawn, frames_of


def test_random_per_job(mine: Connection) -> None:
    kept = drawn(mine)
    per_job = Counter(kept.frames.values_list("job_id", flat=True))
    assert list(per_job.values()) == [10] * 5
    assert kept.frame_selection_method == PER_JOB
    assert kept.random_seed == 7
    assert kept.parameters == {"task_id": 1, "job_id": None, "frames_per_job_count": 10}


def test_the_same_seed_keeps_the_same_frames(mine: Connection) -> None:
    assert frames_of(drawn(mine)) == frames_of(drawn(mine))
    assert frames_of(drawn(mine)) != frames_of(drawn(mine, seed=8))


def test_a_seed_is_made_up_and_kept(mine: Connection) -> None:
    first = drawn(mine, seed=None)
    assert first.random_seed is not None
    assert frames_of(drawn(mine, seed=first.random_seed)) == frames_of(first)


@pytest.mark.parametrize(
    ("values", "count", "parameter"),
    [
        ({"method": UNIFORM, "count": 9}, 9, "frame_count"),
        ({"method": UNIFORM, "count": None, "share": 0.1}, 22, "frame_share"),
        ({"method": PER_JOB, "count": None, "share": 0.5}, 113, "frames_per_job_share"),
        ({"job_id": 2, "task_id": None, "count": 4}, 4, "frames_per_job_count"),
        ({"task_id": 2, "count": 10}, 27, "frames_per_job_count"),  # the last job has 7
    ],
)
def test_other_draws(mine: Connection, values: dict, count: int, parameter: str) -> None:
    kept = drawn(mine, **values)
    assert abs(kept.frames.count() - count) <= (1 if "share" in parameter else 0)
    assert parameter in kept.parameters


def test_over_all_the_pool_of_a_honeypot_task_counts(mine: Connection) -> None:
    offered = load_catalog(connection=mine, task_id=6).frames
    kept = drawn(mine, task_id=6, method=UNIFORM, count=None, share=1.0)
    assert frames_of(kept) == [(6, frame.frame) for frame in offered]
    assert drawn(mine, task_id=6, count=1000).frames.count() < len(offered)


def test_without_the_frames_of_others(mine: Connection) -> None:
    """What is left is drawn from as if there were nothing else, until nothing is left."""
    first = drawn(mine)
    second = drawn(mine, exclude_selections=(first.pk,))
    assert second.parameters["exclude_selections"] == [first.pk]
    assert Counter(second.frames.values_list("job_id", flat=True)).most_common(1)[0][1] == 10
    # Ranked: ten and then ten others are the twenty of one draw.
    assert sorted(frames_of(first) + frames_of(second)) == frames_of(drawn(mine, count=20))
    rest = drawn(mine, method=UNIFORM, count=500, exclude_selections=(second.pk, first.pk))
    assert rest.frames.count() == 227 - 100
    with pytest.raises(InvalidInput, match="every frame is in the selections left out"):
        drawn(mine, exclude_selections=(first.pk, second.pk, rest.pk))
    # Another task's frames have nothing to do with it, whatever their numbers.
    other = drawn(mine, task_id=2)
    assert frames_of(drawn(mine, exclude_selections=(other.pk,))) == frames_of(first)


def test_others_that_cannot_be_left_out(mine: Connection, bob: User) -> None:
    hidden = make_selection(bob, make_connection(bob))
    for number in (hidden.pk, 9999):
        with pytest.raises(InvalidInput, match=f"selection {number} cannot be left out"):
            drawn(mine, exclude_selections=(number,))
    elsewhere = make_selection(mine.owner, make_connection(mine.owner))
    with pytest.raises(InvalidInput, match="of another CVAT server"):
        drawn(mine, exclude_selections=(elsewhere.pk,))


def test_of_some_jobs(mine: Connection, standin: StandIn) -> None:
    """Each gives what it gives when all are asked; over all only theirs are drawn from."""
    wanted = (standin.world.tasks[1].jobs[3].id, standin.world.tasks[1].jobs[1].id)
    kept = drawn(mine, job_ids=wanted)
    assert kept.parameters["job_ids"] == list(wanted)
    whole = drawn(mine).frames.filter(job_id__in=wanted).values_list("task_id", "frame")
    assert frames_of(kept) == list(whole)
    over_all = drawn(mine, job_ids=wanted, method=UNIFORM, count=60)
    assert over_all.frames.count() == 60
    assert set(over_all.frames.values_list("job_id", flat=True)) == set(wanted)
    assert drawn(mine, job_ids=wanted, method=UNIFORM, count=1000).frames.count() == 90
    half = drawn(mine, job_ids=wanted, count=None, share=0.5)
    assert half.frames.count() == 44


def test_of_jobs_that_are_not_there(mine: Connection, standin: StandIn) -> None:
    other = standin.world.tasks[2].jobs[0].id
    with pytest.raises(InvalidInput, match=f"Task 1 has no annotation job {other}, 9999"):
        drawn(mine, job_ids=(9999, 1, other))


def test_a_draw_that_was_adjusted_is_by_hand_and_says_so(mine: Connection) -> None:
    request = DrawRequest(task_id=1, count=10, seed=7)
    chosen = [Choice(*frame) for frame in frames_of(drawn(mine))]
    common = {"owner": mine.owner, "connection": mine, "request": request}
    same = services.create_random_selection(choices=reversed(chosen), **common)
    assert (same.frame_selection_method, same.random_seed) == (PER_JOB, 7)
    less = services.create_random_selection(choices=chosen[1:], **common)
    assert (less.frame_selection_method, less.random_seed) == ("manual", None)
    assert less.frames.count() == 49
    assert less.parameters["adjusted_from"]["random_seed"] == 7
    assert less.parameters["adjusted_from"]["frames_per_job_count"] == 10
