"""The memory of a worker process: bounded while it builds, and given back afterwards."""

from __future__ import annotations

import logging
import os
import re
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from selections import tasks
from selections.models import Archive
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import eventually
from tests.selections.builds import Folders, request, select
from tests.selections.test_kills import Worker
from tests.selections.under_fire import events, is_alive

pytestmark = [
    pytest.mark.worker,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks into /proc"),
]

# A process takes 140 MB; with one of these pictures for each of four threads it takes 300.
PICTURES = int(os.environ.get("LARGE_PICTURES", "6"))
PICTURE = 40 * 10**6
BOUND = 260 * 10**6


class Peaks:
    """Looks at the most memory that each process of a worker ever took."""

    def __init__(self, log: Path) -> None:
        self.by_process: dict[int, int] = {}
        self._log = log
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            for process in {event.process for event in events(self._log)}:
                try:
                    status = Path(f"/proc/{process}/status").read_text()
                except OSError:
                    continue
                found = re.search(r"VmHWM:\s+(\d+) kB", status)
                if found:
                    self.by_process[process] = int(found[1]) * 1024


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "fire.log"


@pytest.fixture
def environment(
    broker: None,
    transactional_db: None,
    worker_environment: dict[str, str],
    folders: Folders,
    log: Path,
) -> dict[str, str]:
    return worker_environment | {
        "FIRE_LOG": str(log),
        "SPOOL_DIR": str(folders.spool),
        "ARCHIVES_DIR": str(folders.archives),
    }


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"memory-{uuid.uuid4().hex}"
    build = tasks.build_archive
    monkeypatch.setattr(build, "delay", lambda number: build.apply_async((number,), queue=name))
    return name


@pytest.fixture
def peaks(log: Path) -> Iterator[Peaks]:
    looking = Peaks(log)
    yield looking
    looking.stop()


def ended(archive: Archive) -> bool:
    archive.refresh_from_db()
    return not archive.is_active


def test_large_pictures_do_not_lie_in_memory(
    environment: dict[str, str],
    queue: str,
    connection: Connection,
    standin: StandIn,
    peaks: Peaks,
) -> None:
    picture = standin.world.original_bytes(2, 0)
    picture += os.urandom(PICTURE - len(picture))
    images = {f"{number:03d}.jpg": picture for number in range(PICTURES)}
    worker = Worker(environment, queue)
    try:
        for chunk_size in (1, 3):
            task = standin.world.add_task(
                "large", owner="demo", images=images, chunk_size=chunk_size, segment_size=0
            )
            archive = request(select(connection, (task.id, None)))
            eventually(lambda archive=archive: ended(archive), seconds=600)
            assert (archive.status, archive.error) == ("ready", "")
            assert archive.size > PICTURES * PICTURE
            logging.getLogger(__name__).warning("peak of each process: %s", peaks.by_process)
            assert peaks.by_process
            assert max(peaks.by_process.values()) < BOUND, f"with chunks of {chunk_size}"
    finally:
        worker.kill()


def test_a_process_that_grew_is_replaced_after_the_build(
    environment: dict[str, str],
    queue: str,
    connection: Connection,
    standin: StandIn,
    log: Path,
) -> None:
    """Beyond a bound that every process is beyond."""
    worker = Worker(environment | {"WORKER_MAX_MEMORY_MB": "10"}, queue)
    try:
        for _ in range(3):
            archive = request(select(connection, (2, range(8))))
            eventually(lambda archive=archive: ended(archive), seconds=120)
            assert archive.status == "ready"
        processes = [event.process for event in events(log) if event.what == "claim"]
        eventually(lambda: not any(is_alive(process) for process in processes))
    finally:
        worker.kill()
    assert len(set(processes)) == 3
