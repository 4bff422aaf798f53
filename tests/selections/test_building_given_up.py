"""A build that is cancelled or deleted, at any moment, stops and leaves nothing behind."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage

from selections import services
from selections.archives import building, frame_rows
from selections.models import Archive, ArchivePart
from selector.models import Connection
from standin.costs import Costs
from standin.server import StandIn
from tests.selections.builds import (
    Folders,
    assert_no_debris,
    data_requests,
    in_thread,
    request,
    select,
    wait_for_fetchers,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


def slow(standin: StandIn) -> None:
    standin.costs = Costs(chunk=0.3, small_frame=0.3, frame=0.3)


@pytest.mark.parametrize("after", [0.0, 0.1, 0.4, 0.9])
def test_cancelled_at_any_moment(
    after: float, connection: Connection, standin: StandIn, folders: Folders
) -> None:
    archive = request(select(connection, (1, None), (2, None)))
    slow(standin)
    thread = in_thread(archive)
    time.sleep(after)
    services.cancel_archive(archive=archive)
    thread.join(30)
    assert not thread.is_alive()
    archive.refresh_from_db()
    assert archive.status == "cancelled"
    wait_for_fetchers()
    assert_no_debris(folders)


@pytest.mark.parametrize("pattern", ["type=chunk", "type=frame", "/api/jobs"])
def test_cancelled_while_a_request_hangs(
    pattern: str, connection: Connection, standin: StandIn, folders: Folders, settings: object
) -> None:
    # A chunk, and frames of which each is a block of its own.
    archive = request(select(connection, (1, [*range(15), *range(51, 230, 20)])))
    hold = standin.faults.hold(pattern)
    thread = in_thread(archive)
    assert hold.wait_for_request()
    services.cancel_archive(archive=archive)
    thread.join(30)
    stopped = not thread.is_alive()
    assert_no_debris(folders)
    asked = len(data_requests(standin))
    hold.release()
    thread.join()
    assert stopped
    archive.refresh_from_db()
    assert archive.status == "cancelled"
    wait_for_fetchers()
    # What each was about to ask for, at most.
    assert len(data_requests(standin)) - asked <= settings.FETCH_THREADS
    assert_no_debris(folders)


@pytest.mark.parametrize("what", ["selection", "archive", "user"])
def test_deleted_while_it_is_built(
    what: str, connection: Connection, alice: User, standin: StandIn, folders: Folders
) -> None:
    archive = request(select(connection, (1, None)))
    hold = standin.faults.hold("type=chunk&index=1&")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    if what == "selection":
        services.delete_selection(selection=archive.selection)
    elif what == "archive":
        Archive.objects.filter(pk=archive.pk).delete()
    else:
        alice.delete()
    thread.join(30)
    assert not thread.is_alive()
    hold.release()
    assert not Archive.objects.exists()
    assert not ArchivePart.objects.exists()
    wait_for_fetchers()
    assert_no_debris(folders)


def test_cancelled_while_it_is_stored(
    connection: Connection, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = FileSystemStorage._save
    archive = request(select(connection, (2, None)))

    def cancelling(self: FileSystemStorage, name: str, content: object) -> str:
        saved = save(self, name, content)
        services.cancel_archive(archive=Archive.objects.get())
        return saved

    monkeypatch.setattr(FileSystemStorage, "_save", cancelling)
    building.build(archive.pk)
    archive.refresh_from_db()
    assert archive.status == "cancelled"
    assert not archive.parts.exists()
    assert_no_debris(folders)


def test_frames_that_are_deleted_under_a_build_end_it(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_rows, "ROWS_AT_ONCE", 20)
    archive = request(select(connection, (1, None)))
    hold = standin.faults.hold("type=chunk")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    archive.selection.frames.filter(frame__gte=60).delete()
    hold.release()
    thread.join(60)
    archive.refresh_from_db()
    assert archive.status == "failed"
    assert archive.error == "The selection was deleted while its archive was built."


def test_a_connection_removed_while_the_claim_waits_is_named(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = request(select(connection, (1, None)))
    claim = Archive.claim

    def late_claim(self: Archive, *args: object) -> bool:
        connection.delete()
        return claim(self, *args)

    monkeypatch.setattr(Archive, "claim", late_claim)
    assert building.build(archive.pk)
    archive.refresh_from_db()
    assert archive.error == "The connection was removed. Connect to the CVAT server again."
