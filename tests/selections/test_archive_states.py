"""The row of an archive is the truth: who may change it, and what asking again comes to."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connections

from portal.exceptions import Conflict, InvalidInput
from selections import services, tasks
from selections.archives import building
from selections.models import Archive, ArchiveOptions, ArchivePart
from standin.server import StandIn
from tests.selections.builds import (
    Folders,
    again,
    assert_no_debris,
    assert_whole,
    data_requests,
    grow_stale,
    request,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "hasty")


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


# --- workers ----------------------------------------------------------------------------------


def test_two_builds_of_one_archive_do_the_work_once(archive: Archive, standin: StandIn) -> None:
    def build() -> bool:
        building.build(archive.pk)
        return True

    at_once(4, build)
    assert_whole(again(archive), standin)
    assert len(data_requests(standin)) == 1


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
    assert not again(archive).hand_out_again()
    building.build(archive.pk)
    assert again(archive).status == status
    assert again(archive).error == ("" if end == "cancel" else "why")


def test_nothing_to_build(archive: Archive, standin: StandIn, folders: Folders) -> None:
    Archive.objects.all().delete()
    standin.requests.clear()
    building.build(archive.pk)
    tasks.build_archive(archive.pk)
    assert len(standin.requests) == 0
    assert_no_debris(folders)


# --- asking ---------------------------------------------------------------------------------------


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
    # The last try was another: older pieces are older pictures.
    assert second.continues is None
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
        {"video_quality": 0},
        {"video_quality": 101},
    ],
)
def test_wrong_options_are_told(archive: Archive, options: dict[str, object]) -> None:
    services.cancel_archive(archive=archive)
    with pytest.raises(InvalidInput, match=next(iter(options))):
        request(archive.selection, **options)


def test_a_row_of_another_release_is_read_and_built_again(archive: Archive) -> None:
    """One that lacks newer options, and has one that no longer exists."""
    services.cancel_archive(archive=archive)
    Archive.objects.filter(pk=archive.pk).update(options={"quality": "compressed", "zstd": True})
    archive.refresh_from_db()
    assert archive.get_options() == ArchiveOptions(quality="compressed")
    again = services.retry_archive(user=archive.requested_by, archive=archive)
    assert again.options == ArchiveOptions(quality="compressed").to_json()


@pytest.mark.parametrize(
    "options",
    [
        ArchiveOptions(),
        ArchiveOptions(quality="compressed", part_size=10**9, video_format="jpeg"),
        ArchiveOptions(video_quality=1, deleted_frames="leave_out", part_files=100),
        ArchiveOptions(task_folders=True),
    ],
)
def test_options_that_are_written_are_read(options: ArchiveOptions) -> None:
    assert ArchiveOptions.from_json(options.to_json()) == options
