"""Keeping a choice by hand: which frames can be kept, and what its row says."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connections, transaction

from cvat.exceptions import CvatNoData, CvatNotFound
from portal.exceptions import InvalidInput
from selections import services
from selections.draws import Draw
from selections.models import Selection
from selections.services import Choice
from selector.models import Connection
from selector.services.catalogs import load_catalog
from standin.requestlog import Seen
from standin.server import StandIn
from tests.conftest import connect
from tests.making import make_archive, make_connection, make_selection
from tests.selections.draws import drawn, frames_of


def test_it_works(alice: User, mine: Connection, standin: StandIn) -> None:
    kept = services.create_selection(
        owner=alice,
        connection=mine,
        choices=[Choice(2, 3), Choice(1, 50), Choice(1, 2), Choice(1, 50, job_id=1)],
        name="  Round 1 ",
    )
    kept.refresh_from_db()
    assert frames_of(kept) == [(1, 2), (1, 50), (2, 3)]
    assert kept.name == "Round 1"
    assert kept.frame_selection_method == "manual"
    assert kept.random_seed is None
    assert (kept.url, kept.visibility) == (mine.url, "private")
    assert [task.task_id for task in kept.tasks.all()] == [1, 2]
    row = kept.frames.get(frame=50)
    # Names and sizes are CVAT's, and of the jobs that overlap the first counts.
    assert (row.filename, row.width, row.job_id) == (
        standin.world.filename(1, 50),
        640,
        standin.world.tasks[1].jobs[1].id,
    )


def test_a_name_is_made_up(alice: User, mine: Connection) -> None:
    kept = services.create_selection(owner=alice, connection=mine, choices=[Choice(1, 0)])
    assert kept.name == "Night drive, north loop: 1 frame"


@pytest.mark.parametrize("frame", [17, 230, 10**9])
def test_frames_that_are_not_there(alice: User, mine: Connection, frame: int) -> None:
    with pytest.raises(InvalidInput, match=f"Task 1 offers no frame {frame}"):
        services.create_selection(owner=alice, connection=mine, choices=[Choice(1, frame)])
    assert not Selection.objects.exists()


def test_nothing_and_too_much(alice: User, mine: Connection, settings: object) -> None:
    with pytest.raises(InvalidInput, match="at least one"):
        services.create_selection(owner=alice, connection=mine, choices=[])
    settings.MAX_SELECTION_FRAMES = 2
    choices = [Choice(1, number) for number in range(3)]
    with pytest.raises(InvalidInput, match=r"3 frames are more .* \(2\)"):
        services.create_selection(owner=alice, connection=mine, choices=choices)
    with pytest.raises(InvalidInput, match="50 frames"):
        drawn(mine)


def test_frames_of_very_many_tasks(
    alice: User, mine: Connection, standin: StandIn, settings: object
) -> None:
    """Each costs a few requests to CVAT, while somebody waits."""
    settings.MAX_SCOPE_TASKS = 100
    choices = [Choice(number, 0) for number in range(1, 102)]
    with pytest.raises(InvalidInput, match="101 tasks"):
        services.create_selection(owner=alice, connection=mine, choices=choices)
    assert len(standin.requests) == 0


def test_frames_of_many_tasks_are_looked_up_side_by_side(
    alice: User, mine: Connection, standin: StandIn
) -> None:
    for number in range(110):
        standin.world.add_task(f"Small {number}", task_id=200 + number, owner="demo", count=2)
    choices = [Choice(200 + number, 1) for number in reversed(range(110))]
    selection = services.create_selection(owner=alice, connection=mine, choices=choices)
    assert list(selection.frames.values_list("task_id", "frame")) == [
        (200 + number, 1) for number in range(110)
    ]
    assert selection.name == (
        "Small 0, Small 1, Small 2, Small 3, Small 4 and 105 more tasks: 110 frames"
    )


def test_who_may_see_a_ground_truth_job_only(alice: User, standin: StandIn) -> None:
    """Its frames can be kept, by hand and from a draw; others are told to be missing."""
    validated = standin.world.tasks[5]
    judged = next(job for job in validated.jobs if job.type == "ground_truth")
    judged.assignee = standin.world.user("carol")
    hers = connect(alice, standin, "carol")
    offered = load_catalog(connection=hers, job_id=judged.id).frames
    chosen = [Choice(5, frame.frame, judged.id) for frame in offered[:3]]
    kept = services.create_selection(owner=alice, connection=hers, choices=chosen)
    assert frames_of(kept) == [(5, choice.frame) for choice in chosen]
    assert set(kept.frames.values_list("job_id", flat=True)) == {judged.id}
    draw = Draw(task_id=None, job_id=judged.id, count=2, seed=7)
    common = {"owner": alice, "connection": hers, "draw": draw}
    adjusted = services.create_random_selection(choices=chosen, **common)
    assert frames_of(adjusted) == frames_of(kept)
    other = next(n for n in range(60) if n not in {frame.frame for frame in offered})
    with pytest.raises(InvalidInput, match=f"offers no frame {other}"):
        services.create_selection(
            owner=alice, connection=hers, choices=[*chosen, Choice(5, other, judged.id)]
        )
    with pytest.raises(CvatNoData, match=f"only job {judged.id}: choose that job"):
        services.create_selection(owner=alice, connection=hers, choices=[Choice(5, other)])


def test_frames_said_to_be_of_very_many_jobs(alice: User, mine: Connection) -> None:
    choices = [Choice(1, 10**6 + number, number) for number in range(1, 102)]
    with pytest.raises(InvalidInput, match="101 of the jobs"):
        services.create_selection(owner=alice, connection=mine, choices=choices)


def test_unknown_task(alice: User, mine: Connection) -> None:
    with pytest.raises(CvatNotFound):
        services.create_selection(owner=alice, connection=mine, choices=[Choice(999, 0)])


@pytest.mark.django_db(transaction=True)
def test_no_network_inside_a_transaction(
    mine: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that waits for CVAT would make everybody else wait for it."""
    here = connections["default"]  # this thread's: others may do the asking
    inside: list[bool] = []
    add = standin.requests.add

    def noting(seen: Seen) -> None:
        inside.append(here.in_atomic_block)
        add(seen)

    monkeypatch.setattr(standin.requests, "add", noting)
    selection = drawn(mine)
    services.create_selection(owner=mine.owner, connection=mine, choices=[Choice(2, 3)])
    assert len(inside) > 2
    assert not any(inside)
    standin.stop()
    services.copy_selection(user=mine.owner, selection=selection)
    services.update_selection(selection=selection, name="x")
    services.delete_selection(selection=selection)


# --- the models' own rules ------------------------------------------------------------------------


def refused(make: object) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


def test_rows_that_cannot_be(alice: User) -> None:
    kept = make_selection(alice)
    make_archive(alice, kept)
    refused(lambda: kept.frames.create(task_id=1, job_id=2, frame=0))
    refused(lambda: make_archive(alice, kept, "running"))
    make_connection(alice)
    refused(lambda: make_connection(alice))
    make_connection(alice, organization="acme")
    make_archive(alice, kept, "failed")
    make_archive(alice, kept, "failed")


def test_counting_frames_is_not_confused_by_archives(alice: User) -> None:
    kept = make_selection(alice, frames=4)
    for _ in range(3):
        make_archive(alice, kept, "failed")
    assert Selection.objects.with_counts().get().frames_count == 4
