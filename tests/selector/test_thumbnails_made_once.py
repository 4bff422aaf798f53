"""A pack is made once, whoever asks for it, and CVAT is not asked more than it can bear."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cvat.client import CvatClient
from cvat.exceptions import CvatBroken, CvatUnreachable
from portal.exceptions import Busy
from selector import job_access
from selector.models import Connection
from selector.services import thumbnails
from selector.thumbnails import chunks
from standin.server import StandIn
from tests.conftest import BASE_DIR, eventually
from tests.selector.packs import chunk_requests, chunks_held, pack_of, read_pack

pytestmark = pytest.mark.usefixtures("folder")


def test_many_threads_one_request(
    connection: Connection, standin: StandIn, asleep: set[int], settings: Any
) -> None:
    settings.WEB_THREADS = 100  # so many threads of one person may wait for CVAT
    job_id = standin.world.tasks[1].jobs[1].id
    seen = job_access.job_access(connection, job_id)

    def ask() -> bytes:
        return thumbnails.open_pack(thumbnails.chunk_of(connection, seen, 0)).file.read()

    with ThreadPoolExecutor(12) as pool:
        with chunks_held(standin):
            asked = [pool.submit(ask) for _ in range(12)]
            eventually(lambda: len(asleep) == 11)
        bodies = {one.result() for one in asked}
    assert len(bodies) == 1
    assert len(read_pack(bodies.pop())) == 18
    assert len(chunk_requests(standin)) == 1


# Makes a file beside the folder when it waits for a lock. Its own locks expire soon. Forks if it
# shall be several processes: each that imports Django itself takes a second of processor time.
SCRIPT = """
import multiprocessing, os, sys, time
from pathlib import Path
from types import SimpleNamespace
import django
django.setup()
from django.conf import settings
settings.THUMBNAILS_DIR = Path(sys.argv[1])
settings.CVAT_ALLOWED_URLS = [sys.argv[2]]
from portal import caching
from selector import job_access
from selector.services import thumbnails
from selector.models import Connection
import redis.lock
caching.LOCK_SECONDS = 1.0
url, token, job_id = sys.argv[2:5]
connection = Connection(pk=int(sys.argv[5]), url=url, credential=token,
                        credential_kind="access_token")
count = int(sys.argv[6])
def sleep(seconds):
    Path(sys.argv[1]).with_name(f"waits-{os.getpid()}").touch()
    time.sleep(seconds)
redis.lock.mod_time = SimpleNamespace(monotonic=time.monotonic, sleep=sleep)
def work():
    seen = job_access.job_access(connection, int(job_id))
    with thumbnails.open_pack(thumbnails.chunk_of(connection, seen, 0)).file as pack:
        print(len(pack.read()), flush=True)
if count == 1:
    work()
else:
    processes = [multiprocessing.get_context("fork").Process(target=work) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
"""


def started(
    folder: Path, connection: Connection, job_id: int, *, processes: int = 1
) -> subprocess.Popen[bytes]:
    things = (folder, connection.url, connection.credential, job_id, connection.pk, processes)
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, things)],
        cwd=BASE_DIR,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "TEST_CVAT_ALLOWED_URLS": connection.url,
        },
        stdout=subprocess.PIPE,
    )


@pytest.mark.slow
def test_many_processes_one_request(connection: Connection, standin: StandIn, folder: Path) -> None:
    job_id = standin.world.tasks[1].jobs[1].id
    with chunks_held(standin):
        asking = started(folder, connection, job_id, processes=4)
        eventually(lambda: len(list(folder.parent.glob("waits-*"))) == 3, seconds=60)
    lengths = asking.communicate(timeout=60)[0].split()
    assert len(lengths) == 4
    assert len(set(lengths)) == 1
    assert int(lengths[0]) > 1000
    assert len(chunk_requests(standin)) == 1
    # Eight questions whether they may at most, two of them needed.
    assert len(standin.requests.matching(f"/api/jobs/{job_id}$")) == 1


@pytest.mark.slow
def test_a_maker_that_is_killed(
    connection: Connection, standin: StandIn, folder: Path, asleep: set[int]
) -> None:
    job_id = standin.world.tasks[1].jobs[1].id
    with ThreadPoolExecutor(1) as pool:
        with chunks_held(standin) as hold:
            maker = started(folder, connection, job_id)
            assert hold.wait_for_request(60)
            waiting = pool.submit(pack_of, connection, job_id)
            eventually(lambda: asleep)
            assert len(chunk_requests(standin)) == 1
            os.kill(maker.pid, signal.SIGKILL)
            maker.communicate(timeout=20)
            eventually(lambda: len(chunk_requests(standin)) == 2)
        assert len(waiting.result(60)) == 18


@pytest.fixture
def turned_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The threads that did not get a turn at once, and wait for one."""
    found: list[str] = []

    class Turns(threading.BoundedSemaphore):
        def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
            if super().acquire(blocking=False):
                return True
            found.append(threading.current_thread().name)
            return super().acquire(blocking, timeout)

    monkeypatch.setattr(chunks, "BoundedSemaphore", Turns)
    chunks._semaphore.cache_clear()
    yield found
    chunks._semaphore.cache_clear()


@pytest.fixture
def under_way(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many chunks were being fetched, noted whenever another one began."""
    fetch, lock, now, noted = CvatClient.job_chunk, threading.Lock(), set(), []

    def job_chunk(client: CvatClient, **what: Any) -> Any:
        with lock:
            now.add(threading.get_ident())
            noted.append(len(now))
        try:
            return fetch(client, **what)
        finally:
            with lock:
                now.discard(threading.get_ident())

    monkeypatch.setattr(CvatClient, "job_chunk", job_chunk)
    return noted


def test_so_many_requests_to_cvat(
    connection: Connection,
    standin: StandIn,
    settings: Any,
    turned_away: list[str],
    under_way: list[int],
) -> None:
    settings.THUMBNAILS_CVAT_REQUESTS = 3
    settings.WEB_THREADS = 100
    job_id = standin.world.tasks[8].jobs[0].id
    job_access.job_access(connection, job_id)
    with ThreadPoolExecutor(8) as pool:
        with chunks_held(standin) as hold:
            asked = [pool.submit(pack_of, connection, job_id, chunk) for chunk in range(8)]
            eventually(lambda: hold.waiting == 3 and len(turned_away) == 5)
        assert sum(len(one.result()) for one in asked) == 8 * 72
    assert len(under_way) == 8
    assert max(under_way) == 3


def test_busy_when_turns_do_not_come(
    connection: Connection, standin: StandIn, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.THUMBNAILS_CVAT_REQUESTS = 1
    monkeypatch.setattr("selector.thumbnails.chunks.PATIENCE", 0.05)
    job_id = standin.world.tasks[8].jobs[0].id
    with ThreadPoolExecutor(1) as pool:
        with chunks_held(standin) as hold:
            slow = pool.submit(pack_of, connection, job_id, 0)
            assert hold.wait_for_request()
            with pytest.raises(Busy):
                pack_of(connection, job_id, 1)
        slow.result()
    assert len(pack_of(connection, job_id, 1)) == 72


def test_failures_are_not_repeated_by_all_who_waited_for_them(
    connection: Connection, standin: StandIn, settings: Any, asleep: set[int]
) -> None:
    settings.WEB_THREADS = 100
    job_id = standin.world.tasks[1].jobs[1].id
    job_access.job_access(connection, job_id)
    standin.faults.fail("type=chunk", status=502)
    standin.requests.clear()
    with ThreadPoolExecutor(5) as pool:
        with chunks_held(standin):
            asked = [pool.submit(pack_of, connection, job_id) for _ in range(5)]
            eventually(lambda: len(asleep) == 4)
        for one in asked:
            with pytest.raises(CvatBroken, match="down or restarting"):
                one.result()
    assert len(chunk_requests(standin)) == 3  # one question, asked three times


def test_who_asks_after_a_failure_is_heard_anew(connection: Connection, standin: StandIn) -> None:
    job_id = standin.world.tasks[1].jobs[1].id
    rule = standin.faults.fail("type=chunk", status=502)
    with pytest.raises(CvatBroken):
        pack_of(connection, job_id)
    rule.stop()
    assert len(pack_of(connection, job_id)) == 18


def test_cvat_down(connection: Connection, standin: StandIn) -> None:
    standin.faults.down()
    with pytest.raises(CvatUnreachable):
        pack_of(connection, standin.world.tasks[1].jobs[0].id)
