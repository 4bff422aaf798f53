"""Frame n of a video is frame n: in chunks, alone, through every job, with start and step."""

import io

import av
import pytest
from PIL import Image

from standin.data import TOO_LARGE
from standin.pictures import numbered, read_bars
from standin.street import Street
from standin.video import decode_mp4, encode_mp4
from standin.world import World
from tests.standin.test_frames_and_chunks import members

VIDEO_TASKS = [3, 11]


def numbers(chunk: bytes) -> list[int]:
    return [read_bars(picture) for picture in decode_mp4(chunk)]


@pytest.mark.parametrize("cut", [{}, {"start_frame": 10, "stop_frame": 250, "step": 5}])
def test_every_job_chunk_shows_its_frames(ask, world: World, cut: dict[str, int]) -> None:
    jobs = {"segment_size": 30, "overlap": 5, "chunk_size": 12}
    task = world.add_task("film", owner="demo", video=True, count=300, size=(96, 64), **jobs, **cut)
    assert len(task.jobs) > 1
    size = task.chunk_size
    seen = set()
    for job in task.jobs:
        for index in range(-(-len(job.frames) // size)):
            frames = list(job.frames)[index * size : (index + 1) * size]
            answer = ask(f"/api/jobs/{job.id}/data?type=chunk&index={index}&quality=original")
            assert answer.headers["Content-Type"] == "video/mp4"
            assert numbers(answer.content) == [task.source_number(frame) for frame in frames]
            seen.update(frames)
    assert seen == set(range(task.size))


def test_start_stop_and_step(ask, world: World) -> None:
    meta = ask("/api/tasks/11/data/meta").json()
    assert (meta["start_frame"], meta["stop_frame"], meta["frame_filter"]) == (10, 250, "step=5")
    assert meta["size"] == ask("/api/tasks/11").json()["size"] == 49
    assert meta["frames"] == [
        {
            "width": 640,
            "height": 360,
            "name": "dashcam_0412.mp4",
            "related_files": 0,
            "has_related_context": False,
        }
    ]
    job = world.tasks[11].jobs[1]
    inside = ask(f"/api/jobs/{job.id}/data/meta").json()
    assert (job.start, job.stop) == (15, 34)
    assert (inside["start_frame"], inside["stop_frame"]) == (85, 180)


@pytest.mark.parametrize("task_id", VIDEO_TASKS)
def test_a_frame_is_the_png_of_what_the_chunk_shows(ask, world: World, task_id: int) -> None:
    task = world.tasks[task_id]
    job = task.jobs[1]
    place = 7
    chunk = ask(f"/api/jobs/{job.id}/data?type=chunk&index=0&quality=original").content
    frame = job.start + place  # beyond the overlap, so this job is the first that holds it
    for path in (f"/api/tasks/{task_id}", f"/api/jobs/{job.id}"):
        served = ask(f"{path}/data?type=frame&number={frame}&quality=original")
        assert served.headers["Content-Type"] == "image/png"
        assert served.content == world.original_bytes(task_id, frame)
        with Image.open(io.BytesIO(served.content)) as picture:
            assert picture.tobytes() == decode_mp4(chunk)[place].tobytes()
            assert read_bars(picture) == task.source_number(frame)


def test_in_an_overlap_each_job_serves_what_its_own_chunk_shows(ask, world: World) -> None:
    first, second = world.tasks[3].jobs[:2]
    frame = second.start
    assert first.holds(frame)
    chunk = ask(f"/api/jobs/{second.id}/data?type=chunk&index=0&quality=original").content
    served = ask(f"/api/jobs/{second.id}/data?type=frame&number={frame}&quality=original").content
    with Image.open(io.BytesIO(served)) as picture:
        assert picture.tobytes() == decode_mp4(chunk)[0].tobytes()
        assert read_bars(picture) == frame


def test_task_chunks_cross_jobs(ask) -> None:
    answer = ask("/api/tasks/3/data?type=chunk&number=2&quality=original")  # 72..107
    assert numbers(answer.content) == list(range(72, 108))
    last = ask("/api/tasks/3/data?type=chunk&number=8&quality=original")
    assert numbers(last.content) == list(range(288, 300))


def test_chunks_are_h264_of_25_frames_a_second_from_zero(ask) -> None:
    body = ask("/api/tasks/11/data?type=chunk&number=1&quality=original").content
    with av.open(io.BytesIO(body)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.average_rate) == ("h264", 25)
        times = [frame.time for frame in container.decode(video=0)]
    assert len(times) == 10
    assert times == [pytest.approx(place / 25) for place in range(len(times))]


def test_ground_truth_of_a_video_is_a_zip_of_jpegs(ask, world: World) -> None:
    task = world.add_task(
        "video truth", owner="demo", video=True, count=50, size=(320, 240), ground_truth=[3, 40]
    )
    job = task.jobs[-1]
    assert ask(f"/api/jobs/{job.id}").json()["data_original_chunk_type"] == "video"
    served = members(ask(f"/api/jobs/{job.id}/data?type=chunk&index=0&quality=original"))
    assert [name for name, _ in served] == ["000000.jpeg", "000001.jpeg"]
    for (_, body), frame in zip(served, (3, 40), strict=True):
        with Image.open(io.BytesIO(body)) as picture:
            assert (picture.format, read_bars(picture)) == ("JPEG", frame)
    alone = ask(f"/api/jobs/{job.id}/data?type=frame&number=40&quality=original")
    assert alone.headers["Content-Type"] == "image/png"


def test_chunks_are_the_same_bytes_when_built_again(ask, world: World) -> None:
    path = "/api/tasks/11/data?type=chunk&number=0&quality=original"
    first = ask(path).content
    world.chunks.clear()
    assert ask(path).content == first


@pytest.mark.parametrize("size", [(64, 48), (96, 64), (640, 360)])
@pytest.mark.parametrize("number", [0, 1, 4095, 99_999, 1_048_575])
def test_numbers_survive_the_codec(number: int, size: tuple[int, int]) -> None:
    chunk = encode_mp4([numbered(number, size, Street(light="night", has_grain=True))], quality=26)
    assert numbers(chunk) == [number]


def test_odd_sides_become_longer_by_one(ask, world: World) -> None:
    task = world.add_task("odd", owner="demo", video=True, count=2, size=(321, 181))
    entry = ask(f"/api/tasks/{task.id}/data/meta").json()["frames"][0]
    assert (entry["width"], entry["height"]) == (321, 181)
    chunk = ask(f"/api/jobs/{task.jobs[0].id}/data?type=chunk&index=0&quality=original").content
    assert [picture.size for picture in decode_mp4(chunk)] == [(322, 182)] * 2
    assert numbers(chunk) == [0, 1]


def test_original_chunks_of_a_video_beyond_the_encoder_are_refused(ask, world: World) -> None:
    task = world.add_task("5K", owner="demo", video=True, count=1, size=(4097, 2303))
    job = task.jobs[0]
    for path, body in (
        (f"/api/jobs/{job.id}/data?type=chunk&index=0", [TOO_LARGE]),
        (f"/api/jobs/{job.id}/data?type=frame&number=0", TOO_LARGE),
        (f"/api/tasks/{task.id}/data?type=chunk&number=0", TOO_LARGE),
        (f"/api/tasks/{task.id}/data?type=frame&number=0", TOO_LARGE),
    ):
        answer = ask(f"{path}&quality=original")
        assert (answer.status_code, answer.json()) == (400, body)
    chunk = ask(f"/api/jobs/{job.id}/data?type=chunk&index=0&quality=compressed")
    assert [picture.size for picture in decode_mp4(chunk.content)] == [(1024, 576)]


def test_pictures_without_a_number_are_refused() -> None:
    with pytest.raises(ValueError, match="no readable number"):
        read_bars(Image.new("RGB", (64, 48), (255, 255, 255)))
