"""Tasks of many frames cost nothing before somebody asks for them."""

import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import partial

from PIL import Image

from standin.pictures import read_bars
from standin.samples import sample_world
from standin.world import World


def shown(body: bytes) -> list[int]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        pictures = [Image.open(io.BytesIO(archive.read(name))) for name in archive.namelist()]
        return [read_bars(picture) for picture in pictures]


def seconds(work: Callable[[], object]) -> float:
    """Of this thread alone."""
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def test_the_sample_world_costs_less_than_ten_of_its_pictures() -> None:
    """Nothing is drawn before it is asked for."""

    def draw(world: World) -> None:
        assert all(world.tasks[1].media.uploaded(frame) for frame in range(10))

    made = min(seconds(sample_world) for _ in range(3))
    assert made < min(seconds(partial(draw, sample_world())) for _ in range(3))


def test_a_task_of_a_hundred_thousand_frames_takes_no_memory() -> None:
    tracemalloc.start()
    try:
        World().add_task("huge", count=100_000, pattern="f_{:06d}.jpg", segment_size=5000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20


def test_a_hundred_thousand_frames_are_served(ask, world: World) -> None:
    task = world.add_task("huge", owner="demo", count=100_000, segment_size=5000)
    meta = ask(f"/api/tasks/{task.id}/data/meta").json()
    assert len(meta["frames"]) == meta["size"] == 100_000
    last = ask(f"/api/tasks/{task.id}/data?type=chunk&number=1388&quality=original")
    assert shown(last.content) == list(range(99_936, 100_000))


def test_meta_of_twenty_thousand_frames(ask) -> None:
    meta = ask("/api/tasks/8/data/meta").json()
    assert meta["size"] == len(meta["frames"]) == 20_000
    assert meta["frames"][19_999]["name"] == "frame_19999.jpg"
    assert meta["chunk_size"] == 72


def test_first_and_last_chunk(ask, world: World) -> None:
    jobs = world.tasks[8].jobs
    assert len(jobs) == 20
    first = ask(f"/api/jobs/{jobs[0].id}/data?type=chunk&index=0&quality=original")
    assert shown(first.content) == list(range(72))
    last = ask(f"/api/jobs/{jobs[-1].id}/data?type=chunk&index=13&quality=original")
    assert shown(last.content) == list(range(19_936, 20_000))


def test_meta_follows_deletions_although_it_is_cached(ask, world: World) -> None:
    assert ask("/api/tasks/8/data/meta").json()["deleted_frames"] == []
    world.set_deleted(8, [12_345, 7])
    assert ask("/api/tasks/8/data/meta").json()["deleted_frames"] == [7, 12_345]
