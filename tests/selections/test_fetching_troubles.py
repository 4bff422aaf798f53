"""Getting the bytes through whatever the server and the line do."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import pytest

from selections.models import Archive
from selector.models import Connection
from standin.chunks import Chunk, numbered_zip
from standin.faults import Faults
from standin.server import StandIn
from tests.conftest import eventually
from tests.selections.builds import (
    assert_whole,
    built,
    data_requests,
    in_thread,
    only_path,
    pictures_of,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")

ON_CHUNKS_ONLY = {"short", "checksum"}


@pytest.fixture
def undisturbed(connection: Connection) -> Archive:
    """Chunks, single frames and a film of two chunks."""
    return built(select(connection, (1, range(1, 230, 3)), (2, [0, 9, 25]), (11, [18, 19, 20])))


def again(archive: Archive) -> Archive:
    """The same selection built once more."""
    return built(archive.selection, **archive.options)


def test_one_answer_in_twenty_fails(undisturbed: Archive, standin: StandIn) -> None:
    kinds = ("429", "502", "cut", "short", "checksum", "reset", "503")
    # Of each the first twenty requests have trouble that hits whatever is asked for.
    for seed in (1, 6, 7, 12, 22, 31):
        standin.faults = Faults(seed=seed, rate=0.05, kinds=kinds)
        disturbed = again(undisturbed)
        standin.faults.clear()
        assert standin.faults.hits.keys() - ON_CHUNKS_ONLY, seed
        assert_whole(disturbed, standin)
        assert only_path(disturbed).read_bytes() == only_path(undisturbed).read_bytes(), seed


def test_one_answer_in_three_fails(undisturbed: Archive, standin: StandIn) -> None:
    kinds = ("429", "502", "cut", "short", "checksum", "reset")
    standin.faults = Faults(rate=0.33, kinds=kinds)
    disturbed = again(undisturbed)
    standin.faults.clear()
    assert standin.faults.hits.total() > 5
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


def test_a_server_that_restarts_is_waited_for(
    undisturbed: Archive, standin: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="cvat")
    disturbed = request(undisturbed.selection, **undisturbed.options)
    hold = standin.faults.hold("type=chunk")
    thread = in_thread(disturbed)
    assert hold.wait_for_request()
    standin.stop()
    # More than those that were under way when it stopped.
    eventually(lambda: caplog.text.count("failed: ConnectionError") > 20)
    standin.start()
    thread.join(60)
    disturbed.refresh_from_db()
    assert_whole(disturbed, standin)
    assert only_path(disturbed).read_bytes() == only_path(undisturbed).read_bytes()


def test_retry_after_is_kept(connection: Connection, standin: StandIn) -> None:
    standin.faults.fail("type=chunk", status=429, times=1, headers={"Retry-After": "2"})
    begun = time.monotonic()
    assert_whole(built(select(connection, (7, range(5)))), standin)
    assert time.monotonic() - begun > 1.9
