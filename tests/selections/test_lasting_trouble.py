"""Trouble that outlasts the patience of a worker, and what changes between two tries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from selections import services
from selections.archives import building
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import connect, eventually
from tests.selections.builds import (
    assert_whole,
    built,
    data_requests,
    in_thread,
    pictures_of,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")

DRIVE, HONEYPOTS = 1, 6


def chunk_of(standin: StandIn, index: int) -> str:
    """The pattern of one chunk of the first job, and of each of its frames."""
    job = standin.world.tasks[DRIVE].jobs[0]
    frames = "|".join(str(index * 18 + n) for n in range(18))
    return (
        rf"/api/jobs/{job.id}/data\?.*index={index}&|/api/(jobs|tasks)/\d+/data.*number=({frames})&"
    )


# --- one thing that is put off for ever -----------------------------------------------------------


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [429, 504])
def test_a_chunk_that_is_never_ready_costs_its_own_frames(
    status: int, connection: Connection, alice: User, standin: StandIn
) -> None:
    standin.faults.fail(chunk_of(standin, 1), status=status)
    wanted = [frame for frame in range(60) if frame not in standin.world.tasks[DRIVE].deleted]
    archive = built(select(connection, (DRIVE, wanted)))
    assert archive.status == "incomplete"
    missing = {row["frame"] for row in archive.problems}
    assert missing == set(range(18, 36)) & set(wanted)
    assert all("its chunk worker may be down" in row["reason"] for row in archive.problems)
    assert len(pictures_of(archive)) == len(wanted) - len(missing)
    # The retry has nothing else to fetch, and must not fail for that.
    again = services.retry_archive(user=alice, archive=archive)
    building.build(again.pk)
    again.refresh_from_db()
    assert {row["frame"] for row in again.problems} == missing
    standin.faults.clear()
    last = services.retry_archive(user=alice, archive=again)
    building.build(last.pk)
    last.refresh_from_db()
    assert_whole(last, standin)


@pytest.mark.usefixtures("impatient")
def test_a_frame_that_is_never_ready_is_named(connection: Connection, standin: StandIn) -> None:
    standin.faults.fail("type=chunk", status=500)
    standin.faults.fail("type=frame&number=20&", status=429)
    archive = built(select(connection, (DRIVE, range(0, 230, 20))))
    assert archive.status == "incomplete"
    assert [row["frame"] for row in archive.problems] == [20]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [429, 504])
def test_when_cvat_prepares_no_chunk_at_all_each_frame_is_named(
    status: int, connection: Connection, standin: StandIn
) -> None:
    standin.faults.fail(r"/data\?", status=status)
    archive = built(select(connection, (2, range(20))))
    assert (archive.status, archive.error) == ("incomplete", "")
    assert {row["frame"] for row in archive.problems} == set(range(20))
    assert all("Try again later" in row["reason"] for row in archive.problems)


# --- a server that fails at everything ------------------------------------------------------------


def test_a_server_that_fails_at_everything_for_a_while_is_waited_for(
    connection: Connection, standin: StandIn
) -> None:
    """As while its policy engine restarts: 500 for whatever is asked (cvat-api 10.3)."""
    archive = request(select(connection, (DRIVE, None)))
    hold = standin.faults.hold("type=chunk&index=0&")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    outage = standin.faults.fail("/api/(tasks|jobs|users)/", status=500)
    hold.release()
    eventually(lambda: outage.hits > 30)
    standin.faults.clear()
    thread.join(60)
    archive.refresh_from_db()
    assert_whole(archive, standin)


# --- what changes meanwhile -----------------------------------------------------------------------


def test_connecting_again_does_not_end_a_build(
    connection: Connection, alice: User, standin: StandIn
) -> None:
    """The access token that the build began with is revoked in CVAT; there is a new one."""
    archive = request(select(connection, (DRIVE, None)))
    hold = standin.faults.hold("type=chunk&index=1&")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    for token in standin.world.access_tokens.values():
        token.revoked = True
    connect(alice, standin)
    hold.release()
    thread.join(60)
    archive.refresh_from_db()
    assert_whole(archive, standin)
    connection.refresh_from_db()
    assert not connection.needs_reconnect


def test_a_retry_does_not_mix_old_pictures_with_new(
    connection: Connection, alice: User, standin: StandIn
) -> None:
    selection = select(connection, (HONEYPOTS, None))
    frames = list(selection.frames.values_list("frame", flat=True))
    standin.faults.fail("type=chunk", status=404, body={"detail": "gone"})
    refused = rf"type=frame&number={frames[-1]}&"
    standin.faults.fail(refused, status=404, body={"detail": "gone"})
    archive = built(selection)
    assert archive.status == "incomplete"
    standin.faults.clear()
    standin.world.redraw_honeypots(HONEYPOTS, {})
    standin.requests.clear()
    again = services.retry_archive(user=alice, archive=archive)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    # All of it anew, not the missing frame alone.
    assert len(data_requests(standin)) > 1


@pytest.mark.usefixtures("impatient")
def test_a_retry_soon_after_the_task_was_made_fetches_only_what_is_missing(
    connection: Connection, alice: User, standin: StandIn
) -> None:
    """Frames fetched alone and as chunks, of a task whose pictures are ten seconds old."""
    task = standin.world.add_task("young", owner="demo", count=30, chunk_size=10, size=(32, 24))
    task.chunks_updated_date = datetime.now(UTC) - timedelta(seconds=10)
    standin.faults.fail("index=0&", status=500)
    standin.faults.fail("number=(2|3)&", status=500)
    first = built(select(connection, (task.id, None)))
    assert [row["frame"] for row in first.problems] == [2, 3]
    standin.faults.clear()
    standin.requests.clear()
    again = services.retry_archive(user=alice, archive=first)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    # Whichever is cheaper for two frames.
    asked = [seen.query.get("index") or seen.query["number"] for seen in data_requests(standin)]
    assert sorted(asked) in (["0"], ["2", "3"])


def test_a_retry_fetches_anew_only_the_tasks_that_changed(
    connection: Connection, alice: User, standin: StandIn
) -> None:
    selection = select(connection, (HONEYPOTS, None), (2, None))
    standin.faults.fail("/api/tasks/2/data.*number=5&|/api/jobs/.*type=chunk", status=500)
    archive = built(selection)
    assert [(row["task_id"], row["frame"]) for row in archive.problems] == [(2, 5)]
    standin.faults.clear()
    standin.world.redraw_honeypots(HONEYPOTS, {})
    standin.requests.clear()
    again = services.retry_archive(user=alice, archive=archive)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    jobs = "|".join(str(job.id) for job in standin.world.tasks[2].jobs)
    of_unchanged = standin.requests.matching(rf"/api/(jobs/({jobs})|tasks/2)/data$", "GET")
    assert len(of_unchanged) == 1
