"""Builds in this process, on folders of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User

from cvat import client
from cvat.retries import Retries
from selections import tasks
from selections.models import Archive
from selector.models import Connection
from standin.server import StandIn
from tests.making import connected
from tests.selections.builds import Folders, request, select

HASTY = Retries(
    attempts=1000,
    damaged_attempts=8,
    backoff=0.01,
    longest_backoff=0.05,
    longest_wait=60.0,
    give_up_after=30.0,
)


@pytest.fixture
def folder_of_builds(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def folders(settings: object, folder_of_builds: Path) -> Folders:
    made = Folders(folder_of_builds / "spool", folder_of_builds / "archives")
    settings.SPOOL_DIR = made.spool
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = django_settings.STORAGES | {
        "default": files | {"OPTIONS": {"location": made.archives}}
    }
    return made


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The archives handed to the workers, none of which runs."""
    sent: list[int] = []
    monkeypatch.setattr(tasks.build_archive, "delay", sent.append)
    return sent


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries as a worker's, without their long waits."""
    monkeypatch.setattr(client, "PATIENT", HASTY)


@pytest.fixture
def impatient(hasty: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that gives a server up after a second."""
    monkeypatch.setattr(client, "PATIENT", _lasting(1.0))


def _lasting(seconds: float) -> Retries:
    return Retries(1000, 8, 0.01, 0.2, 60.0, seconds)


@pytest.fixture
def archive(connection: Connection, messages: list[int]) -> Archive:
    """Waiting."""
    return request(select(connection, (2, range(8))))


@pytest.fixture
def mine(alice: User, standin: StandIn) -> Connection:
    """alice's, without a sign-in at the stand-in."""
    return connected(alice, standin)
