"""Getting the bytes: through whatever the server and the line do, and no more than needed."""

from __future__ import annotations

import io
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from django.contrib.auth.models import User
from PIL import Image

from selections.archives import building, fetching
from selections.models import Archive
from selector.models import Connection
from standin.chunks import Chunk, numbered_zip
from standin.costs import Costs
from standin.model import Task
from standin.server import StandIn
from tests.conftest import connect, eventually
from tests.selections.builds import (
    Folders,
    assert_whole,
    built,
    data_requests,
    in_thread,
    manifest_of,
    only_path,
    pictures_of,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")

# Every task of the samples that has pictures, and what of it (None: all).
TASKS = {
    1: None,
    2: None,
    3: range(90, 130),
    4: None,
    5: None,
    6: None,
    7: None,
    8: [0, 1, 2, 3, 999, 1000, 1001, 19_999],
    10: None,
    11: None,
    12: None,
    13: None,
    15: None,
}


def photos(standin: StandIn, count: int, **options: object) -> Task:
    """Pictures of some weight: noise of about 90 kB each."""
    draw = random.Random(1)
    pictures = {}
    for number in range(count):
        out = io.BytesIO()
        noise = Image.frombytes("L", (320, 240), draw.randbytes(320 * 240))
        noise.save(out, "JPEG", quality=95)
        pictures[f"{number:04d}.jpg"] = out.getvalue()
    return standin.world.add_task("photos", owner="demo", images=pictures, **options)


class Counted(Costs):
    """Counts the bytes that really go out, also of answers that are broken off."""

    sent = 0

    def send(self, write: Callable[[memoryview], object], body: bytes) -> None:
        def counting(piece: memoryview) -> None:
            write(piece)
            self.sent += len(piece)

        super().send(counting, body)


@pytest.mark.parametrize("task_id", TASKS)
def test_every_kind_of_task(task_id: int, connection: Connection, standin: StandIn) -> None:
    assert_whole(built(select(connection, (task_id, TASKS[task_id]))), standin)


def test_a_few_frames_of_every_task(connection: Connection, standin: StandIn) -> None:
    wanted = [(task_id, [0, 1, 2, 7, 13, 22]) for task_id in (1, 2, 4, 5, 7, 12, 13, 15)]
    archive = built(select(connection, *wanted))
    assert_whole(archive, standin)


def test_a_project(connection: Connection, standin: StandIn) -> None:
    archive = built(select(connection, (12, None), (13, None)))
    assert_whole(archive, standin)
    assert archive.frames_done == 60


def test_without_rights_on_the_task_through_the_job(standin: StandIn, alice: User) -> None:
    connection = connect(alice, standin, "carol")
    archive = built(select(connection, (1, None)))
    assert_whole(archive, standin)
    standin.requests.clear()
    # One at a time as well: the task is asked once, and answers 403.
    assert_whole(built(select(connection, (1, [100, 120, 138]))), standin)
    refused = [seen for seen in data_requests(standin) if seen.status == 403]
    assert 1 <= len(refused) <= 4
    answered = [seen for seen in data_requests(standin) if seen.status == 200]
    assert all("/jobs/" in seen.path for seen in answered)
    assert len(answered) == 3


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


@pytest.fixture
def undisturbed(connection: Connection) -> Archive:
    """Chunks, single frames and a film."""
    return built(select(connection, (1, range(1, 230, 3)), (2, [0, 9, 25]), (11, range(12, 30))))


def again(archive: Archive) -> Archive:
    """The same selection built once more."""
    return built(archive.selection, **archive.options)


@pytest.mark.parametrize("seed", range(6))
def test_one_answer_in_twenty_fails(seed: int, undisturbed: Archive, standin: StandIn) -> None:
    standin.faults.seed = seed
    standin.faults.kinds = ("429", "502", "cut", "short", "checksum", "reset", "503")
    standin.faults.__post_init__()
    standin.faults.rate = 0.05
    disturbed = again(undisturbed)
    standin.faults.clear()
    assert_whole(disturbed, standin)
    assert only_path(disturbed).read_bytes() == only_path(undisturbed).read_bytes()


def test_one_answer_in_three_fails(undisturbed: Archive, standin: StandIn) -> None:
    standin.faults.rate = 0.33
    standin.faults.kinds = ("429", "502", "cut", "short", "checksum", "reset")
    disturbed = again(undisturbed)
    standin.faults.clear()
    assert only_path(disturbed).read_bytes() == only_path(undisturbed).read_bytes()


@pytest.mark.parametrize(
    "trouble",
    [
        lambda faults: faults.fail("type=chunk", status=500),
        lambda faults: faults.fail("type=chunk", status=400, body=["Invalid chunk number"]),
        lambda faults: faults.fail("type=chunk", status=403, body={"detail": "no"}),
        lambda faults: faults.damage("type=chunk", "checksum", times=None),
        lambda faults: faults.damage("type=chunk", "cut", times=None),
    ],
)
def test_instead_of_a_chunk_that_cannot_be_had_its_frames(
    trouble: Callable[[object], object], connection: Connection, standin: StandIn
) -> None:
    trouble(standin.faults)
    assert_whole(built(select(connection, (4, None), (2, range(8)))), standin)
    assert "frame" in {seen.query["type"] for seen in data_requests(standin)}


def test_a_chunk_with_rotten_members_is_fetched_again_as_frames(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Length, directory and first kilobyte are right, so nothing is noticed before it is read.
    rotten = bytearray(numbered_zip([("jpg", bytes(5000)) for _ in range(8)]).body)
    rotten[3000] ^= 1
    monkeypatch.setattr(
        standin.world.chunks, "job_chunk", lambda *_: Chunk(bytes(rotten), "application/zip")
    )
    refused = standin.faults.fail("type=frame&number=3&", status=404, body={"detail": "gone"})
    archive = built(select(connection, (2, range(6))))
    assert archive.status == "incomplete"
    assert [row["frame"] for row in archive.problems] == [3]
    assert refused.hits == 1
    # The first one is the rotten one; by then all of its block is asked for again, once.
    found = pictures_of(archive)
    assert all(found[2, n] == standin.world.original_bytes(2, n) for n in (0, 1, 2, 4, 5))
    frames = Counter(seen.query.get("number", "") for seen in data_requests(standin))
    assert max(frames.values()) <= 2


def test_a_server_that_restarts_is_waited_for(undisturbed: Archive, standin: StandIn) -> None:
    hold = standin.faults.hold("type=chunk")

    def restart() -> None:
        assert hold.wait_for_request()
        standin.stop()
        time.sleep(2)
        standin.start()

    restarting = threading.Thread(target=restart)
    restarting.start()
    disturbed = again(undisturbed)
    restarting.join()
    assert_whole(disturbed, standin)
    assert only_path(disturbed).read_bytes() == only_path(undisturbed).read_bytes()


def test_retry_after_is_kept(connection: Connection, standin: StandIn) -> None:
    standin.faults.fail("type=chunk", status=429, times=1, headers={"Retry-After": "2"})
    begun = time.monotonic()
    assert_whole(built(select(connection, (7, range(5)))), standin)
    assert time.monotonic() - begun > 1.9


def sizes(standin: StandIn, task: Task, frames: Iterable[int]) -> int:
    return sum(len(standin.world.original_bytes(task.id, frame)) for frame in frames)


def test_on_a_slow_line_chunks_are_broken_off_and_little_is_sent_in_vain(
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
    assert 1 <= kinds["chunk"] <= 4  # begun as on a fast line
    assert kinds["frame"] == len(wanted)
    assert slow.sent < 1.3 * sizes(standin, task, wanted)


def test_on_a_slow_line_dense_blocks_come_whole(connection: Connection, standin: StandIn) -> None:
    task = photos(standin, 40, chunk_size=20, segment_size=0)
    selection = select(connection, (task.id, range(39)))
    standin.requests.clear()
    standin.costs = Costs(bandwidth=1e6)
    assert_whole(built(selection), standin)
    assert Counter(seen.query["type"] for seen in data_requests(standin)) == {"chunk": 2}


def test_the_window_is_bounded(connection: Connection, standin: StandIn) -> None:
    task = standin.world.add_task("many", owner="demo", count=600, chunk_size=2, size=(32, 24))
    selection = select(connection, (task.id, None))
    standin.requests.clear()
    first = standin.faults.hold(r"type=chunk&index=0&")
    building_thread = in_thread(request(selection))
    assert first.wait_for_request()
    ahead = fetching.AHEAD * 4
    eventually(lambda: len(data_requests(standin)) >= ahead)
    time.sleep(1)
    assert len(data_requests(standin)) == ahead
    first.release()
    building_thread.join(60)
    assert_whole(Archive.objects.get(), standin)


def assert_waiting(standin: StandIn, archives: list[Archive], count: int) -> None:
    """So many requests reach the server before one of them is answered, and no more."""
    hold = standin.faults.hold("/data")
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


def test_two_builds_share_the_places_at_a_server(
    connection: Connection, bob: User, standin: StandIn, settings: object
) -> None:
    settings.CVAT_MAX_REQUESTS = 5
    both = (connection, connect(bob, standin))
    assert_waiting(standin, [request(select(each, (2, None))) for each in both], 5)


def test_without_a_broker_it_builds(
    connection: Connection, standin: StandIn, settings: object
) -> None:
    archive = request(select(connection, (2, None)))
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    building.build(archive.pk)
    archive.refresh_from_db()
    assert_whole(archive, standin)


def test_compressed(connection: Connection, standin: StandIn, folders: Folders) -> None:
    archive = built(select(connection, (4, None)), quality="compressed")
    assert archive.status == "ready"
    task = standin.world.tasks[4]
    for (_, frame), content in pictures_of(archive).items():
        assert content == standin.world.chunks.frame(task, frame, "compressed").body
    paths = [row["path"] for row in manifest_of(archive)["frames"]]
    assert all(path.endswith(".jpg") for path in paths)
    assert paths[:2] == ["a scan.jpg", "b.jpg"]
