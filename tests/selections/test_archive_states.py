"""The row of an archive is the truth: who may change it, and what is picked up again when."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from selections import services, tasks
from selections.archives import building
from selections.models import Archive, ArchivePart
from selector.exceptions import Conflict, InvalidInput
from selector.models import Connection
from standin.server import StandIn
from tests.selections.builds import (
    Folders,
    assert_whole,
    built,
    data_requests,
    grow_stale,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "hasty")


@pytest.fixture
def archive(connection: Connection, messages: list[int]) -> Archive:
    """Waiting."""
    return request(select(connection, (2, range(8))))


def again(archive: Archive) -> Archive:
    return Archive.objects.get(pk=archive.pk)


def at_once(count: int, work: Callable[[], bool]) -> list[bool]:
    """What `work` answers in so many threads that begin together."""
    answers: list[bool] = []
    ready = threading.Barrier(count)

    def run() -> None:
        try:
            ready.wait()
            answers.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == count
    return answers


# --- claims ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("abandoned", [False, True])
@pytest.mark.parametrize("attempt", range(3))
def test_of_many_claims_at_once_one_takes(archive: Archive, abandoned: bool, attempt: int) -> None:
    if abandoned:
        assert archive.claim(uuid.uuid4())
        grow_stale(archive)
    answers = at_once(8, lambda: again(archive).claim(uuid.uuid4()))
    assert answers.count(True) == 1


@pytest.mark.parametrize("attempt", range(3))
def test_it_is_handed_out_again_by_one_alone(archive: Archive, attempt: int) -> None:
    grow_stale(archive)
    assert at_once(8, lambda: again(archive).enqueued_again()).count(True) == 1


def test_two_builds_of_one_archive_do_the_work_once(archive: Archive, standin: StandIn) -> None:
    def build() -> bool:
        building.build(archive.pk)
        return True

    at_once(4, build)
    assert_whole(again(archive), standin)
    assert len(data_requests(standin)) == 1


def test_a_build_that_lives_cannot_be_claimed(archive: Archive) -> None:
    assert archive.claim(uuid.uuid4())
    assert not again(archive).claim(uuid.uuid4())
    assert not again(archive).enqueued_again()


def test_a_late_worker_changes_nothing(archive: Archive) -> None:
    late, new = uuid.uuid4(), uuid.uuid4()
    assert archive.claim(late)
    grow_stale(archive)
    assert again(archive).claim(new)
    row = again(archive)
    assert not row.heartbeat(late, frames_done=3)
    assert not row.fail(late, "late")
    part = ArchivePart(archive=row, number=1, file="late.zip", size=1, sha256="x")
    assert not row.finish(late, parts=[part], problems=[], bytes_done=1)
    assert not ArchivePart.objects.exists()
    assert again(archive).claimed_by == new
    assert again(archive).heartbeat(new, frames_done=4)
    assert again(archive).frames_done == 4


@pytest.mark.parametrize("end", ["cancel", "fail"])
def test_what_has_ended_stays_ended(archive: Archive, end: str) -> None:
    worker = uuid.uuid4()
    assert archive.claim(worker)
    assert archive.cancel() if end == "cancel" else archive.fail(worker, "why")
    status = again(archive).status
    row = again(archive)
    assert not row.claim(uuid.uuid4())
    assert not row.heartbeat(worker)
    assert not row.fail(worker, "once more")
    assert not row.finish(worker, parts=[], problems=[], bytes_done=0)
    assert not row.cancel()
    assert not row.expire()
    grow_stale(archive)
    assert not again(archive).enqueued_again()
    building.build(archive.pk)
    assert again(archive).status == status
    assert again(archive).error == ("" if end == "cancel" else "why")


def test_nothing_to_build(archive: Archive) -> None:
    Archive.objects.all().delete()
    building.build(archive.pk)
    tasks.build_archive(archive.pk)


# --- picked up again ------------------------------------------------------------------------------


def test_an_abandoned_build_is_handed_out_once_it_is_stale(
    archive: Archive, messages: list[int], settings: object
) -> None:
    assert archive.claim(uuid.uuid4())
    messages.clear()
    tasks.recover_archives()
    assert messages == []
    silent = timezone.now() - timedelta(seconds=settings.ARCHIVE_STALE_SECONDS + 0.1)
    Archive.objects.update(heartbeat_at=silent, enqueued_at=silent)
    for _ in range(5):
        tasks.recover_archives()
    assert messages == [archive.pk]


def test_a_lost_message_is_sent_again(
    archive: Archive, messages: list[int], settings: object
) -> None:
    messages.clear()
    tasks.recover_archives()
    assert messages == []
    lost = timezone.now() - timedelta(seconds=settings.ARCHIVE_REQUEUE_SECONDS + 0.1)
    Archive.objects.update(enqueued_at=lost)
    for _ in range(5):
        tasks.recover_archives()
    assert messages == [archive.pk]


def test_what_waits_long_gets_few_messages(
    archive: Archive, messages: list[int], settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour of beats, every five seconds, while all workers are busy."""
    begun = timezone.now()
    messages.clear()
    for beat in range(720):
        monkeypatch.setattr(timezone, "now", lambda beat=beat: begun + timedelta(seconds=5 * beat))
        tasks.recover_archives()
    assert len(messages) <= 3600 / settings.ARCHIVE_REQUEUE_SECONDS
    monkeypatch.undo()


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
    tasks.recover_archives()
    assert sent == [archive.pk]
    tasks.build_archive(sent.pop())
    assert_whole(again(archive), standin)


# --- asking ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("attempt", range(3))
def test_asked_many_times_at_once_there_is_one(
    connection: Connection, messages: list[int], attempt: int
) -> None:
    selection = select(connection, (2, range(8)))
    assert all(at_once(6, lambda: request(selection).pk > 0))
    assert Archive.objects.count() == 1
    assert len(messages) == 1


def test_a_retry_while_it_is_built_is_a_conflict(archive: Archive, alice: User) -> None:
    with pytest.raises(Conflict, match="still being built"):
        services.retry_archive(user=alice, archive=archive)


def test_a_second_cancel_is_a_conflict(archive: Archive) -> None:
    services.cancel_archive(archive=archive)
    with pytest.raises(Conflict, match="cancelled"):
        services.cancel_archive(archive=archive)


def test_only_the_last_unfinished_try_with_the_same_options_is_continued(
    archive: Archive, alice: User, messages: list[int]
) -> None:
    def fail(row: Archive) -> Archive:
        worker = uuid.uuid4()
        assert row.claim(worker)
        assert row.fail(worker, "why")
        return row

    fail(archive)
    other = request(archive.selection, quality="compressed")
    assert other.continues is None
    fail(other)
    second = services.retry_archive(user=alice, archive=archive)
    # Of the last try, whatever it was: older pieces are older pictures.
    assert second.continues in (None, archive)
    fail(second)
    third = services.retry_archive(user=alice, archive=second)
    assert third.continues == second


@pytest.mark.parametrize(
    "options",
    [
        {"quality": "best"},
        {"part_size": 5},
        {"part_size": -1},
        {"video_format": "bmp"},
        {"video_quality": 101},
    ],
)
def test_wrong_options_are_told(archive: Archive, options: dict[str, object]) -> None:
    services.cancel_archive(archive=archive)
    with pytest.raises(InvalidInput, match=next(iter(options))):
        request(archive.selection, **options)


# --- the end --------------------------------------------------------------------------------------


@pytest.fixture
def ready(archive: Archive) -> Archive:
    building.build(archive.pk)
    assert again(archive).status == "ready"
    return again(archive)


def test_expiry_removes_the_files_and_keeps_the_row(
    ready: Archive, folders: Folders, settings: object
) -> None:
    assert ready.expires_at - ready.finished_at == timedelta(days=settings.ARCHIVE_DAYS)
    tasks.expire_archives()
    assert len(folders.stored()) == 1
    Archive.objects.update(expires_at=timezone.now())
    tasks.expire_archives()
    assert again(ready).status == "expired"
    assert not again(ready).has_file
    assert folders.stored() == []
    assert not ArchivePart.objects.exists()
    tasks.expire_archives()


def test_expiry_is_all_or_nothing(
    ready: Archive, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("django.db.models.query.QuerySet.delete", fail)
        with pytest.raises(KeyboardInterrupt):
            ready.expire()
    assert again(ready).status == "ready"
    assert len(folders.stored()) == 1
    assert again(ready).expire()
    assert folders.stored() == []


@pytest.mark.parametrize("what", ["archive", "archives", "selection", "parts", "user"])
def test_deleting_removes_the_files(
    what: str, ready: Archive, alice: User, folders: Folders
) -> None:
    assert len(folders.stored()) == 1
    if what == "archive":
        ready.delete()
    elif what == "archives":
        Archive.objects.all().delete()
    elif what == "selection":
        services.delete_selection(selection=ready.selection)
    elif what == "parts":
        ArchivePart.objects.all().delete()
    else:
        alice.delete()
    assert folders.stored() == []


def test_a_deletion_that_is_rolled_back_keeps_its_files(ready: Archive, folders: Folders) -> None:
    with suppress(ZeroDivisionError), transaction.atomic():
        Archive.objects.all().delete()
        raise ZeroDivisionError
    assert len(folders.stored()) == 1
    assert Archive.objects.exists()


def test_old_spools_go_and_young_ones_stay(
    connection: Connection, messages: list[int], standin: StandIn, folders: Folders
) -> None:
    standin.faults.fail("type=chunk", status=500)
    standin.faults.fail("type=frame&number=3&", status=404, body={})
    archive = built(select(connection, (2, range(8))))
    assert archive.status == "incomplete"
    tasks.expire_archives()
    assert len([path for path in folders.spooled() if path.is_dir()]) == 1
    Archive.objects.update(finished_at=timezone.now() - timedelta(days=2))
    tasks.expire_archives()
    assert folders.spooled() == []
    assert again(archive).status == "incomplete"
