"""What is in a pack: every picture at its place, in every kind of task and job."""

from __future__ import annotations

import io

import pytest

from cvat.exceptions import CvatNoData
from portal.exceptions import NotFound
from selector.models import Connection
from selector.thumbnails import rendering
from standin.server import StandIn
from tests.selector.packs import HD, chunk_requests, numbers, pack_of

pytestmark = pytest.mark.usefixtures("folder")


def test_each_picture_is_at_its_place(connection: Connection, standin: StandIn) -> None:
    task = standin.world.tasks[1]
    for job in task.jobs[:2]:  # they overlap by five frames
        for chunk in range(3):
            first = job.start + chunk * 18
            expected = list(range(first, min(first + 18, job.stop + 1)))
            pack = pack_of(connection, job.id, chunk)
            assert numbers(pack) == {frame: frame for frame in expected}
            assert {image.size for image in pack.values()} == {(256, 144)}
    assert len(chunk_requests(standin)) == 6
    assert {seen.query["quality"] for seen in chunk_requests(standin)} == {"compressed"}


def test_small_pictures_are_not_enlarged(connection: Connection, standin: StandIn) -> None:
    pack = pack_of(connection, standin.world.tasks[8].jobs[3].id, 1)
    assert list(pack) == list(range(3072, 3144))
    assert {image.size for image in pack.values()} == {(64, 48)}


def test_start_and_step(connection: Connection, standin: StandIn) -> None:
    """The film shows source numbers: 10, 15, 20 ..."""
    job = standin.world.tasks[11].jobs[1]
    pack = pack_of(connection, job.id, 0)
    assert numbers(pack) == {frame: 10 + 5 * frame for frame in range(15, 25)}


def test_video(connection: Connection, standin: StandIn) -> None:
    job = standin.world.tasks[3].jobs[1]
    pack = pack_of(connection, job.id, 2)
    assert numbers(pack) == {frame: frame for frame in range(167, 195)}
    assert pack[170].size == (256, 144)
    assert len(chunk_requests(standin)) == 1


def test_video_cut_into_pictures(connection: Connection, standin: StandIn) -> None:
    task = standin.world.add_task(
        "zip chunks", owner="demo", video=True, count=20, size=HD, use_zip_chunks=True
    )
    assert numbers(pack_of(connection, task.jobs[0].id)) == {n: n for n in range(20)}


def test_a_film_that_ends_early(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = standin.world.tasks[3].jobs[0]
    film = standin.world.chunks.job_chunk(job, 0, "compressed").body
    six = list(rendering.render_video(io.BytesIO(film)))[:6]
    assert len(six) == 6
    monkeypatch.setattr("selector.thumbnails.chunks.render_video", lambda _: iter(six))
    pack = pack_of(connection, job.id)
    assert numbers({n: pack[n] for n in range(6)}) == {n: n for n in range(6)}
    assert {pack[n] for n in range(6, 36)} == {"missing"}


def test_mixed_formats(connection: Connection, standin: StandIn) -> None:
    shown: dict[int, int] = {}
    for job in standin.world.tasks[4].jobs:
        for chunk in range(-(-12 // 5)):
            shown |= numbers(pack_of(connection, job.id, chunk))
    assert shown == {n: n for n in range(24)}


def test_deleted_frames_are_there(connection: Connection, standin: StandIn) -> None:
    """CVAT serves them, and whoever restores one wants to see it."""
    assert numbers(pack_of(connection, standin.world.tasks[1].jobs[0].id))[17] == 17


def test_list_of_ground_truth(connection: Connection, standin: StandIn) -> None:
    job = standin.world.tasks[5].jobs[-1]
    assert job.type == "ground_truth"
    assert numbers(pack_of(connection, job.id, 0)) == {3: 3}
    assert numbers(pack_of(connection, job.id, 1)) == {8: 8}
    assert numbers(pack_of(connection, job.id, 7)) == {59: 59}
    assert pack_of(connection, job.id, 3) == {}


def test_honeypots_and_their_pool(connection: Connection, standin: StandIn) -> None:
    task = standin.world.tasks[6]
    for job in (task.jobs[0], task.jobs[-1]):
        pack = pack_of(connection, job.id, 0)
        assert numbers(pack) == {frame: task.order[frame] for frame in pack}


def test_replicas(connection: Connection, standin: StandIn) -> None:
    job = next(j for j in standin.world.tasks[7].jobs if j.type == "consensus_replica")
    assert numbers(pack_of(connection, job.id)) == {n: n for n in range(12)}


@pytest.mark.parametrize("chunk", [3, 99, 2**31 - 1])
def test_no_such_chunk(connection: Connection, standin: StandIn, chunk: int) -> None:
    with pytest.raises(NotFound, match="no chunk"):
        pack_of(connection, standin.world.tasks[1].jobs[0].id, chunk)
    assert chunk_requests(standin) == []


def test_point_clouds_have_no_pictures(connection: Connection, standin: StandIn) -> None:
    with pytest.raises(CvatNoData, match="no pictures"):
        pack_of(connection, standin.world.tasks[14].jobs[0].id)
