"""What is picked up again: an abandoned build, a message that was lost; and how often."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu.exceptions import OperationalError

from portal.tasks import recover_work
from selections import tasks
from selections.archives import clearing
from selections.models import Archive, UnlinkedFile
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import eventually
from tests.selections.builds import (
    Folders,
    again,
    assert_whole,
    built,
    grow_stale,
    in_thread,
    request,
    select,
    wait_for_fetchers,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "hasty")


def test_without_a_broker_the_archive_waits(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OperationalError("no broker")

    selection = select(connection, (2, range(8)))
    monkeypatch.setattr(tasks.build_archive, "delay", refuse)
    archive = request(selection)
    assert again(archive).status == "queued"
    sent: list[int] = []
    monkeypatch.setattr(tasks.build_archive, "delay", sent.append)
    grow_stale(archive)
    recover_work()
    assert sent == [archive.pk]
    tasks.build_archive(sent.pop())
    assert_whole(again(archive), standin)


# --- attempts and the deadline ----------------------------------------------------------------


def died(archive: Archive, *, frames_done: int, minutes: float = 0) -> None:
    """Claimed by a worker that falls silent after so many frames and minutes."""
    worker = uuid.uuid4()
    assert again(archive).claim(worker)
    assert again(archive).heartbeat(worker, frames_done=frames_done)
    grow_stale(archive)
    row = again(archive)
    claimed = row.heartbeat_at - timedelta(minutes=minutes)
    Archive.objects.filter(pk=archive.pk).update(claimed_at=claimed)


def test_a_build_whose_worker_died_three_times_fails(
    archive: Archive, messages: list[int], folders: Folders
) -> None:
    spool = folders.spool / str(archive.pk)
    spool.mkdir(parents=True)
    (spool / "job1_chunk0.zip").write_bytes(b"x")
    for attempt in (1, 2, 3):
        messages.clear()
        died(archive, frames_done=4)
        assert again(archive).attempts == attempt
        recover_work()
        assert messages == ([archive.pk] if attempt < 3 else [])
    row = again(archive)
    assert row.status == "failed"
    assert row.error.startswith("The build ended its worker 3 times")
    assert "4 of 8 frames" in row.error
    assert row.finished_at is not None
    tasks.expire_archives()
    assert spool.exists()


def test_a_build_ends_itself_at_its_deadline_and_keeps_its_spool(
    connection: Connection, standin: StandIn, settings: object, folders: Folders
) -> None:
    archive = request(select(connection, (1, None)))
    hold = standin.faults.hold("type=chunk&index=1&")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    behind = "task*_chunk2.zip"  # of the chunk that is held: not packed yet
    eventually(lambda: [path for path in folders.spooled() if path.match(behind)])
    Archive.objects.update(deadline_at=timezone.now())
    thread.join(30)
    assert not thread.is_alive()
    hold.release()
    row = again(archive)
    assert row.status == "failed"
    assert "hours and was ended" in row.error
    wait_for_fetchers()
    assert [path for path in folders.spooled() if path.match(behind)]


# --- what fails does not stop the rest --------------------------------------------------------


def test_expiry_goes_on_after_a_storage_that_fails(
    connection: Connection, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [built(select(connection, (2, [number]))) for number in range(3)]
    Archive.objects.update(expires_at=timezone.now())
    bad = Path(rows[1].parts.get().file.path)
    delete = FileSystemStorage.delete

    def failing(storage: FileSystemStorage, name: str) -> None:
        if name == bad.name:
            raise PermissionError(name)
        delete(storage, name)

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "delete", failing)
        tasks.expire_archives()
        tasks.expire_archives()
    assert set(Archive.objects.values_list("status", flat=True)) == {"expired"}
    assert folders.stored() == [bad]
    tasks.expire_archives()  # once the storage is well again
    assert folders.stored() == []
    assert not UnlinkedFile.objects.exists()


def test_clearing_asks_as_many_queries_for_200_files_as_for_2(
    archive: Archive, folders: Folders
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as asked:
            clearing.clear_debris()
        return len(asked)

    def leave(numbers: range) -> None:
        for number in numbers:
            (folders.spool / f"{9000 + number}").mkdir(parents=True, exist_ok=True)
            (folders.archives / f"{number}_cvat_images_x_1.zip").write_bytes(b"another's")

    folders.archives.mkdir(exist_ok=True)
    leave(range(2))
    few = queries()
    leave(range(200))
    assert queries() == few
    assert folders.spooled() == []
    assert len(folders.stored()) == 200
