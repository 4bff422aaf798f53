"""The bytes of frames, chunks, previews and context images (cvat-api 7)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from zlib import crc32

from PIL import Image

from standin.cache import BoundedCache
from standin.costs import Costs
from standin.media import Media
from standin.model import Job, Task
from standin.pictures import extension, jpeg
from standin.sharing import inputs_of, shared
from standin.video import decode_mp4, encode_mp4

Quality = Literal["original", "compressed"]

ZIP = "application/zip"
FREE = Costs()
CHUNK_MEMORY = 256 << 20
DECODED_MEMORY = 128 << 20
PLACEHOLDER = jpeg(Image.new("RGB", (1, 1)), 75)
_MP4_QUALITY = {"original": 18, "compressed": 26}


@dataclass(frozen=True)
class Chunk:
    body: bytes
    mime: str

    @cached_property
    def checksum(self) -> str:
        """X-Checksum, formula verified on the real server."""
        return str(crc32(self.body[:1000], crc32(str(len(self.body)).encode())))


def zipped(members: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip with fixed dates: same members, same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in members:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), body, method)
    return buffer.getvalue()


def numbered_zip(files: Iterable[tuple[str, bytes]]) -> Chunk:
    """A chunk of (suffix, bytes): members are named by their place, not by their file."""
    named = ((f"{place:06d}.{suffix}", body) for place, (suffix, body) in enumerate(files))
    return Chunk(zipped(named), ZIP)


def media_of(task: Task) -> Media:
    assert task.media is not None
    return task.media


def _halved(picture: Image.Image) -> Image.Image:
    """Compressed video is halved until it is lower than 1080 lines."""
    width, height = picture.size
    while height >= 1080:
        width, height = width // 2, height // 2
    return picture if height == picture.height else picture.resize((width, height))


class ChunkBuilder:
    """Builds chunks, and caches the last 256 MB of them; one build per chunk at a time."""

    def __init__(self) -> None:
        self._chunks = BoundedCache[Chunk](CHUNK_MEMORY, lambda chunk: len(chunk.body))
        self._decoded = BoundedCache[list[Image.Image]](
            DECODED_MEMORY, lambda pictures: sum(p.width * p.height * 3 for p in pictures)
        )

    def clear(self) -> None:
        """Empty the caches: the next request for each chunk is a cold one."""
        self._chunks.clear()
        self._decoded.clear()

    # -- chunks -------------------------------------------------------------------------------

    def job_chunk(self, job: Job, index: int, quality: Quality, costs: Costs = FREE) -> Chunk:
        """The `index`-th block of the job's own frames. Raises IndexError beyond the last."""
        frames = _frames_of(job, index)
        if index < 0 or not frames:
            raise IndexError(index)
        key = ("job", job.id, index, quality, job.task.chunks_updated_date)
        return self._cached(
            key, job.task, quality, costs, lambda: self._block(job, frames, quality)
        )

    def job_chunk_by_number(
        self, job: Job, number: int, quality: Quality, costs: Costs = FREE
    ) -> Chunk:
        """A task chunk as far as it lies in the job; placeholders in ground-truth jobs."""
        size = job.task.chunk_size or 1
        block = range(number * size, min((number + 1) * size, job.task.size))
        key = ("job number", job.id, number, quality, job.task.chunks_updated_date)

        def make() -> Chunk:
            if not job.recompresses:
                return self._block(job, [t for t in block if job.holds(t)], quality)
            files = (
                self._recompressed(job.task, t, quality) if job.holds(t) else ("jpeg", PLACEHOLDER)
                for t in block
            )
            return numbered_zip(files)

        return self._cached(key, job.task, quality, costs, make)

    def task_chunk(self, task: Task, number: int, quality: Quality, costs: Costs = FREE) -> Chunk:
        """Task frames number * chunk_size and on, across jobs."""
        size = task.chunk_size or 1
        block = range(number * size, min((number + 1) * size, task.size))
        key = ("task", task.id, number, quality, task.chunks_updated_date)
        return self._cached(key, task, quality, costs, lambda: self._plain(task, block, quality))

    def _cached(
        self,
        key: tuple[object, ...],
        task: Task,
        quality: Quality,
        costs: Costs,
        make: Callable[[], Chunk],
    ) -> Chunk:
        return self._chunks.get(key, lambda: costs.build(task, quality, make), costs.wait)

    def _block(self, job: Job, frames: Sequence[int], quality: Quality) -> Chunk:
        if job.recompresses:
            return numbered_zip(self._recompressed(job.task, t, quality) for t in frames)
        return self._plain(job.task, frames, quality)

    def _plain(self, task: Task, frames: Sequence[int], quality: Quality) -> Chunk:
        is_film = task.is_video and (quality == "original" or not task.use_zip_chunks)
        make = self._film if is_film else self._zip
        inputs = inputs_of(media_of(task), [task.order[t] for t in frames])
        what = f"{make.__name__} {quality} {task.image_quality}"
        body = shared.get(inputs, what, lambda: make(task, frames, quality))
        return Chunk(body, "video/mp4" if is_film else ZIP)

    def _zip(self, task: Task, frames: Sequence[int], quality: Quality) -> bytes:
        if not task.is_video:
            return numbered_zip(_image(task, t, quality) for t in frames).body
        pictures = (media_of(task).picture(task.order[t]) for t in frames)
        return numbered_zip(("jpeg", jpeg(each, task.image_quality)) for each in pictures).body

    def _film(self, task: Task, frames: Sequence[int], quality: Quality) -> bytes:
        pictures = (media_of(task).picture(task.order[t]) for t in frames)
        shown = pictures if quality == "original" else map(_halved, pictures)
        return encode_mp4(shown, _MP4_QUALITY[quality])

    # -- frames -------------------------------------------------------------------------------

    def frame(
        self,
        task: Task,
        frame: int,
        quality: Quality,
        job: Job | None = None,
        costs: Costs = FREE,
    ) -> Chunk:
        """One task frame as bytes and media type, through the task or one of its jobs."""
        holder = job or first_holder(task, frame)
        if costs.has_cold_builds:
            self.job_chunk(
                holder, holder.frames.index(frame) // (task.chunk_size or 1), quality, costs
            )
        if task.is_video:
            return self._video_frame(task, frame, quality, holder)
        if holder.recompresses:
            return Chunk(self._recompressed(task, frame, quality)[1], "image/jpeg")
        suffix, body = _image(task, frame, quality)
        mime = media_of(task).mime(task.order[frame])
        return Chunk(body, "image/jpeg" if suffix == "jpeg" and quality == "compressed" else mime)

    def _recompressed(self, task: Task, frame: int, quality: Quality) -> tuple[str, bytes]:
        level = 100 if quality == "original" else task.image_quality
        if task.is_video:
            holder = first_holder(task, frame)
            return "jpeg", jpeg(self.video_picture(holder, frame, quality), level)
        return "jpeg", media_of(task).compressed(task.order[frame], level)

    def _video_frame(self, task: Task, frame: int, quality: Quality, holder: Job) -> Chunk:
        """cvat-api 7.3 and 7.4: PNG decoded from the chunk; in ground-truth jobs from a JPEG."""
        if quality == "compressed" and task.use_zip_chunks:
            picture = media_of(task).picture(task.order[frame])
            return Chunk(jpeg(picture, task.image_quality), "image/jpeg")
        if holder.recompresses:
            jpeg_of = self._recompressed(task, frame, quality)[1]
            return Chunk(_png(Image.open(io.BytesIO(jpeg_of))), "image/png")
        index, place = _place_of(holder, frame)
        inputs = inputs_of(media_of(task), [task.order[t] for t in _frames_of(holder, index)])

        def make() -> bytes:
            return _png(self.video_picture(holder, frame, quality))

        return Chunk(shared.get(inputs, f"PNG {place} of {quality} film", make), "image/png")

    def video_picture(self, job: Job, frame: int, quality: Quality) -> Image.Image:
        """A frame as it comes out of the chunk of a job that holds it."""
        index, place = _place_of(job, frame)
        key = (job.id, index, quality, job.task.chunks_updated_date)

        def make() -> list[Image.Image]:
            return decode_mp4(self.job_chunk(job, index, quality).body)

        return self._decoded.get(key, make)[place]

    # -- previews and context images ----------------------------------------------------------

    def preview(self, task: Task, frame: int) -> bytes:
        """A JPEG of at most 256x256, never enlarged."""
        media, position = media_of(task), task.order[frame]

        def make() -> bytes:
            picture = media.picture(position)
            picture.thumbnail((256, 256))
            return jpeg(picture, 75)

        return shared.get(inputs_of(media, [position]), "preview", make)

    def context_images(self, task: Task, frame: int) -> bytes:
        """A zip of JPEGs; empty (22 bytes) when the frame has none."""
        files = media_of(task).related(task.order[frame])
        return zipped(((f"{name}.jpg", body) for name, body in files), zipfile.ZIP_DEFLATED)


def _frames_of(job: Job, index: int) -> Sequence[int]:
    """Those of a chunk of the job."""
    size = job.task.chunk_size or 1
    return job.frames[index * size : (index + 1) * size]


def _place_of(job: Job, frame: int) -> tuple[int, int]:
    """The chunk of the job that holds the frame, and the place in it."""
    return divmod(frame - job.start, job.task.chunk_size or 1)


def _image(task: Task, frame: int, quality: Quality) -> tuple[str, bytes]:
    """The extension and the bytes."""
    media, position = media_of(task), task.order[frame]
    if quality == "original" or task.dimension == "3d":
        return extension(media.name(position)), media.original(position)
    return "jpeg", media.compressed(position, task.image_quality)


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def first_holder(task: Task, frame: int) -> Job:
    """The first job of the task that holds the frame among its own range."""
    for job in task.jobs:
        if not job.recompresses and job.start <= frame <= job.stop:
            return job
    raise IndexError(frame)
