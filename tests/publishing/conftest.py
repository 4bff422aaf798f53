"""What tests of publications share: a task, and a permission to write to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cvat import client as cvat_client
from publishing.models import Publication, WritePermission
from publishing.services import making_tasks, packed_file
from publishing.tasks import publish
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.making import make_permission, make_publication
from tests.publishing.making import select
from tests.selections.conftest import HASTY


@pytest.fixture
def task(standin: StandIn) -> Task:
    """Thirty pictures in three jobs, of which frame 13 is deleted."""
    return standin.world.add_task(
        "Thirty", owner="demo", count=30, pattern="p{:02d}.png", segment_size=10, deleted=[13]
    )


@pytest.fixture
def permission(connection: Connection, standin: StandIn) -> WritePermission:
    token = standin.world.access_token("demo", "writing", read_only=False)
    return make_permission(connection, token.value)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The publications handed to the workers, none of which runs."""
    handed_out: list[int] = []
    monkeypatch.setattr(publish, "delay", handed_out.append)
    return handed_out


@pytest.fixture
def places(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of uploads, and that of what is packed. CVAT is asked again at once."""
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    settings.SPOOL_DIR = tmp_path / "spool"
    settings.UPLOADS_DIR = tmp_path / "uploads"
    return tmp_path


@pytest.fixture
def uploaded_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """The upload to CVAT begins after the first of two pictures."""
    monkeypatch.setattr(packed_file, "LEAST_PICTURES", 1)
    monkeypatch.setattr(packed_file, "FIXED_MARGIN", 0.12)


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def published(
    alice: User, connection: Connection, task: Task, standin: StandIn
) -> tuple[Publication, Task]:
    """Frames 3, 11 and 25, which are 0, 1 and 2 of the new task of two jobs."""
    made = standin.world.add_task("Chosen", owner="demo", count=3, segment_size=2)
    publication = make_publication(alice, select(connection, task, [3, 11, 25]), "ready")
    publication.target, publication.result_task_id = Publication.Target.TASK, made.id
    publication.save()
    for number, frame in enumerate([3, 11, 25]):
        publication.published_frames.create(
            new_frame=number, task_id=task.id, frame=frame, path=f"{frame}.png"
        )
    return publication, made
