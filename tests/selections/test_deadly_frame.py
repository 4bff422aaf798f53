"""A build that kills its worker at every attempt ends, says so, and loses nothing it fetched."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.tasks import recover_work
from selections import services
from selections.models import Archive
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import eventually, finished
from tests.selections.builds import Folders, assert_whole, data_requests, request, select
from tests.selections.workers import own_worker

pytestmark = pytest.mark.worker

CHUNK = 5


@pytest.fixture
def switch(tmp_path: Path) -> Path:
    return tmp_path / "deadly"


@pytest.fixture
def worker(
    broker: None,
    transactional_db: None,
    worker_environment: dict[str, str],
    folders: Folders,
    standin: StandIn,
    switch: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """A real worker with one process to build in, for whom one frame may be deadly."""
    environment = worker_environment | {
        "DEADLY_FRAME": str(switch),
        "TEST_CVAT_ALLOWED_URLS": standin.url,
        "SPOOL_DIR": str(folders.spool),
        "ARCHIVES_DIR": str(folders.archives),
    }
    imports, log = "tests.selections.deadly_frame", tmp_path / "worker.log"
    with own_worker(environment, monkeypatch, log=log, imports=imports):
        yield


def ended(archive: Archive) -> float:
    """Seconds until the archive has ended, with recovery as often as beat would run it."""
    begun = time.monotonic()

    def has_ended() -> bool:
        recover_work()
        archive.refresh_from_db()
        return not archive.is_active

    eventually(has_ended, seconds=120, every=0.5)  # each recovery takes 30 ms of processor time
    return time.monotonic() - begun


@pytest.mark.parametrize("where", ["zip 57", "decode 3"])
def test_a_frame_that_kills_the_worker_each_time_ends_the_build(
    worker: None,
    switch: Path,
    connection: Connection,
    standin: StandIn,
    folders: Folders,
    where: str,
) -> None:
    photos = standin.world.add_task(
        "photos", owner="demo", count=100, segment_size=100, chunk_size=CHUNK, size=(160, 120)
    )
    film = standin.world.add_task(
        "film", owner="demo", video=True, count=40, chunk_size=8, size=(160, 120)
    )
    selection = select(connection, (photos.id, None), (film.id, None))
    standin.requests.clear()
    switch.write_text(where)
    archive = request(selection)
    assert ended(archive) < 60
    assert archive.status == "failed"
    assert archive.error.startswith("The build ended its worker 3 times")
    assert archive.attempts == 3
    assert len(set(switch.with_suffix(".deaths").read_text().split())) == 3  # processes
    kept = chunks_in_spool(folders) | chunks_in_zip(folders, photos.id)
    assert kept
    switch.unlink()
    standin.requests.clear()
    second = services.retry_archive(user=selection.owner, archive=archive)
    assert_whole(finished(second), standin)
    assert second.attempts == 1
    assert len(data_requests(standin)) == 100 // CHUNK + 40 // 8 - len(kept)


def chunks_in_spool(folders: Folders) -> set[tuple[int, int]]:
    """As (task id, index)."""
    named = (
        re.fullmatch(r"task(\d+)_job\d+_chunk(\d+)\.zip", path.name) for path in folders.spooled()
    )
    return {(int(name[1]), int(name[2])) for name in named if name}


def chunks_in_zip(folders: Folders, task_id: int) -> set[tuple[int, int]]:
    """Those of the first task that are whole in the ZIP of an attempt."""
    lists = [path.read_bytes() for path in folders.spooled() if path.suffix == ".list"]
    pictures = max((each.count(b"\n") for each in lists), default=0)
    return {(task_id, index) for index in range(pictures // CHUNK)}
