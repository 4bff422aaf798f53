"""What tests of publications share: a task, and a permission to write to it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from publishing.models import WritePermission
from publishing.tasks import publish
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.making import make_permission


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
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client
