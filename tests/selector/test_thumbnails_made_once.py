"""A pack is made once, whoever asks for it, and CVAT is not asked more than it can bear."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from selector import access, single_flight, thumbnails
from selector.cvat.exceptions import CvatBroken, CvatUnreachable
from selector.exceptions import Busy
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import BASE_DIR, eventually
from tests.selector.packs import chunk_requests, pack_of, read_pack

pytestmark = pytest.mark.usefixtures("folder")


def test_many_threads_one_request(connection: Connection, standin: StandIn) -> None:
    job_id = standin.world.tasks[1].jobs[1].id
    seen = access.job_access(connection, job_id)
    hold = standin.faults.hold("type=chunk")
    with ThreadPoolExecutor(12) as pool:
        asked = [
            pool.submit(lambda: thumbnails.open_pack(thumbnails.find(connection, seen, 0)).read())
            for _ in range(12)
        ]
        assert hold.wait_for_request()
        hold.release()
        bodies = {one.result() for one in asked}
    assert len(bodies) == 1
    assert len(read_pack(bodies.pop())) == 18
    assert len(chunk_requests(standin)) == 1


SCRIPT = """
import sys
from pathlib import Path
import django
django.setup()
from django.conf import settings
settings.THUMBNAILS_DIR = Path(sys.argv[1])
from selector import access, thumbnails
from selector.cvat.types import Job
from selector.models import Connection
url, token, job_id = sys.argv[2:5]
connection = Connection(pk=int(sys.argv[5]), url=url, credential=token,
                        credential_kind="access_token")
seen = access.job_access(connection, int(job_id))
print("asks", flush=True)
with thumbnails.open_pack(thumbnails.find(connection, seen, 0)) as pack:
    print(len(pack.read()), flush=True)
"""


def process(folder: Path, connection: Connection, job_id: int) -> subprocess.Popen[bytes]:
    things = (folder, connection.url, connection.credential, job_id, connection.pk)
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, things)],
        cwd=BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=subprocess.PIPE,
    )


def test_many_processes_one_request(connection: Connection, standin: StandIn, folder: Path) -> None:
    hold = standin.faults.hold("type=chunk")
    job_id = standin.world.tasks[1].jobs[1].id
    started = [process(folder, connection, job_id) for _ in range(4)]
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == b"asks\n"
    assert hold.wait_for_request()
    hold.release()
    lengths = {one.communicate(timeout=60)[0] for one in started}
    assert len(lengths) == 1
    assert int(lengths.pop()) > 1000
    assert len(chunk_requests(standin)) == 1
    # Eight questions whether they may at most, two of them needed.
    assert len(standin.requests.matching(f"/api/jobs/{job_id}$")) == 1


def test_a_maker_that_is_killed(connection: Connection, standin: StandIn, folder: Path) -> None:
    hold = standin.faults.hold("type=chunk")
    job_id = standin.world.tasks[1].jobs[1].id
    maker = process(folder, connection, job_id)
    assert hold.wait_for_request(30)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(pack_of, connection, job_id)
        os.kill(maker.pid, signal.SIGKILL)
        maker.communicate(timeout=20)
        eventually(lambda: len(chunk_requests(standin)) == 2, seconds=10)
        hold.release()
        assert len(waiting.result(30)) == 18


def test_waiting_has_an_end(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        single_flight.one_at_a_time("x"),
        pytest.raises(Busy),
        single_flight.one_at_a_time("x", patience=0.05),
    ):
        pass


def test_so_many_requests_to_cvat(
    connection: Connection, standin: StandIn, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.THUMBNAILS_CVAT_REQUESTS = 3
    job_id = standin.world.tasks[8].jobs[0].id
    access.job_access(connection, job_id)
    hold = standin.faults.hold("type=chunk")
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(pack_of, connection, job_id, chunk) for chunk in range(8)]
        eventually(lambda: hold.waiting == 3)
        time.sleep(0.2)
        assert len(chunk_requests(standin)) == 3
        hold.release()
        assert sum(len(one.result()) for one in asked) == 8 * 72


def test_busy_when_turns_do_not_come(
    connection: Connection, standin: StandIn, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.THUMBNAILS_CVAT_REQUESTS = 1
    monkeypatch.setattr("selector.thumbnails.making.PATIENCE", 0.05)
    job_id = standin.world.tasks[8].jobs[0].id
    hold = standin.faults.hold("type=chunk")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(pack_of, connection, job_id, 0)
        assert hold.wait_for_request()
        with pytest.raises(Busy):
            pack_of(connection, job_id, 1)
        hold.release()
        slow.result()
    assert len(pack_of(connection, job_id, 1)) == 72


def test_failures_are_not_repeated_by_everybody(connection: Connection, standin: StandIn) -> None:
    job_id = standin.world.tasks[1].jobs[1].id
    access.job_access(connection, job_id)
    standin.faults.fail("type=chunk", status=502)
    standin.requests.clear()
    for _ in range(5):
        with pytest.raises(CvatBroken, match="down or restarting"):
            pack_of(connection, job_id)
    assert len(chunk_requests(standin)) == 3  # one question, asked three times


def test_cvat_down(connection: Connection, standin: StandIn) -> None:
    standin.faults.down()
    with pytest.raises(CvatUnreachable):
        pack_of(connection, standin.world.tasks[1].jobs[0].id)
