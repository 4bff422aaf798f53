"""Tasks of the stand-in for the benchmarks, with bodies of the measured sizes, prepared in advance.

The measured server had 1080p JPEGs of 470 kB in chunks of 36 and a 720p video with chunks of
1.3 MB (cvat-api 7.16). Drawing such pictures on demand would cost this machine more time than the
simulated server has, so each is one picture with its number in a comment segment, and padding
behind its end.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence

from PIL import Image

from standin.cache import BoundedCache
from standin.chunks import Chunk, ChunkBuilder, Quality
from standin.media import Images
from standin.model import Task
from standin.pictures import numbered
from standin.video import encode_mp4
from standin.world import World

PHOTO, PHOTO_SIZE, PHOTO_BYTES, PHOTO_FRAMES = 1, (1920, 1080), 470_000, 600
FILM, FILM_SIZE, FILM_FRAMES = 2, (1280, 720), 300
SMALL, SMALL_SIZE, SMALL_BYTES = 3, (64, 48), 2_000
THOUSAND, HUNDRED_THOUSAND, GIGABYTES, TINY = 4, 5, 6, 7
GIGABYTES_FRAMES = 10_700  # of PHOTO_BYTES: 5 GB
SPARSE, SPARSE_FRAMES, SPARSE_BYTES = 8, 6120, 100_000
ONE_TASK, THOUSAND_TASKS = 1, 2  # projects, by how many tasks they have
TASK_FRAMES = 100  # of each task of a project
LOAD_TASKS = range(1, 21)
CACHE_BYTES = 400 * 10**6


class PaddedImages(Images):
    """JPEGs of exactly `length` bytes, each different, each decodable. The padding comes last, as
    the many bytes of a photograph come behind its header: who wants its size reads the first few
    bytes of both."""

    def __init__(self, count: int, size: tuple[int, int], length: int) -> None:
        super().__init__([f"img_{number:06d}.jpg" for number in range(count)], size)
        buffer = io.BytesIO()
        numbered(0, size).save(buffer, "JPEG", quality=90)
        self._picture = buffer.getvalue()
        self._length = length
        # A picture of noise's length: pads without being compressible.
        self._padding = random.Random(1).randbytes(length)

    def original(self, position: int) -> bytes:
        comment = f"frame {position}".encode()
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        padding = self._padding[: max(self._length - len(self._picture) - len(segment), 0)]
        return b"".join((self._picture[:2], segment, self._picture[2:], padding))


class PreparedChunks(ChunkBuilder):
    """Chunks of the video are encoded beforehand: x264 is the measured server's cost, not ours.
    All chunks of a task of 600 pictures stay in the cache."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks = BoundedCache[Chunk](CACHE_BYTES, lambda chunk: len(chunk.body))
        self._films: dict[int, Chunk] = {}

    def prepare(self, task: Task) -> None:
        for job in task.jobs:
            for start in range(0, len(job.frames), task.chunk_size or 1):
                frames = job.frames[start : start + (task.chunk_size or 1)]
                body = encode_mp4((_noisy(frame) for frame in frames), 18)
                self._films[frames[0]] = Chunk(body, "video/mp4")

    def _plain(self, task: Task, frames: Sequence[int], quality: Quality) -> Chunk:
        if task.is_video:
            return self._films[frames[0]]
        return super()._plain(task, frames, quality)


def _noisy(frame: int) -> Image.Image:
    """A numbered picture with enough grain that a chunk is as large as a measured one."""
    image = numbered(frame, FILM_SIZE)
    grain = Image.effect_noise((FILM_SIZE[0] // 4, FILM_SIZE[1] // 4), 24).resize(FILM_SIZE)
    return Image.blend(image, Image.merge("RGB", (grain, grain, grain)), 0.08)


def load_world() -> World:
    """LOAD_TASKS tasks of 300 small pictures in 5 jobs each, for many people at a time."""
    world = World()
    world.add_user("demo")
    for number in LOAD_TASKS:
        task = world.add_task(
            f"Drive {number}", owner="demo", task_id=number, count=300, size=SMALL_SIZE,
            segment_size=60, overlap=0,
        )  # fmt: skip
        task.media = PaddedImages(300, SMALL_SIZE, SMALL_BYTES)
    return world


def photo_world() -> World:
    """The task of 600 photographs alone."""
    world = World()
    world.chunks = PreparedChunks()
    world.add_user("demo")
    _add_images(world, PHOTO, PHOTO_FRAMES, PHOTO_SIZE, PHOTO_BYTES, jobs=10)
    return world


def bench_world() -> World:
    world = photo_world()
    chunks = PreparedChunks()
    world.chunks = chunks
    film = world.add_task(
        "video", owner="demo", task_id=FILM, video=True, count=FILM_FRAMES, size=FILM_SIZE
    )
    chunks.prepare(film)
    _add_images(world, SMALL, 20_000, SMALL_SIZE, SMALL_BYTES, jobs=20)
    _add_images(world, THOUSAND, 1_000, SMALL_SIZE, SMALL_BYTES, jobs=1)
    _add_images(world, HUNDRED_THOUSAND, 100_000, SMALL_SIZE, SMALL_BYTES, jobs=100)
    _add_images(world, TINY, 6_000, SMALL_SIZE, SMALL_BYTES, jobs=6)
    _add_images(world, SPARSE, SPARSE_FRAMES, PHOTO_SIZE, SPARSE_BYTES, jobs=1)
    _add_images(world, GIGABYTES, GIGABYTES_FRAMES, PHOTO_SIZE, PHOTO_BYTES, jobs=10)
    return world


def pages_world() -> World:
    """The same, with a project of one task and one of a thousand such tasks."""
    world = bench_world()
    pictures = PaddedImages(TASK_FRAMES, SMALL_SIZE, SMALL_BYTES)
    for project_id, count in ((ONE_TASK, 1), (THOUSAND_TASKS, 1000)):
        project = world.add_project(f"{count} tasks", owner="demo", project_id=project_id)
        for number in range(count):
            task = world.add_task(
                f"Drive {number}", owner="demo", project=project, count=TASK_FRAMES,
                size=SMALL_SIZE,
            )  # fmt: skip
            task.media = pictures
    return world


def _add_images(
    world: World, number: int, count: int, size: tuple[int, int], length: int, *, jobs: int
) -> None:
    task = world.add_task(
        f"{count} images", owner="demo", task_id=number, count=count, size=size,
        segment_size=-(-count // jobs), overlap=0,
    )  # fmt: skip
    task.media = PaddedImages(count, size, length)
