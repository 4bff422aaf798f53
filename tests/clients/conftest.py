"""The Python package in front of a portal that runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer

from portal.models import ApiToken
from selector.models import Connection
from tests.clients.running import run


@pytest.fixture
def token(transactional_db: None, alice: User) -> str:
    _, value = ApiToken.objects.issue(owner=alice, name="package")
    return str(value)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the account, which is not there yet."""
    path = tmp_path / "config" / "account.json"
    monkeypatch.setenv("CVAT_SELECT_CONFIG", str(path))
    return path


@pytest.fixture
def connected(
    config: Path, live_server: LiveServer, token: str, connection: Connection
) -> Connection:
    """The command is connected to the portal, and alice to CVAT."""
    assert run("connect", live_server.url, typed=token).exit_code == 0
    return connection
