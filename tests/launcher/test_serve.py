"""`manage.py serve`, started for real."""

from __future__ import annotations

import json
import signal
import socket
import stat
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.sockets import broker_socket
from launcher.ports import free_ports
from tests.launcher.launching import Launcher, alive

pytestmark = pytest.mark.worker

SERVICES = ("valkey-server", "-m standin", "celery -A config worker", "celery -A config beat")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """The last test stops it."""
    # So long a path that no socket fits below it, with spaces.
    launcher = Launcher(tmp_path_factory.mktemp("a long name with spaces " + "x" * 100))
    launcher.start()
    yield launcher
    launcher.close()
    assert not broker_socket(launcher.folder / "var").parent.exists()


def test_it_works(running: Launcher) -> None:
    status, body = running.get("/health")

    assert status == 200
    assert json.loads(body) == {"database": "ok", "broker": "ok"}
    assert "<form" in running.get("/accounts/login/")[1]
    for service in SERVICES:
        assert running.children(service), service


def test_says_where_to_go_and_how_to_sign_in(running: Launcher) -> None:
    assert f"http://localhost:{running.port}" in running.said
    assert f"http://localhost:{running.port}/accounts/password/" in running.said
    assert "user name  admin" in running.said
    assert f"http://localhost:{running.standin_port} (user name demo," in running.said


def test_what_it_writes_is_for_its_owner_only(running: Launcher) -> None:
    assert stat.S_IMODE((running.folder / ".env").stat().st_mode) == 0o600


def test_second_start_on_the_same_folder_is_refused(running: Launcher, settings: Any) -> None:
    settings.VAR_DIR, settings.PORT = running.data, running.port

    with pytest.raises(CommandError) as refused:
        call_command("serve", stdout=StringIO())
    assert f"already runs on {running.data}" in str(refused.value)
    assert f"(process {running.process.pid})" in str(refused.value)
    assert running.get("/health")[0] == 200


@pytest.mark.parametrize("variable", ["PORT", "STANDIN_PORT"])
def test_port_in_use_is_told(
    variable: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # of this process
    settings.VAR_DIR = tmp_path
    settings.STANDIN_URL = "http://localhost"
    settings.PORT, settings.STANDIN_PORT = free_ports(2)
    with socket.socket() as other:
        other.bind(("127.0.0.1", getattr(settings, variable)))
        other.listen()
        with pytest.raises(CommandError, match=f"set {variable} to another one"):
            call_command("serve", stdout=StringIO())


def test_ctrl_c_leaves_no_process(running: Launcher) -> None:
    """SIGTERM is tested in test_serve_killed.py, with the portal of its last test."""
    started = running.children()

    assert running.stop(signal.SIGINT) == 0
    assert alive(started) == {}
