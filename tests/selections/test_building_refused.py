"""What CVAT does not give ends a build honestly: it says what is missing and why."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from portal.exceptions import NotConnected
from selections import services
from selections.archives import building
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import connect, eventually
from tests.selections.builds import (
    Folders,
    assert_whole,
    built,
    data_requests,
    frames_of,
    frames_sent,
    gone,
    in_thread,
    manifest_of,
    no_chunks,
    pictures_of,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


# --- frames that cannot be had --------------------------------------------------------------------


def test_a_frame_refused_for_good_is_named_and_the_others_are_there(
    connection: Connection, standin: StandIn
) -> None:
    no_chunks(standin)
    gone(standin, 3, 5)
    archive = built(select(connection, (2, range(8))))
    assert (archive.status, archive.error) == ("incomplete", "")
    assert (archive.frames_done, archive.frames_total) == (6, 8)
    for problems in (archive.problems, manifest_of(archive)["problems"]):
        assert [row["frame"] for row in problems] == [3, 5]
        assert [row["filename"] for row in problems] == [
            standin.world.filename(2, frame) for frame in (3, 5)
        ]
        assert all("does not exist" in row["reason"] for row in problems)
    standin.faults.clear()
    found = pictures_of(archive)
    assert set(found) == {(2, frame) for frame in (0, 1, 2, 4, 6, 7)}
    assert all(found[key] == standin.world.original_bytes(*key) for key in found)


def test_what_was_incomplete_is_made_complete_by_asking_for_the_rest(
    connection: Connection, alice: User, standin: StandIn, folders: Folders
) -> None:
    no_chunks(standin)
    gone(standin, 3)
    first = built(select(connection, (2, range(8))))
    standin.faults.clear()
    standin.requests.clear()
    again = services.retry_archive(user=alice, archive=first)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    assert [seen.query["number"] for seen in data_requests(standin)] == ["3"]
    assert folders.spooled() == []


def test_when_none_can_be_had_it_fails(
    connection: Connection, standin: StandIn, folders: Folders
) -> None:
    selection = select(connection, (2, range(3)))
    standin.world.remove_task(standin.world.tasks[2])
    archive = built(selection)
    assert archive.status == "failed"
    assert "No frame could be fetched" in archive.error
    assert folders.stored() == []


def test_rights_that_are_gone(connection: Connection, alice: User, standin: StandIn) -> None:
    carols = connect(alice, standin, "carol")
    selection = select(carols, (1, [100, 101, 120]))
    standin.world.tasks[1].jobs[2].assignee = None
    archive = built(selection)
    assert archive.status == "failed"
    assert "may not see" in archive.error
    assert Connection.objects.get(pk=carols.pk).verified_at is not None


# --- the connection -------------------------------------------------------------------------------


def test_an_expired_token(connection: Connection, standin: StandIn, folders: Folders) -> None:
    selection = select(connection, (2, None))
    standin.world.access_tokens.clear()
    archive = built(selection)
    assert archive.status == "failed"
    assert "connect" in archive.error.lower()
    connection.refresh_from_db()
    assert connection.needs_reconnect
    assert folders.stored() == []


def test_a_token_that_expires_in_the_middle(
    connection: Connection, alice: User, standin: StandIn, settings: object
) -> None:
    selection = select(connection, (1, None))
    archive = request(selection)
    hold = standin.faults.hold("type=chunk&index=2&")
    thread = in_thread(archive)
    # Every thread waits: whatever else was asked for has come.
    eventually(lambda: hold.waiting == settings.FETCH_THREADS)
    standin.world.access_tokens.clear()
    hold.release()
    thread.join(30)
    archive.refresh_from_db()
    assert archive.status == "failed"
    assert "connect" in archive.error.lower()
    connect(alice, standin)
    fetched = len([seen for seen in data_requests(standin) if seen.status == 200])
    assert fetched
    again = services.retry_archive(user=alice, archive=archive)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    answered = [seen for seen in data_requests(standin) if seen.status == 200]
    # 5 jobs of 50 frames (45 new), 18 to a chunk: each just once over both tries.
    assert len(answered) == len({(seen.path, *seen.query.items()) for seen in answered})


def test_a_connection_that_was_removed(connection: Connection) -> None:
    archive = request(select(connection, (2, None)))
    connection.delete()
    building.build(archive.pk)
    archive.refresh_from_db()
    assert archive.status == "failed"
    assert archive.error == "The connection was removed. Connect to the CVAT server again."
    with pytest.raises(NotConnected):
        request(archive.selection)


# --- the server -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
def test_a_server_that_stays_down(
    connection: Connection, alice: User, standin: StandIn, folders: Folders, settings: object
) -> None:
    archive = request(select(connection, (1, None)))
    hold = standin.faults.hold("type=chunk&index=2&")
    thread = in_thread(archive)
    # Every thread waits: whatever else was asked for lies in the spool.
    eventually(lambda: hold.waiting == settings.FETCH_THREADS)
    standin.faults.down()
    hold.release()
    thread.join(30)
    archive.refresh_from_db()
    assert archive.status == "failed"
    assert standin.url.partition("://")[2] in archive.error
    assert folders.stored() == []
    standin.faults.up()
    fetched = {each for seen in data_requests(standin) for each in frames_sent(standin, seen)}
    standin.requests.clear()
    again = services.retry_archive(user=alice, archive=archive)
    assert again.continues == archive
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    # The rest may come as chunks or as single frames: on a slow machine these can be cheaper.
    asked = {each for seen in data_requests(standin) for each in frames_of(standin, seen)}
    assert len(fetched) >= 2 * (standin.world.tasks[1].chunk_size or 1)
    assert not asked & fetched
    assert folders.spooled() == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [502, 503])
def test_a_server_that_answers_nothing_but_errors(
    status: int, connection: Connection, standin: StandIn
) -> None:
    selection = select(connection, (2, None))
    standin.faults.fail("/data", status=status)
    archive = built(selection)
    assert archive.status == "failed"
    assert archive.problems == []
    assert str(status) in archive.error or "unavailable" in archive.error.lower()
