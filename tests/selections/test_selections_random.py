"""Keeping a draw: by its seed, from some jobs, without the frames of others, adjusted."""

from __future__ import annotations

from collections import Counter

import pytest
from django.contrib.auth.models import User

from portal.exceptions import InvalidInput
from selections import services
from selections.draws import Draw
from selections.services import Choice, draw_again
from selector.models import Connection
from selector.services.catalogs import load_catalog
from standin.server import StandIn
from tests.making import make_connection, make_selection
from tests.selections.draws import drawn, frames_of


def test_random_per_job(mine: Connection) -> None:
    kept = drawn(mine)
    per_job = Counter(kept.frames.values_list("job_id", flat=True))
    assert list(per_job.values()) == [10] * 5
    assert kept.frame_selection_method == "random_per_job"
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
        ({"method": "random_uniform", "count": 9}, 9, "frame_count"),
        ({"method": "random_uniform", "count": None, "share": 0.1}, 22, "frame_share"),
        ({"method": "random_per_job", "count": None, "share": 0.5}, 123, "frames_per_job_share"),
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
    kept = drawn(mine, task_id=6, method="random_uniform", count=None, share=1.0)
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
    rest = drawn(mine, method="random_uniform", count=500, exclude_selections=(second.pk, first.pk))
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
    """Only theirs are drawn from, all that are in their ranges."""
    jobs = standin.world.tasks[1].jobs
    wanted = (jobs[3].id, jobs[1].id)
    deleted = standin.world.tasks[1].deleted
    offered = {n for job in (jobs[1], jobs[3]) for n in job.frames if n not in deleted}
    kept = drawn(mine, job_ids=wanted)
    assert kept.parameters["job_ids"] == list(wanted)
    assert Counter(kept.frames.values_list("job_id", flat=True)) == dict.fromkeys(wanted, 10)
    assert {frame for _, frame in frames_of(kept)} < offered
    over_all = drawn(mine, job_ids=wanted, method="random_uniform", count=60)
    assert over_all.frames.count() == 60
    assert set(over_all.frames.values_list("job_id", flat=True)) == set(wanted)
    everything = drawn(mine, job_ids=wanted, method="random_uniform", count=1000)
    assert {frame for _, frame in frames_of(everything)} == offered
    half = drawn(mine, job_ids=wanted, count=None, share=0.5)
    assert half.frames.count() == 50


def test_a_job_that_overlaps_gives_its_whole_range(mine: Connection, standin: StandIn) -> None:
    """Through the job alone, and through the task by its number: the same, of that job."""
    job = standin.world.tasks[1].jobs[1]
    whole = [(1, n) for n in job.frames if n not in standin.world.tasks[1].deleted]
    for named in ({"job_ids": (job.id,)}, {"job_id": job.id}):
        kept = drawn(mine, count=len(job.frames), **named)
        assert frames_of(kept) == whole
        assert set(kept.frames.values_list("job_id", flat=True)) == {job.id}


def test_an_adjusted_draw_keeps_the_jobs_of_its_frames(mine: Connection, standin: StandIn) -> None:
    job = standin.world.tasks[1].jobs[1]
    asked = {"task_id": 1, "job_ids": (job.id,), "count": 50}
    whole = [Choice(1, n) for n in job.frames if n not in standin.world.tasks[1].deleted]
    adjusted = services.create_random_selection(
        owner=mine.owner, connection=mine, draw=Draw(**asked), choices=whole[1:]
    )
    assert set(adjusted.frames.values_list("job_id", flat=True)) == {job.id}


def test_only_names_that_contain_the_words(mine: Connection) -> None:
    kept = drawn(mine, task_id=2, method="random_uniform", count=500, filename_contains="CAM_B 00")
    names = list(kept.frames.values_list("filename", flat=True))
    assert names
    assert all("cam_b" in name and "00" in name for name in names)
    assert kept.parameters["filename_contains"] == "CAM_B 00"
    again = draw_again(user=mine.owner, selection=kept)
    assert (again.count, again.same) == (len(names), len(names))
    assert again.selection.parameters == kept.parameters


def test_of_jobs_that_are_not_there(mine: Connection, standin: StandIn) -> None:
    other = standin.world.tasks[2].jobs[0].id
    with pytest.raises(InvalidInput, match=f"Task 1 has no annotation job {other}, 9999"):
        drawn(mine, job_ids=(9999, 1, other))


def test_a_draw_that_was_adjusted_is_by_hand_and_says_so(mine: Connection) -> None:
    draw = Draw(task_id=1, count=10, seed=7)
    chosen = [Choice(*frame) for frame in frames_of(drawn(mine))]
    common = {"owner": mine.owner, "connection": mine, "draw": draw}
    same = services.create_random_selection(choices=reversed(chosen), **common)
    assert (same.frame_selection_method, same.random_seed) == ("random_per_job", 7)
    less = services.create_random_selection(choices=chosen[1:], **common)
    assert (less.frame_selection_method, less.random_seed) == ("manual", None)
    assert less.frames.count() == 49
    assert less.parameters["adjusted_from"]["random_seed"] == 7
    assert less.parameters["adjusted_from"]["frames_per_job_count"] == 10
