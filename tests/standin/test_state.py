"""What a restart of the stand-in must not forget."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from standin import state
from standin.server import StandIn
from standin.state import StoredCredentials
from standin.world import World
from tests.conftest import eventually


def world() -> World:
    made = World()
    made.add_user("alice")
    made.add_user("bob")
    return made


def status(url: str, authorization: str) -> int:
    headers = {"Authorization": authorization}
    return requests.get(f"{url}/api/users/self", headers=headers, timeout=10).status_code


def test_it_works(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    before = world()
    with StoredCredentials(before, path):
        key = before.login_token("alice")
        token = before.access_token("bob", "portal")
        gone = before.access_token("bob", "old", expiry_date=datetime.now(UTC) - timedelta(1))
        revoked = before.access_token("bob", "revoked")
        revoked.revoked = True

    after = world()
    with StoredCredentials(after, path), StandIn(after) as server:
        assert status(server.url, f"Token {key}") == 200
        assert status(server.url, f"Bearer {token.value}") == 200
        assert status(server.url, f"Bearer {gone.value}") == 401
        assert status(server.url, f"Bearer {revoked.value}") == 401
        assert after.access_token("bob").id > revoked.id


def test_it_is_written_while_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "LOOK_SECONDS", 0.01)
    path = tmp_path / "state.json"
    before = world()
    with StoredCredentials(before, path):
        key = before.login_token("alice")
        eventually(lambda: path.exists() and key in path.read_text())
        left = shutil.copy(path, tmp_path / "left.json")  # as if it were killed here
        after = world()
        with StoredCredentials(after, left):
            assert list(after.login_tokens) == [key]


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with StoredCredentials(world(), path):
        pass
    assert path.stat().st_mode & 0o077 == 0
