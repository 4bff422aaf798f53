"""Getting the bytes with no more requests, at a time and in all, than are needed."""

from __future__ import annotations

import io
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from PIL import Image

from portal.work import slots
from selections.archives import fetching
from selections.models import Archive
from selector.models import Connection
from standin.costs import Costs
from standin.model import Task
from standin.server import StandIn
from tests.conftest import connect, eventually
from tests.selections.builds import (
    assert_whole,
    built,
    data_requests,
    in_thread,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


@cache
def noise(seed: int) -> bytes:
    out = io.BytesIO()
    pixels = random.Random(seed).randbytes(320 * 240)
    Image.frombytes("L", (320, 240), pixels).save(out, "JPEG", quality=95)
    return out.getvalue()


def photos(standin: StandIn, count: int, **options: object) -> Task:
    """Pictures of some weight: noise of about 90 kB each."""
    pictures = {f"{number:04d}.jpg": noise(number) for number in range(count)}
    return standin.world.add_task("photos", owner="demo", images=pictures, **options)


class Counted(Costs):
    """Counts the bytes that really go out, also of answers that are broken off."""

    sent = 0

    def send(self, write: Callable[[memoryview], object], body: bytes) -> None:
        def counting(piece: memoryview) -> None:
            write(piece)
            self.sent += len(piece)

        super().send(counting, body)


def test_a_block_is_one_request(connection: Connection, standin: StandIn) -> None:
    selection = select(connection, (2, None))
    standin.requests.clear()
    built(selection)
    kinds = Counter(seen.query["type"] for seen in data_requests(standin))
    # 47 frames, 20 per job, 8 per chunk: 3 + 3 + 1
    assert kinds == {"chunk": 7}
    assert {seen.query["quality"] for seen in data_requests(standin)} == {"original"}
    assert {seen.headers["Accept-Encoding"] for seen in data_requests(standin)} == {"identity"}


def test_a_ground_truth_job_is_never_asked(connection: Connection, standin: StandIn) -> None:
    selection = select(connection, (5, None))
    judges = {job.id for job in standin.world.tasks[5].jobs if job.type == "ground_truth"}
    standin.requests.clear()
    built(selection)
    asked = {seen.path.strip("/").split("/")[2] for seen in data_requests(standin)}
    assert judges
    assert not asked & set(map(str, judges))


def sizes(standin: StandIn, task: Task, frames: Iterable[int]) -> int:
    return sum(len(standin.world.original_bytes(task.id, frame)) for frame in frames)


def test_on_a_slow_line_sparse_frames_come_one_by_one(
    connection: Connection, standin: StandIn
) -> None:
    task = photos(standin, 360, chunk_size=36, segment_size=72)
    wanted = range(0, 360, 9)  # 4 of each 36
    selection = select(connection, (task.id, wanted))
    standin.requests.clear()
    standin.costs = slow = Counted(bandwidth=1e6)
    archive = built(selection)
    standin.costs = Costs()
    assert_whole(archive, standin)
    kinds = Counter(seen.query["type"] for seen in data_requests(standin))
    assert kinds["chunk"] <= 4  # begun as on a fast line, if the early frame was late
    assert kinds["frame"] <= len(wanted) + 1  # the early one twice
    assert slow.sent < 1.3 * sizes(standin, task, wanted)


def test_on_a_slow_line_chunks_are_broken_off_and_little_is_sent_in_vain(
    connection: Connection, standin: StandIn
) -> None:
    task = photos(standin, 360, chunk_size=36, segment_size=72)
    wanted = range(0, 360, 9)
    selection = select(connection, (task.id, wanted))
    standin.requests.clear()
    standin.costs = slow = Counted(bandwidth=1e6)
    early = standin.faults.hold(rf"number={wanted[-1]}&")
    thread = in_thread(request(selection))
    eventually(lambda: any(seen.query["type"] == "chunk" for seen in data_requests(standin)))
    early.release()
    thread.join(60)
    standin.costs = Costs()
    assert_whole(Archive.objects.get(), standin)
    kinds = Counter(seen.query["type"] for seen in data_requests(standin))
    assert 1 <= kinds["chunk"] <= 4  # begun as on a fast line
    assert kinds["frame"] <= len(wanted) + 1
    assert slow.sent < 1.3 * sizes(standin, task, wanted)


def test_on_a_slow_line_dense_blocks_come_whole(connection: Connection, standin: StandIn) -> None:
    task = photos(standin, 40, chunk_size=20, segment_size=0)
    selection = select(connection, (task.id, range(39)))
    standin.requests.clear()
    standin.costs = Costs(bandwidth=1e6)
    # Both are asked for before the line is known to be slow.
    begun = standin.faults.hold("type=chunk")
    thread = in_thread(request(selection))
    eventually(lambda: begun.waiting == 2)
    begun.release()
    thread.join(60)
    assert_whole(Archive.objects.get(), standin)
    assert Counter(seen.query["type"] for seen in data_requests(standin)) == {"chunk": 2}


@pytest.mark.parametrize(("jobs", "single", "lists"), [(3, 3, 0), (4, 0, 1)])
def test_a_few_jobs_are_read_without_the_list_of_all(
    connection: Connection, standin: StandIn, jobs: int, single: int, lists: int
) -> None:
    task = photos(standin, 10, segment_size=2, overlap=0)
    selection = select(connection, (task.id, range(2 * jobs)))
    standin.requests.clear()
    assert_whole(built(selection), standin)
    assert len(standin.requests.matching(r"/api/jobs/\d+/?(\?|$)", "GET")) == single
    assert len(standin.requests.matching(r"/api/jobs/?(\?|$)", "GET")) == lists
    assert len(standin.requests.matching(r"/api/tasks/\d+/?(\?|$)", "GET")) == lists


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> list[ThreadPoolExecutor]:
    """The threads of the builds that begin from now on."""
    made: list[ThreadPoolExecutor] = []

    def make(*arguments: Any, **options: Any) -> ThreadPoolExecutor:
        made.append(ThreadPoolExecutor(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(fetching, "ThreadPoolExecutor", make)
    return made


def wait_until_idle(pool: ThreadPoolExecutor, *, free: int) -> None:
    """Its free threads have done all that they were given before this."""
    together = Barrier(free + 1)
    for _ in range(free):
        pool.submit(together.wait)
    together.wait(60)


def test_the_window_is_bounded(
    connection: Connection,
    standin: StandIn,
    settings: object,
    pools: list[ThreadPoolExecutor],
) -> None:
    task = standin.world.add_task("many", owner="demo", count=120, chunk_size=2, size=(32, 24))
    selection = select(connection, (task.id, None))
    standin.requests.clear()
    first = standin.faults.hold(r"type=chunk&index=0&")
    building_thread = in_thread(request(selection))
    assert first.wait_for_request()
    ahead = fetching.AHEAD * settings.FETCH_THREADS
    eventually(lambda: len(data_requests(standin)) >= ahead)
    wait_until_idle(pools[0], free=settings.FETCH_THREADS - 1)
    assert len(data_requests(standin)) == ahead
    first.release()
    building_thread.join(60)
    assert_whole(Archive.objects.get(), standin)


def assert_waiting(standin: StandIn, archives: list[Archive], count: int) -> None:
    """So many requests reach the server before one of them is answered, and no more."""
    hold = standin.faults.hold(r"/data\?")
    threads = [in_thread(archive) for archive in archives]
    eventually(lambda: hold.waiting == count)
    time.sleep(0.7)
    assert hold.waiting == count
    standin.faults.clear()
    for thread in threads:
        thread.join(60)
    for archive in archives:
        archive.refresh_from_db()
        assert_whole(archive, standin)


def test_one_build_asks_for_few_things_at_a_time(
    connection: Connection, standin: StandIn, settings: object
) -> None:
    settings.FETCH_THREADS = 3
    assert_waiting(standin, [request(select(connection, (2, None)))], 3)


def test_one_build_leaves_slots_to_others(
    connection: Connection, standin: StandIn, settings: object
) -> None:
    settings.FETCH_THREADS = settings.CVAT_MAX_REQUESTS = 4
    assert_waiting(standin, [request(select(connection, (2, None)))], 3)


def test_what_is_asked_beside_pictures_does_not_wait_for_a_connection_of_theirs(
    connection: Connection, standin: StandIn, settings: object
) -> None:
    """Else it would keep a slot meanwhile, which other builds need."""
    settings.FETCH_THREADS = 1
    archive = request(select(connection, (2, None)))
    pictures = standin.faults.hold(r"/data\?")
    origins = standin.faults.hold("/data/meta")
    thread = in_thread(archive)
    eventually(lambda: pictures.waiting and origins.waiting)
    standin.faults.clear()
    thread.join(60)
    archive.refresh_from_db()
    assert_whole(archive, standin)


def test_two_builds_share_the_places_at_a_server(
    connection: Connection,
    bob: User,
    standin: StandIn,
    settings: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.CVAT_MAX_REQUESTS = 5
    # Held requests do not become slow ones here, which leave room for others.
    monkeypatch.setattr(slots, "SLOW_SECONDS", 600.0)
    both = (connection, connect(bob, standin))
    assert_waiting(standin, [request(select(each, (2, None))) for each in both], 5)
