"""The files of an archive go with it: expired, deleted, or kept for a retry that never came."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from selections import services, tasks
from selections.archives import building
from selections.models import Archive, ArchivePart
from selector.models import Connection
from standin.server import StandIn
from tests.selections.builds import (
    Folders,
    again,
    built,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "hasty")


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
