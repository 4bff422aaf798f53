"""A whole portal, as `manage.py serve` starts it, with people who have connections and tokens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from benchmarks import services
from benchmarks.services import TOP
from launcher.ports import free_ports


class Installation:
    """A running portal at `url`, with an API token of each person in `tokens`."""

    def __init__(self, database: str, cvat_url: str, *, people: int) -> None:
        self._database = database
        self._cvat_url = cvat_url
        self._people = people
        self._folder = tempfile.TemporaryDirectory(prefix="bench-load-")
        self._services: Path | None = None

    def __enter__(self) -> Installation:
        port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{port}"
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "VAR_DIR": self._folder.name,
            "ENV_FILE": os.devnull,
            "SECRET_KEY": "benchmark" * 8,
            "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "CVAT_URL": self._cvat_url,
            "CVAT_ALLOWED_URLS": self._cvat_url,
            "PORT": str(port),
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        }
        if self._database == "postgresql":
            self._services = services.start()
        log = (Path(self._folder.name) / "serve.log").open("wb")
        command = [sys.executable, "manage.py", "serve"]
        self._serve = subprocess.Popen(command, cwd=TOP, stdout=log, stderr=subprocess.STDOUT)
        try:
            self._wait_until_healthy()
            from benchmarks import filling  # noqa: PLC0415  (needs the settings above)

            self.tokens = filling.fill(self._cvat_url, self._people)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._serve.send_signal(signal.SIGINT)
        self._serve.wait(60)
        if self._services:
            services.stop(self._services)
        self._folder.cleanup()

    def cpu_seconds(self) -> float:
        return sum(self.cpu_by_service().values())

    def cpu_by_service(self) -> dict[str, float]:
        """CPU seconds of web, worker, beat, broker and what else serves the portal."""
        parts: dict[str, float] = {}
        for pid in self._processes():
            name = _service(pid)
            parts[name] = parts.get(name, 0) + _cpu(pid)
        return parts

    def web_memory_mb(self, field: str) -> float:
        """The largest of the web processes: VmRSS, resident now, or VmHWM, at the peak."""
        pids = [pid for pid in self._processes() if _service(pid) == "web"]
        return max(_memory_mb(pid, field) for pid in pids)

    def _processes(self) -> list[int]:
        roots = [self._serve.pid]
        if self._services:
            pids = (self._services / "redis/pid", self._services / "pg/data/postmaster.pid")
            roots += [int(path.read_text().split()[0]) for path in pids]
        return [pid for root in roots for pid in _tree(root)]

    def _wait_until_healthy(self) -> None:
        for _ in range(600):
            try:
                requests.get(f"{self.url}/health", timeout=5).raise_for_status()
            except requests.RequestException:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError((Path(self._folder.name) / "serve.log").read_text())


def _tree(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(c) for task in tasks for c in (task / "children").read_text().split()]
    except FileNotFoundError:
        return []
    return [pid, *(each for child in children for each in _tree(child))]


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"no {field} in /proc")


def _service(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except FileNotFoundError:
        return "ended"
    for name, mark in (
        ("beat", "celery -A config beat"),
        ("worker", "celery"),
        ("web", "gunicorn"),
        ("broker", "valkey"),
        ("broker", "redis"),
        ("database", "postgres"),
        ("launcher", "serve"),
    ):
        if mark in command:
            return name
    return "other"
