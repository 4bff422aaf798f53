"""The bytes of image tasks: what is exact, what is recompressed, what is where."""

import gzip
import io
import zipfile

import pytest
import requests
from PIL import Image

from standin.pictures import read_bars
from standin.server import StandIn
from standin.world import World
from tests.standin.replaying import checksum

IMAGE_TASKS = [1, 2, 4, 5, 6, 7, 10, 12, 15]


def members(answer: requests.Response) -> list[tuple[str, bytes]]:
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert all(entry.compress_type == 0 for entry in archive.infolist())
        return [(entry.filename, archive.read(entry)) for entry in archive.infolist()]


def original(path: str, frame: int) -> str:
    return f"{path}/data?type=frame&quality=original&number={frame}"


def chunk(path: str, how: str, quality: str = "original") -> str:
    return f"{path}/data?type=chunk&quality={quality}&{how}"


@pytest.mark.parametrize("task_id", IMAGE_TASKS)
def test_job_chunks_hold_the_frames_of_the_job_byte_for_byte(
    ask, world: World, task_id: int
) -> None:
    task = world.tasks[task_id]
    size = task.chunk_size
    for job in task.jobs:
        if job.recompresses:
            continue
        frames = list(job.frames)
        for index in range(-(-len(frames) // size)):
            block = frames[index * size : (index + 1) * size]
            served = members(ask(chunk(f"/api/jobs/{job.id}", f"index={index}")))
            assert [body for _, body in served] == [
                world.original_bytes(task_id, frame) for frame in block
            ]
            stems = [name.split(".")[0] for name, _ in served]
            assert stems == [f"{place:06d}" for place in range(len(block))]


@pytest.mark.parametrize("task_id", IMAGE_TASKS)
def test_task_chunks_hold_the_frames_of_the_task(ask, world: World, task_id: int) -> None:
    task = world.tasks[task_id]
    size = task.chunk_size
    for number in (0, (task.size - 1) // size):
        block = range(number * size, min((number + 1) * size, task.size))
        served = members(ask(chunk(f"/api/tasks/{task_id}", f"number={number}")))
        expected = [world.original_bytes(task_id, frame) for frame in block]
        assert [body for _, body in served] == expected


def test_frames_are_the_same_through_task_and_job(ask, world: World) -> None:
    for job in world.tasks[1].jobs:
        for frame in (job.start, job.stop):
            exact = world.original_bytes(1, frame)
            assert ask(original("/api/tasks/1", frame)).content == exact
            assert ask(original(f"/api/jobs/{job.id}", frame)).content == exact


def test_frames_show_their_number(ask) -> None:
    for frame in (0, 47, 229):
        with Image.open(io.BytesIO(ask(original("/api/tasks/1", frame)).content)) as picture:
            assert read_bars(picture) == frame


def test_the_last_job_of_the_folders_task_has_seven_frames(world: World, ask) -> None:
    job = world.tasks[2].jobs[-1]
    assert len(job.frames) == 7
    assert ask(f"/api/jobs/{job.id}/data/meta").json()["size"] == 7


def test_extensions_and_types_are_those_of_the_uploads(ask, world: World) -> None:
    named = [name for name, _ in members(ask(chunk("/api/tasks/4", "number=0")))]
    assert named == ["000000.png", "000001.bmp", "000002.webp", "000003.gif", "000004.tif"]
    types = [ask(original("/api/tasks/4", t)).headers["Content-Type"] for t in range(7)]
    assert types == [
        *("image/png", "image/bmp", "image/x-webp", "image/gif", "image/tiff"),
        *("image/jpeg", "image/jpeg"),
    ]


def test_rotated_pictures_are_served_upright_and_untagged(ask, world: World) -> None:
    uploaded = world.tasks[4].media.uploaded(5)
    with Image.open(io.BytesIO(uploaded)) as picture:
        assert picture.size == (240, 320)
        assert picture.getexif()[0x0112] == 6
    with Image.open(io.BytesIO(ask(original("/api/tasks/4", 5)).content)) as picture:
        assert picture.size == (320, 240)
        assert 0x0112 not in picture.getexif()
        assert read_bars(picture) == 5
    entry = ask("/api/tasks/4/data/meta").json()["frames"][5]
    assert (entry["width"], entry["height"]) == (320, 240)


def test_tiffs_are_saved_again_with_lzw(ask, world: World) -> None:
    served = ask(original("/api/tasks/4", 4)).content
    assert served != world.tasks[4].media.uploaded(4)
    with Image.open(io.BytesIO(served)) as picture:
        assert picture.info["compression"] == "tiff_lzw"
        assert read_bars(picture) == 4


def test_ground_truth_jobs_recompress(ask, world: World) -> None:
    job = world.tasks[5].jobs[-1]
    assert job.type == "ground_truth"
    served = ask(original(f"/api/jobs/{job.id}", 8))
    assert served.headers["Content-Type"] == "image/jpeg"
    assert served.content[:2] == b"\xff\xd8"
    assert world.original_bytes(5, 8)[:4] == b"\x89PNG"
    by_index = members(ask(chunk(f"/api/jobs/{job.id}", "index=0")))
    assert [name for name, _ in by_index] == [f"{place:06d}.jpeg" for place in range(5)]
    assert by_index[1][1] == served.content
    assert ask(original(f"/api/jobs/{job.id}", 9)).status_code == 400


def test_ground_truth_chunks_by_number_have_placeholders(ask, world: World) -> None:
    job = world.tasks[5].jobs[-1]
    served = members(ask(chunk(f"/api/jobs/{job.id}", "number=1")))
    sizes = []
    for _, body in served:
        with Image.open(io.BytesIO(body)) as picture:
            sizes.append(picture.size)
    assert sizes == [(320, 240)] + [(1, 1)] * 7


def test_ground_truth_meta_has_placeholders_and_source_numbers(ask, world: World) -> None:
    meta = ask(f"/api/jobs/{world.tasks[5].jobs[-1].id}/data/meta").json()
    assert len(meta["frames"]) == 60
    real = [t for t, entry in enumerate(meta["frames"]) if entry["name"] != "placeholder.jpg"]
    assert real == meta["included_frames"] == [3, 8, 21, 40, 59]
    assert meta["size"] == 5


def test_honeypots_show_the_images_of_the_pool(ask, world: World) -> None:
    layout = ask("/api/tasks/6/validation_layout").json()
    assert layout["mode"] == "gt_pool"
    names = [entry["name"] for entry in ask("/api/tasks/6/data/meta").json()["frames"]]
    assert len(set(names)) == 40
    pairs = list(zip(layout["honeypot_frames"], layout["honeypot_real_frames"], strict=True))
    assert len(pairs) == len(names) - 40 > 0
    for copy, real in pairs:
        assert names[copy] == names[real]
        assert world.original_bytes(6, copy) == world.original_bytes(6, real)
    pool = world.tasks[6].jobs[-1]
    assert layout["validation_frames"] == list(pool.frames)
    assert (pool.type, pool.included) == ("ground_truth", None)


def test_honeypots_drawn_again_change_name_image_and_date(ask, world: World) -> None:
    job = world.tasks[6].jobs[0]
    copy = next(frame for frame in job.frames if frame in world.tasks[6].honeypots)
    place = copy - job.start
    path = chunk(f"/api/jobs/{job.id}", f"index={place // world.tasks[6].chunk_size}")
    before = ask(f"/api/jobs/{job.id}/data/meta").json()
    old = ask(path).content
    pool = list(world.tasks[6].jobs[-1].frames)
    other = next(frame for frame in pool if frame != world.tasks[6].honeypots[copy])
    world.redraw_honeypots(6, {copy: other})
    after = ask(f"/api/jobs/{job.id}/data/meta").json()
    assert before["frames"][place]["name"] != after["frames"][place]["name"]
    assert before["chunks_updated_date"] < after["chunks_updated_date"]
    assert world.filename(6, copy) == world.filename(6, other)
    new = ask(path)
    assert new.headers["X-Updated-Date"] == after["chunks_updated_date"]
    assert new.content != old


def test_replicas_share_the_frames_of_their_parent(ask, world: World) -> None:
    parent, replica = world.tasks[7].jobs[:2]
    assert replica.parent is parent
    ours, theirs = (ask(chunk(f"/api/jobs/{job.id}", "index=0")) for job in (parent, replica))
    assert ours.content == theirs.content


def test_deleting_a_frame_keeps_its_number_and_its_picture(ask, world: World) -> None:
    exact = world.original_bytes(1, 17)
    assert 17 in ask("/api/tasks/1/data/meta").json()["deleted_frames"]
    assert ask(original("/api/tasks/1", 17)).content == exact
    change = {"deleted_frames": [40, 3]}
    ask("/api/tasks/1/data/meta", method="PATCH", json=change)
    assert ask("/api/tasks/1/data/meta").json()["deleted_frames"] == [3, 40]
    assert ask("/api/jobs/1/data/meta").json()["deleted_frames"] == [3, 40]
    assert ask("/api/jobs/2/data/meta").json()["deleted_frames"] == []


def test_checksums_tell_chunks_apart(ask) -> None:
    first, second = (ask(chunk("/api/jobs/1", f"index={index}")) for index in (0, 1))
    for answer in (first, second):
        assert answer.headers["X-Checksum"] == checksum(answer.content)
    assert first.headers["X-Checksum"] != second.headers["X-Checksum"]
    assert "X-Checksum" not in ask(original("/api/tasks/1", 0)).headers


def test_gzip_when_offered_and_shorter(ask, standin: StandIn, world: World) -> None:
    url = chunk("/api/tasks/4", "number=0")
    answer = ask(url, headers={"Accept-Encoding": "gzip"}, stream=True)
    raw = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) == len(raw)
    assert gzip.decompress(raw) == ask(url).content


@pytest.mark.parametrize(("length", "packed"), [(199, False), (200, True)])
def test_small_bodies_are_not_packed(ask, standin: StandIn, length: int, packed: bool) -> None:
    standin.faults.fail("/api/users/self", status=200, body="a" * length)
    answer = ask("/api/users/self", headers={"Accept-Encoding": "gzip"})
    assert ("Content-Encoding" in answer.headers) is packed
    assert answer.text == "a" * length


def test_ranges_are_ignored(ask) -> None:
    url = original("/api/tasks/1", 0)
    answer = ask(url, headers={"Range": "bytes=0-9"})
    assert answer.status_code == 200
    assert answer.content == ask(url).content


def test_chunk_numbers_on_jobs_are_those_of_the_task(ask, world: World) -> None:
    job = world.tasks[1].jobs[1]  # task frames 45..94, chunks of 18
    served = members(ask(chunk(f"/api/jobs/{job.id}", "number=2")))
    expected = [world.original_bytes(1, frame) for frame in range(45, 54)]
    assert [body for _, body in served] == expected
    refused = ask(chunk(f"/api/jobs/{job.id}", "number=1"))
    assert refused.status_code == 400
    assert refused.json() == [
        "Invalid chunk number '1'. The chunk number should be in the [2, 5] range"
    ]


def test_compressed_frames_are_jpegs(ask) -> None:
    for frame in range(7):
        answer = ask(f"/api/tasks/4/data?type=frame&number={frame}")
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.content[:2] == b"\xff\xd8"


def test_tasks_without_usable_frames(ask, world: World) -> None:
    multiview = world.add_task("views", owner="demo", dimension="multiview").id
    creating = world.add_task("soon", owner="demo", readiness="creating").id
    frame = "data?type=frame&number=0"
    assert ask(f"/api/tasks/9/{frame}").status_code == 500
    assert ask("/api/tasks/9/data/meta").status_code == 500
    assert "size" not in ask("/api/tasks/9").json()
    assert ask(f"/api/tasks/{multiview}/{frame}").status_code == 500
    assert ask(f"/api/tasks/{multiview}").json()["dimension"] == "multiview"
    assert ask(f"/api/tasks/{creating}/{frame}").status_code == 400
    assert ask(f"/api/tasks/{creating}/data/meta").json()["size"] == 0
    assert ask("/api/tasks/14").json()["dimension"] == "3d"
