"""On a short disk, spools that only wait for another try make room for a build, oldest first."""

from __future__ import annotations

from collections import namedtuple
from datetime import timedelta

import pytest
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

from selections.archives import disk, spools
from selections.models import Archive, SelectedFrame
from selector.models import Connection
from standin.server import StandIn
from tests.selections.builds import Folders, assert_whole, built, no_space, request, select

pytestmark = pytest.mark.usefixtures("transactional_db")

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def unfinished(
    connection: Connection,
    folders: Folders,
    messages: list[int],
    hasty: None,
    monkeypatch: pytest.MonkeyPatch,
) -> list[Archive]:
    """Three archives that could not be stored, with their spools; the first ended last."""
    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "_save", no_space)
        archives = [built(select(connection, (2, range(count)))) for count in (20, 21, 22)]
    for hours, archive in enumerate(archives, start=1):
        assert archive.status == "failed"
        ended = timezone.now() - timedelta(hours=hours)
        Archive.objects.filter(pk=archive.pk).update(finished_at=ended)
    SelectedFrame.objects.update(width=0, height=0)  # no estimate before the build
    return archives


def size_of(archive: Archive) -> int:
    return spools.spool_of(archive.pk).size()


@pytest.fixture
def short_disk(unfinished: list[Archive], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is free but what is freed of those spools."""
    total = sum(map(size_of, unfinished))

    def usage(_: object) -> Usage:
        return Usage(0, 0, disk.SPARE + total - sum(map(size_of, unfinished)))

    monkeypatch.setattr(disk.shutil, "disk_usage", usage)


def built_with(connection: Connection, room: int) -> Archive:
    """A build that is estimated to need so many bytes."""
    selection = select(connection, (12, [0, 1]))
    selection.frames.update(width=0, height=0)
    selection.frames.filter(frame=0).update(width=room / disk.BYTES_PER_PIXEL, height=1)
    return built(selection)


def survivors(archives: list[Archive]) -> list[bool]:
    return [spools.spool_of(archive.pk).folder.is_dir() for archive in archives]


@pytest.mark.usefixtures("short_disk")
def test_the_oldest_go_first_and_only_as_many_as_needed(
    unfinished: list[Archive], connection: Connection, standin: StandIn
) -> None:
    archive = built_with(connection, size_of(unfinished[2]) + 100)
    assert_whole(archive, standin)
    assert survivors(unfinished) == [True, False, False]


@pytest.mark.usefixtures("short_disk")
def test_a_spool_that_a_waiting_build_will_take_over_stays(
    unfinished: list[Archive], connection: Connection, standin: StandIn
) -> None:
    assert unfinished[2].selection is not None
    assert request(unfinished[2].selection).continues == unfinished[2]
    assert_whole(built_with(connection, 100), standin)
    assert survivors(unfinished) == [True, False, True]


@pytest.mark.usefixtures("short_disk")
def test_none_goes_when_all_together_are_too_small(
    unfinished: list[Archive], connection: Connection
) -> None:
    archive = built_with(connection, sum(map(size_of, unfinished)) + 1000)
    assert archive.status == "failed"
    assert "will not hold" in archive.error
    assert survivors(unfinished) == [True, True, True]
