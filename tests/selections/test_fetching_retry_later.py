"""Chunks that CVAT does not make in time: what else is wanted is fetched meanwhile, and others are
not held up."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import User

from cvat import client
from cvat.retries import Retries
from selections.archives import fetching, retry_later
from selections.models import Archive
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.conftest import api_of, eventually
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

PREPARING = "CVAT is still preparing these pictures; its chunk worker may be down. Try again later."


def patient_for(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(client, "PATIENT", Retries(1000, 8, 0.01, 0.2, 60.0, seconds))


def added(standin: StandIn, count: int = 60) -> Task:
    """A task of six chunks of ten frames, in one job."""
    return standin.world.add_task(
        "six chunks", owner="demo", count=count, chunk_size=10, segment_size=0, size=(32, 24)
    )


def data_of(*tasks: Task) -> str:
    """The pattern of everything that holds pictures of these tasks."""
    jobs = "|".join(str(job.id) for task in tasks for job in task.jobs)
    return rf"/api/(jobs/({jobs})|tasks/({'|'.join(str(task.id) for task in tasks)}))/data\?"


def test_dead_chunks_end_incomplete_with_all_that_can_be_had(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient_for(monkeypatch, 4.0)
    dead, healthy = added(standin), added(standin)
    standin.faults.fail(data_of(dead), status=429, headers={"Retry-After": "1"})
    archive = built(select(connection, (dead.id, None), (healthy.id, None)))
    assert (archive.status, archive.error) == ("incomplete", "")
    assert set(pictures_of(archive)) == {(healthy.id, frame) for frame in range(60)}
    named = {(row["task_id"], row["frame"]): row["reason"] for row in archive.problems}
    assert named == {(dead.id, frame): PREPARING for frame in range(60)}


def test_what_can_be_had_is_asked_for_while_dead_chunks_wait(
    connection: Connection, standin: StandIn, settings: object
) -> None:
    settings.FETCH_THREADS = 2
    dead, healthy = added(standin), added(standin, count=240)
    standin.faults.fail(data_of(dead), status=429, headers={"Retry-After": "1"})
    archive = request(select(connection, (dead.id, None), (healthy.id, None)))
    standin.requests.clear()
    thread = in_thread(archive)

    def is_asked() -> bool:
        return sum(seen.status == 200 for seen in data_requests(standin)) == 24

    eventually(is_asked)
    standin.faults.clear()
    thread.join(60)
    archive.refresh_from_db()
    assert_whole(archive, standin)


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_a_chunk_that_comes_late_is_waited_for(
    status: int, connection: Connection, standin: StandIn
) -> None:
    task = added(standin)
    selection = select(connection, (task.id, None))
    standin.faults.fail("index=2&", status=status, times=3, headers={"Retry-After": "1"})
    standin.requests.clear()
    assert_whole(built(selection), standin)
    asked = [seen.query for seen in data_requests(standin)]
    assert [query["type"] for query in asked] == ["chunk"] * 9


@pytest.mark.parametrize("status", [502, 503])
def test_one_chunk_that_always_fails_does_not_end_the_others(
    status: int, connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient_for(monkeypatch, 2.0)
    task = added(standin)
    frames = "|".join(map(str, range(20, 30)))
    standin.faults.fail(rf"index=2&|number=({frames})&", status=status)
    archive = built(select(connection, (task.id, None)))
    assert archive.status == "incomplete"
    assert {row["frame"] for row in archive.problems} == set(range(20, 30))
    assert len(pictures_of(archive)) == 50


def test_a_server_that_fails_at_everything_ends_the_build(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient_for(monkeypatch, 2.0)
    archive = request(select(connection, (added(standin).id, None)))
    hold = standin.faults.hold("type=chunk")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    standin.faults.fail("/api/", status=503)
    hold.release()
    thread.join(60)
    archive.refresh_from_db()
    assert archive.status == "failed"
    assert "503" in archive.error


def test_many_dead_chunks_do_not_each_take_the_whole_patience(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    settings.FETCH_THREADS = 1
    patient_for(monkeypatch, 3.0)
    task = added(standin, count=200)
    standin.faults.fail(r"/data\?", status=429, headers={"Retry-After": "1"})
    selection = select(connection, (task.id, None))
    standin.requests.clear()
    assert len(built(selection).problems) == 200
    # One that has all of the patience is asked four times.
    assert len(data_requests(standin)) <= 3 * 20


def test_a_block_given_up_long_ago_takes_no_patience_from_others(
    connection: Connection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    patience = 2.0
    patient_for(monkeypatch, patience)
    task = added(standin)
    frames = "|".join(map(str, range(10)))
    standin.faults.fail(rf"index=0&|number=({frames})&", status=429, headers={"Retry-After": "1"})
    late = standin.faults.hold("index=5&")
    busy = standin.faults.fail("index=5&", status=503, times=1, headers={"Retry-After": "1"})
    archive = request(select(connection, (task.id, None)))
    thread = in_thread(archive)
    eventually(lambda: "given up" in caplog.text)
    time.sleep(patience)
    late.release()
    thread.join(60)
    archive.refresh_from_db()
    assert busy.hits == 1
    assert {row["frame"] for row in archive.problems} == set(range(10))


def test_a_block_given_up_just_now_takes_no_retries_from_a_chunk_that_cvat_fails_on(
    connection: Connection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    patient_for(monkeypatch, 3.0)
    monkeypatch.setattr(retry_later, "FIRST_PAUSE", 0.01)
    task = added(standin)
    frames = "|".join(map(str, range(10)))
    standin.faults.fail(rf"index=0&|number=({frames})&", status=429, headers={"Retry-After": "1"})
    late = standin.faults.hold("index=5&")
    standin.faults.fail("index=5&", status=500)
    failing = standin.faults.fail("number=50&", status=500, times=2)  # the client asks twice
    archive = request(select(connection, (task.id, None)))
    thread = in_thread(archive)
    eventually(lambda: "given up" in caplog.text)
    late.release()
    thread.join(60)
    archive.refresh_from_db()
    assert failing.hits == 2
    assert {row["frame"] for row in archive.problems} == set(range(10))


# --- builds beside each other ---------------------------------------------------------------------


def test_builds_of_dead_chunks_do_not_hold_up_another(
    connection: Connection, bob: User, standin: StandIn, settings: object
) -> None:
    """CVAT keeps each request for a chunk that is not made for 50 s: all places are taken."""
    dead = [added(standin) for _ in range(2)]
    healthy = added(standin)
    hold = standin.faults.hold(data_of(*dead))
    stuck = [request(select(connection, (task.id, None))) for task in dead]
    threads = [in_thread(archive) for archive in stuck]
    eventually(lambda: hold.waiting >= settings.CVAT_MAX_REQUESTS)
    assert_whole(built(select(connection, (healthy.id, None))), standin)
    for archive in stuck:
        archive.refresh_from_db()
        assert (archive.status, archive.frames_done) == ("running", 0)
    standin.faults.clear()
    for thread in threads:
        thread.join(60)


def test_a_build_that_waits_between_two_attempts_holds_no_place(
    connection: Connection, standin: StandIn, settings: object
) -> None:
    settings.CVAT_MAX_REQUESTS = 1
    dead, healthy = added(standin), added(standin)
    refused = standin.faults.fail(data_of(dead), status=429, headers={"Retry-After": "20"})
    stuck = request(select(connection, (dead.id, range(10))))
    thread = in_thread(stuck)
    eventually(lambda: refused.hits)
    begun = time.monotonic()
    assert_whole(built(select(connection, (healthy.id, None))), standin)
    assert time.monotonic() - begun < 15
    standin.faults.clear()
    thread.join(60)
    stuck.refresh_from_db()
    assert_whole(stuck, standin)


# --- what is said meanwhile -----------------------------------------------------------------------


def test_the_row_says_what_is_waited_for(
    connection: Connection, alice: User, standin: StandIn
) -> None:
    task = added(standin)
    standin.faults.fail("index=2&", status=429, headers={"Retry-After": "1"})
    archive = request(select(connection, (task.id, None)))
    thread = in_thread(archive)

    def said() -> str:
        return str(api_of(alice).get(f"/api/archives/{archive.pk}").json()["waiting_for"])

    # It is not said in the moments in which CVAT is asked again.
    eventually(lambda: "CVAT is still preparing pictures; its chunk worker" in said())
    standin.faults.clear()
    thread.join(60)
    assert said() == ""


def test_the_row_says_that_cvat_fails_on_pictures(
    connection: Connection, alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that CVAT prepares them, which sends people to its chunk worker."""
    monkeypatch.setattr(fetching, "RETRIES_OF_DOUBTFUL", 1000)
    monkeypatch.setattr(retry_later, "LONGEST_PAUSE", 1.0)
    task = added(standin)
    frames = "|".join(map(str, range(20, 30)))
    standin.faults.fail(rf"index=2&|number=({frames})&", status=500)
    archive = request(select(connection, (task.id, None)))
    thread = in_thread(archive)

    def said() -> str:
        return str(api_of(alice).get(f"/api/archives/{archive.pk}").json()["waiting_for"])

    eventually(lambda: "CVAT fails on some pictures (status 500)" in said())
    standin.faults.clear()
    thread.join(60)
    archive.refresh_from_db()
    assert_whole(archive, standin)


def test_it_is_said_before_cvat_answers(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.work.waiting.WORTH_A_WORD", 0.5)
    hold = standin.faults.hold("type=chunk")
    archive = request(select(connection, (added(standin).id, None)))
    thread = in_thread(archive)
    assert hold.wait_for_request()
    eventually(lambda: "preparing" in Archive.objects.get().waiting_for)
    hold.release()
    thread.join(60)
    archive.refresh_from_db()
    assert_whole(archive, standin)
