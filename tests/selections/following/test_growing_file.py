"""A file is read while it grows: in order, to the end of the finished file."""

from __future__ import annotations

import shutil

import pytest

from selections.archives import following
from selections.archives.following import CHUNK, Broken, Follower, NotVisible
from selections.archives.spool import Spool
from selections.archives.spools import spool_of
from selections.models import Archive
from tests.conftest import eventually
from tests.selections.builds import Folders
from tests.selections.following.conftest import CONTENT, MIDDLE, Build, read, reading

pytestmark = pytest.mark.usefixtures("db", "folders")


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
