"""Celery workers of a test's own, on a queue that no other test's worker reads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from celery import Task

from selections.tasks import build_archive
from selector.tasks import index_annotations
from tests.conftest import BASE_DIR, eventually


def _hand_out(task: Task, queue: str, number: int) -> None:
    task.apply_async((number,), queue=queue)


@contextmanager
def own_worker(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    log: Path,
    processes: int = 1,
    imports: str = "",
) -> Iterator[None]:
    """A worker that works in so many processes; what the test hands out goes to it alone."""
    queue = f"own-{uuid.uuid4().hex}"
    for task in (build_archive, index_annotations):
        monkeypatch.setattr(task, "delay", partial(_hand_out, task, queue))
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-l", "INFO"]
    command += ["-c", str(processes), "--without-gossip", "--without-mingle", "--without-heartbeat"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, *(["-I", imports] if imports else [])],
            cwd=BASE_DIR,
            env=environment | {"TEST_QUEUE": queue},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        eventually(lambda: b" ready." in log.read_bytes(), seconds=60)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
