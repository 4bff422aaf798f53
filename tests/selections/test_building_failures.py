"""What fails in the portal itself ends a build without debris: disk, storage, the unforeseen."""

from __future__ import annotations

import errno
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage

from selections import services
from selections.archives import building, disk, pieces, storing, zipping
from selections.archives.part_file import PartFile
from selections.archives.spool import Spool
from selections.models import ArchiveOptions, SelectedFrame, UnlinkedFile
from selector.models import Connection
from standin.server import StandIn
from tests.selections.builds import (
    Folders,
    assert_no_debris,
    assert_whole,
    built,
    data_requests,
    gone,
    no_chunks,
    no_space,
    only_path,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")

Usage = namedtuple("Usage", "total used free")


def free(monkeypatch: pytest.MonkeyPatch, length: Callable[[], int]) -> None:
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: Usage(0, 0, length()))


def test_a_disk_that_will_not_hold_it_is_told_before(
    connection: Connection,
    standin: StandIn,
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    free(monkeypatch, lambda: disk.SPARE + 10_000)
    selection = select(connection, (1, None))
    standin.requests.clear()
    archive = built(selection)
    assert archive.status == "failed"
    assert "will not hold" in archive.error
    assert "10 kB are free" in archive.error
    assert data_requests(standin) == []
    assert_no_debris(folders)


def test_a_disk_that_others_fill_meanwhile(
    connection: Connection, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = iter([10**12, 10**12, 0])
    free(monkeypatch, lambda: next(room))
    archive = built(select(connection, (1, None)))
    assert archive.status == "failed"
    assert "will not hold" in archive.error
    assert_only_the_spool_stays(folders)


def test_what_lies_in_the_spool_needs_no_room(
    connection: Connection, alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    selection = select(connection, (2, None))
    SelectedFrame.objects.update(width=0, height=0)
    no_chunks(standin)
    gone(standin, 0)
    first = built(selection)
    assert first.status == "incomplete"
    standin.faults.clear()
    free(monkeypatch, lambda: disk.SPARE + int(1.2 * first.bytes_done))
    monkeypatch.setattr(disk, "CHECK_EVERY", 5)
    standin.requests.clear()
    again = services.retry_archive(user=alice, archive=first)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    assert len(data_requests(standin)) == 1  # for the frame that was missing


def assert_only_the_spool_stays(folders: Folders) -> None:
    """For the next try: pieces, and ZIPs with their lists; nothing that only one try can use."""
    assert folders.stored() == []
    of_builds = {path.suffix for path in folders.spool.rglob("build-*")}
    assert of_builds <= {".zip", ".kept", ".list"}
    assert not UnlinkedFile.objects.exists()


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (PartFile, "add"),
        (PartFile, "end"),
        (zipping.ZipWriter, "finish"),
        (Spool, "arriving_frame"),
        (Spool, "arriving_piece"),
        (Spool, "prepare"),
        (FileSystemStorage, "_save"),
    ],
)
def test_a_disk_that_is_full(
    connection: Connection,
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
    where: type,
    what: str,
) -> None:
    selection = select(connection, (2, None), (1, [3, 60]))
    monkeypatch.setattr(where, what, no_space)
    archive = built(selection)
    assert archive.status == "failed"
    assert "disk of the portal is full" in archive.error
    assert_only_the_spool_stays(folders)


def test_a_retry_after_a_full_disk_fetches_only_what_is_missing(
    connection: Connection, alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    selection = select(connection, (2, None), (1, range(20, 60)))
    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "_save", no_space)
        failed = built(selection)
    assert failed.status == "failed"
    standin.requests.clear()
    again = services.retry_archive(user=alice, archive=failed)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    assert data_requests(standin) == []


def test_a_disk_that_gives_other_bytes_than_before(
    connection: Connection, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture too large for memory is read twice: for its checksum, and for the ZIP."""
    real = pieces._Slice.readinto

    def damaged(file: pieces._Slice, buffer: Any) -> int:
        count = real(file, buffer)
        if count:
            buffer[count - 1] ^= 1
        return count

    monkeypatch.setattr(pieces, "IN_MEMORY", 0)
    monkeypatch.setattr(pieces, "SMALL_PIECE", 0)
    monkeypatch.setattr(pieces._Slice, "readinto", damaged)
    archive = built(select(connection, (2, range(8))))
    assert archive.status == "failed"
    assert "is damaged, the disk gave other bytes. Try again." in archive.error
    assert_only_the_spool_stays(folders)


def test_a_storage_that_fails_after_the_first_part(
    connection: Connection, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = FileSystemStorage._save

    def failing(self: FileSystemStorage, name: str, content: object) -> str:
        if name.endswith("_2.zip"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return save(self, name, content)

    monkeypatch.setattr(FileSystemStorage, "_save", failing)
    monkeypatch.setattr(ArchiveOptions, "SMALLEST_PART", 1)
    archive = built(select(connection, (1, range(20, 60))), part_size=300_000)
    assert archive.status == "failed"
    assert archive.error == "The ZIP could not be written: Permission denied."
    assert_only_the_spool_stays(folders)


def test_a_retry_after_the_second_part_was_not_stored_fetches_nothing(
    connection: Connection, alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first part was in the storage already, and was deleted there."""
    save = FileSystemStorage._save
    monkeypatch.setattr(ArchiveOptions, "SMALLEST_PART", 1)
    with monkeypatch.context() as patch:
        patch.setattr(
            FileSystemStorage,
            "_save",
            lambda self, name, content: (no_space if name.endswith("_2.zip") else save)(
                self, name, content
            ),
        )
        failed = built(select(connection, (1, range(20, 60))), part_size=300_000)
    assert failed.status == "failed"
    standin.requests.clear()
    again = services.retry_archive(user=alice, archive=failed)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    assert data_requests(standin) == []


def test_a_storage_that_copies_leaves_no_second_copy(
    connection: Connection, standin: StandIn, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(storing._MovableFile, "temporary_file_path")
    no_chunks(standin)
    gone(standin, 3)
    archive = built(select(connection, (2, range(8))))
    assert archive.status == "incomplete"  # so its spool is kept
    assert not list(folders.spool.rglob("build-*.zip"))
    assert only_path(archive).stat().st_size == archive.size


@pytest.mark.parametrize("what", [RuntimeError, MemoryError, ValueError])
def test_what_nobody_thought_of(
    connection: Connection,
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
    what: type[Exception],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise what("secret details")

    monkeypatch.setattr("selections.archives.frame_source.Plan", fail)
    archive = built(select(connection, (2, None)))
    assert archive.status == "failed"
    assert "unexpected" in archive.error
    assert "secret" not in archive.error
    assert_no_debris(folders)
