"""The portal's own web server, started for real on the test database."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from django.conf import settings
from django.contrib.auth.models import User

from launcher import services
from launcher.ports import free_ports
from portal.models import ApiToken
from tests.conftest import BASE_DIR, eventually, stop


class WebServer:
    """A running server; `get` and `post` act for a user by an API token."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.process = process

    def health_seconds(self) -> float:
        """How long /health takes to answer."""
        started = time.monotonic()
        with urllib.request.urlopen(f"{self.url}/health", timeout=60) as answer:
            assert answer.status == 200
        return time.monotonic() - started

    def session(self, user: User) -> requests.Session:
        _, value = ApiToken.objects.issue(owner=user, name="tests")
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {value}"
        return session

    def memory(self) -> int:
        """The largest resident size of any of its processes so far, in bytes."""
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, check=False
        )
        pids = [self.process.pid, *map(int, children.stdout.split())]
        return max(map(_peak, pids))


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


@contextmanager
def web_server(environment: dict[str, str], **variables: object) -> Iterator[WebServer]:
    """As `manage.py serve` starts it, with one process, and the variables in its environment."""
    [port] = free_ports(1)
    log = Path(settings.VAR_DIR) / f"web-{port}.log"
    service = services.web_service()
    command = [*service.command]
    command[command.index("--bind") + 1] = f"127.0.0.1:{port}"
    command[command.index("--workers") + 1] = "1"
    given = {name: str(value) for name, value in variables.items()}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=BASE_DIR,
            env={**environment, **service.environment, **given},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        server = WebServer(port, process)
        try:
            eventually(lambda: _is_up(server) or process.poll() is not None, seconds=60)
            assert process.poll() is None, log.read_text()
            yield server
        finally:
            stop(process)


def _is_up(server: WebServer) -> bool:
    try:
        return server.health_seconds() >= 0
    except OSError:
        return False
