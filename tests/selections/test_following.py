"""Reading a file while it grows: in order, to the end of the finished file, and never past a doubt.

The tests write the file themselves, where a worker would.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.db.models import F

from selections.archives import following, growing
from selections.archives.following import CHUNK, Broken, Follower, NotVisible
from selections.archives.spool import Spool
from selections.archives.spools import spool_of
from selections.models import Archive
from tests.conftest import eventually
from tests.making import make_archive, make_selection
from tests.selections.builds import Folders

pytestmark = pytest.mark.usefixtures("db", "folders")

CONTENT = os.urandom(3 * CHUNK + 12_345)
MIDDLE = CHUNK + 100


class Build:
    """A worker that writes a part of an archive; `attempt` takes it over."""

    def __init__(self, archive: Archive, folders: Folders, number: int = 1) -> None:
        self.archive = archive
        self._folders = folders
        self._number = number
        self.attempt()

    def attempt(self) -> None:
        """The worker before is dead: its file is removed, a new one is begun."""
        if self.archive.claimed_by is not None:
            self.path.unlink()
        self.worker = uuid.uuid4()
        Archive.objects.filter(pk=self.archive.pk).update(
            status="running",
            claimed_by=self.worker,
            files_begun=F("files_begun") + 1,
            frames_done=1,
        )
        self._written = b""
        self.archive.refresh_from_db()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = self.path.open("xb", buffering=0)

    @property
    def path(self) -> Path:
        assert self.archive.claimed_by is not None
        stem = growing.stem(self.archive, self.archive.claimed_by)
        return growing.part_path(stem, self._number)

    def write(self, content: bytes) -> None:
        self._file.write(content)
        self._written += content

    def store(self, *, copied: bool = False) -> Path:
        stored = self._folders.archives / f"{self._number}.zip"
        stored.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copyfile if copied else os.replace)(self.path, stored)
        return stored

    def finish(self, stored: Path, size: int, status: str = "ready") -> None:
        self.archive.parts.create(
            number=self._number,
            file=stored.name,
            size=size,
            sha256=hashlib.sha256(self._written).hexdigest(),
        )
        Archive.objects.filter(pk=self.archive.pk).update(status=status)


@pytest.fixture
def archive(alice: User) -> Archive:
    return make_archive(alice, make_selection(alice))


@pytest.fixture
def build(archive: Archive, folders: Folders) -> Build:
    return Build(archive, folders)


@pytest.fixture
def follower(archive: Archive) -> Iterator[Follower]:
    # An object of its own: the follower must ask the database.
    follower = Follower(Archive.objects.get(pk=archive.pk))
    yield follower
    follower.close()


def read(follower: Follower, length: int) -> bytes:
    content = b""
    while len(content) < length:
        content += next(follower)
    return content


def reading(follower: Follower, pieces: list[bytes]) -> threading.Thread:
    """Reads to the end beside the test."""

    def read_all() -> None:
        try:
            pieces.extend(follower)
        finally:
            connections.close_all()

    thread = threading.Thread(target=read_all)
    thread.start()
    return thread


def test_what_is_written_is_read_to_the_end_of_the_finished_file(
    build: Build, follower: Follower
) -> None:
    build.write(CONTENT[:10])
    assert follower.begin(30)
    assert read(follower, 10) == CONTENT[:10]
    build.write(CONTENT[10:MIDDLE])
    assert read(follower, MIDDLE - 10) == CONTENT[10:MIDDLE]
    build.write(CONTENT[MIDDLE:])
    build.finish(build.store(), len(CONTENT))
    assert b"".join(follower) == CONTENT[MIDDLE:]


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_what_is_written_later(build: Build, follower: Follower) -> None:
    pieces: list[bytes] = []
    build.write(CONTENT[:MIDDLE])
    thread = reading(follower, pieces)
    eventually(lambda: sum(map(len, pieces)) == MIDDLE)
    build.write(CONTENT[MIDDLE:])
    eventually(lambda: sum(map(len, pieces)) == len(CONTENT))
    assert thread.is_alive()  # the build has not ended
    build.finish(build.store(), len(CONTENT), status="incomplete")
    thread.join(30)
    assert b"".join(pieces) == CONTENT


def test_an_archive_that_is_finished_before_it_is_begun(build: Build, follower: Follower) -> None:
    build.write(CONTENT)
    build.finish(build.store(), len(CONTENT))
    assert follower.begin(30)
    assert not follower.archive.is_active
    assert b"".join(follower) == CONTENT


def test_from_a_position_to_another(build: Build, archive: Archive) -> None:
    build.write(CONTENT)
    follower = Follower(archive, start=MIDDLE, stop=MIDDLE + CHUNK + 7)
    assert follower.begin(30)
    assert b"".join(follower) == CONTENT[MIDDLE : MIDDLE + CHUNK + 7]
    follower.close()


def test_it_begins_when_the_position_is_reached(build: Build, archive: Archive) -> None:
    build.write(CONTENT[:MIDDLE])
    follower = Follower(archive, start=MIDDLE)
    assert not follower.begin(0)
    build.write(CONTENT[MIDDLE : MIDDLE + 1])
    assert follower.begin(30)
    assert next(follower) == CONTENT[MIDDLE : MIDDLE + 1]
    follower.close()


def test_a_later_part(archive: Archive, folders: Folders) -> None:
    build = Build(archive, folders, number=2)
    build.write(CONTENT)
    build.finish(build.store(), len(CONTENT))
    follower = Follower(archive, number=2)
    assert b"".join(follower) == CONTENT
    with pytest.raises(Broken, match="no part 1"):
        next(Follower(archive, number=1))
    follower.close()


@pytest.mark.parametrize("status", ["failed", "cancelled", "expired"])
def test_a_build_that_ends_without_a_file_breaks(
    status: str, build: Build, follower: Follower
) -> None:
    build.write(CONTENT)
    assert read(follower, len(CONTENT)) == CONTENT
    Archive.objects.filter(pk=build.archive.pk).update(status=status)
    with pytest.raises(Broken, match=status):
        next(follower)


def test_an_archive_that_is_deleted_breaks(build: Build, follower: Follower) -> None:
    build.write(CONTENT[:10])
    assert next(follower) == CONTENT[:10]
    Archive.objects.all().delete()
    with pytest.raises(Broken, match="deleted"):
        next(follower)


@pytest.mark.parametrize("status", ["failed", "cancelled", None])
def test_the_end_is_seen_while_there_is_more_to_be_read(
    status: str | None, build: Build, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LOOK_SECONDS", 0)
    build.write(CONTENT)
    assert next(follower) == CONTENT[:CHUNK]
    if status is None:
        Archive.objects.all().delete()
    else:
        Archive.objects.update(status=status)
    with pytest.raises(Broken, match=status or "deleted"):
        next(follower)


def test_a_file_that_does_not_grow_is_given_up(build: Build, archive: Archive) -> None:
    build.write(CONTENT[:10])
    follower = Follower(archive, patience=0)
    assert follower.begin(30)
    assert next(follower) == CONTENT[:10]
    with pytest.raises(Broken, match="nothing was written"):
        next(follower)
    follower.close()


def test_nobody_who_reads(build: Build, archive: Archive) -> None:
    build.write(CONTENT[:10])
    follower = Follower(archive, is_wanted=lambda: False)
    assert follower.begin(30)
    assert next(follower) == CONTENT[:10]
    with pytest.raises(Broken, match="nobody"):
        next(follower)
    follower.close()


# --- another file in its place ------------------------------------------------------------------


def test_the_next_attempt_is_compared_and_read_on(build: Build, follower: Follower) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.attempt()
    build.write(CONTENT)
    build.finish(build.store(), len(CONTENT))
    assert b"".join(follower) == CONTENT[MIDDLE:]


@pytest.mark.django_db(transaction=True)
def test_an_attempt_that_is_not_as_far_yet_is_waited_for(build: Build, follower: Follower) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.attempt()
    build.write(CONTENT[:100])
    pieces: list[bytes] = []
    thread = reading(follower, pieces)
    eventually(lambda: follower.archive.claimed_by == build.worker)
    build.attempt()  # which dies before it has come as far
    build.write(CONTENT)
    build.finish(build.store(), len(CONTENT))
    thread.join(30)
    assert b"".join(pieces) == CONTENT[MIDDLE:]


@pytest.mark.parametrize("place", [0, 100, MIDDLE - 1])
def test_an_attempt_with_other_bytes_breaks(place: int, build: Build, follower: Follower) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.attempt()
    build.write(other_than(CONTENT, place))
    with pytest.raises(Broken, match="other bytes"):
        next(follower)


def test_the_same_worker_that_begins_again(build: Build, follower: Follower) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.path.unlink()
    build.path.write_bytes(other_than(CONTENT, 50))
    with pytest.raises(Broken, match="other bytes"):
        next(follower)


def test_a_copy_in_the_storage_is_compared(build: Build, follower: Follower) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.write(CONTENT[MIDDLE:])
    stored = build.store(copied=True)
    build.path.unlink()
    build.finish(stored, len(CONTENT))
    assert b"".join(follower) == CONTENT[MIDDLE:]


@pytest.mark.parametrize("place", [MIDDLE, len(CONTENT) - 1])
def test_another_file_in_the_storage_breaks(place: int, build: Build, follower: Follower) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.attempt()
    build.write(CONTENT)
    stored = build.store()
    stored.write_bytes(other_than(CONTENT, place))
    build.finish(stored, len(CONTENT))
    with pytest.raises(Broken, match="other bytes"):
        list(follower)


@pytest.mark.parametrize("start", [0, MIDDLE])
@pytest.mark.parametrize("place", [50, len(CONTENT) - 1])
def test_a_machine_that_sees_other_bytes_than_were_written_breaks(
    start: int, place: int, build: Build, archive: Archive
) -> None:
    """As network file systems may show what is written elsewhere."""
    build.write(CONTENT)
    build.path.write_bytes(other_than(CONTENT, place))
    build.finish(build.store(), len(CONTENT))
    follower = Follower(archive, start=start)
    with pytest.raises(Broken, match="other bytes"):
        list(follower)
    follower.close()


def test_a_range_is_compared_with_the_next_attempt(build: Build, archive: Archive) -> None:
    """What the client has before the range is of the attempt before."""
    build.write(CONTENT[: MIDDLE + 5])
    follower = Follower(archive, start=MIDDLE, stop=MIDDLE + 10)
    assert follower.begin(30)
    assert next(follower) == CONTENT[MIDDLE : MIDDLE + 5]
    build.attempt()
    build.write(other_than(CONTENT, 50))
    with pytest.raises(Broken, match="other bytes"):
        next(follower)
    follower.close()


def test_a_file_that_ends_before_the_range_breaks(build: Build, archive: Archive) -> None:
    follower = Follower(archive, start=MIDDLE)
    build.write(CONTENT[:10])
    build.finish(build.store(), 10)
    with pytest.raises(Broken, match="ends before"):
        next(follower)
    follower.close()


@pytest.mark.parametrize("size", [MIDDLE, MIDDLE - 1, MIDDLE + 1])
def test_a_file_of_another_size_than_recorded_breaks(
    size: int, build: Build, follower: Follower
) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.finish(build.store(), size)
    if size == MIDDLE:
        assert list(follower) == []
    else:
        with pytest.raises(Broken, match="size"):
            next(follower)


def test_a_file_that_is_gone_from_the_storage_breaks(build: Build, follower: Follower) -> None:
    build.write(CONTENT[:10])
    assert next(follower) == CONTENT[:10]
    build.finish(Path("nowhere.zip"), 10)
    with pytest.raises(Broken, match="gone"):
        next(follower)


# --- where its files cannot be seen -------------------------------------------------------------


def test_a_build_on_a_machine_whose_spool_is_not_here(
    build: Build, follower: Follower, folders: Folders
) -> None:
    shutil.rmtree(folders.spool)
    with pytest.raises(NotVisible):
        follower.begin(30)


def test_a_build_that_ends_while_its_spool_is_looked_for(
    build: Build, follower: Follower, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.write(CONTENT)
    build.store()
    shutil.rmtree(folders.spool)

    def ends(archive_id: int) -> Spool:
        Archive.objects.update(status="ready")
        return spool_of(archive_id)

    monkeypatch.setattr(following, "spool_of", ends)
    assert follower.begin(30)
    assert not follower.archive.is_active


def test_a_storage_without_paths(build: Build, follower: Follower, settings: object) -> None:
    build.write(CONTENT)
    elsewhere = {"BACKEND": "django.core.files.storage.Storage"}
    settings.STORAGES = settings.STORAGES | {"default": elsewhere}
    with pytest.raises(NotVisible):
        follower.begin(30)


def test_a_build_that_waits_is_not_begun(archive: Archive, follower: Follower) -> None:
    assert not follower.begin(0)


def other_than(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
