"""Which requests fetch the wanted frames; pure.

CVAT serves a frame by loading its whole cached chunk, so a request for a chunk costs about as much
as one for a frame (cvat-api 7.6) and only the bytes differ. The costs of a request and of a
byte are estimated while the build runs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import NamedTuple

from cvat.frames import chunk_frames, chunk_index
from cvat.types import Job
from selections.archives.entries import WantedFrame

# Start values, measured on an idle server nearby (cvat-api 7.16).
REQUEST_SECONDS = 0.087
BYTES_PER_SECOND = 250e6
FRAME_BYTES = 470_000
# Shorter answers say nothing about the bandwidth.
TELLING_BYTES = 64 * 1024
TELLING_SECONDS = 0.25

Key = tuple[int, int, int]  # task id, job id, index of the chunk


class Block(NamedTuple):
    """Wanted frames of one chunk of a job, ascending.

    `size` is how many frames the whole chunk has; 0 where no chunk may be used: the block is one
    frame, which is fetched alone.
    """

    task_id: int
    job_id: int
    chunk: int  # its index in the job; negative without one
    first: int  # task frame of the chunk's first member
    size: int
    is_video: bool
    frames: tuple[int, ...]
    is_recompressed: bool = False  # CVAT serves JPEGs of its own through this job (cvat-api 7.4)


class Plan:
    """The wanted frames, sorted by task and frame, as blocks in the order of their first frames.
    Every frame is in exactly one block."""

    def __init__(
        self, wanted: Iterable[WantedFrame], jobs: Mapping[int, Job], *, quality: str
    ) -> None:
        self._jobs = jobs
        frames: dict[Key, list[int]] = {}
        for frame in wanted:
            frames.setdefault(self._key(frame), []).append(frame.frame)
        self.blocks = [_block(key, listed, jobs, quality) for key, listed in frames.items()]
        self._numbers = {key: number for number, key in enumerate(frames)}

    def number_of(self, frame: WantedFrame) -> int:
        """The number of the frame's block, counted from 0."""
        return self._numbers[self._key(frame)]

    def _key(self, frame: WantedFrame) -> Key:
        index = _index(self._jobs.get(frame.job_id), frame.frame)
        # Without a chunk every frame is a block of its own, so that they are fetched side by side.
        return frame.task_id, frame.job_id, -1 - frame.frame if index is None else index


def _index(job: Job | None, frame: int) -> int | None:
    """The chunk that holds the frame. None where there is none, and for ground-truth jobs, which
    recompress what they serve (cvat-api 7.4)."""
    if job is None or not job.is_annotation or job.chunk_size < 1:
        return None
    inside = job.start_frame <= frame <= job.stop_frame
    return chunk_index(job, frame) if inside else None


def _block(key: Key, frames: list[int], jobs: Mapping[int, Job], quality: str) -> Block:
    task_id, job_id, index = key
    job = jobs.get(job_id)
    if job is None or index < 0:
        return Block(
            task_id,
            job_id,
            index,
            frames[0],
            0,
            is_video=False,
            frames=tuple(frames),
            is_recompressed=quality == "original" and job is not None and job.recompresses,
        )
    held = chunk_frames(job, index)
    kind = job.compressed_chunk_type if quality == "compressed" else job.original_chunk_type
    is_video = kind == "video"
    return Block(task_id, job_id, index, held.start, len(held), is_video, tuple(frames))


class CostModel:
    """Estimates what requests to one server cost, from the requests made so far. Safe for threads.

    All figures are those of one connection among several that run side by side, so bandwidth that
    they share is estimated right.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._waits = deque([REQUEST_SECONDS] * 4, maxlen=32)
        # Sums over the last bodies; the start value weighs as little as one megabyte.
        self._bodies = deque([(1e6, 1e6 / BYTES_PER_SECOND)], maxlen=16)
        self._frames = deque([(float(FRAME_BYTES), 1)], maxlen=64)
        self._is_guess = True

    def observe_wait(self, seconds: float) -> None:
        """Seconds from a request for a single frame to the first byte of the answer."""
        with self._lock:
            self._waits.append(seconds)

    def observe_body(self, length: float, seconds: float) -> None:
        if length < TELLING_BYTES:
            return
        with self._lock:
            self._bodies.append((length, max(seconds, 1e-6)))

    def observe_frames(self, length: float, count: int) -> None:
        with self._lock:
            if self._is_guess:
                self._frames.clear()
                self._is_guess = False
            self._frames.append((length, count))

    @property
    def request_seconds(self) -> float:
        """Until CVAT answers from a cached chunk: the lower quartile, because the first request
        into a chunk waits until CVAT has prepared it, as a request for the chunk itself would."""
        with self._lock:
            return sorted(self._waits)[len(self._waits) // 4]

    @property
    def bytes_per_second(self) -> float:
        with self._lock:
            return sum(length for length, _ in self._bodies) / sum(s for _, s in self._bodies)

    @property
    def frame_bytes(self) -> float:
        with self._lock:
            return sum(length for length, _ in self._frames) / sum(n for _, n in self._frames)

    def prefers_chunk(self, block: Block, *, missing: int) -> bool:
        """Whether the whole chunk is cheaper than `missing` of its frames one by one."""
        if not block.size or missing == 0:
            return False
        if block.is_video:
            # CVAT serves a single video frame as a PNG that is as large as a whole chunk. And its
            # bytes would differ from those of a frame decoded here, depending on the pace.
            return True
        chunk = self.request_seconds + block.size * self.frame_bytes / self.bytes_per_second
        frame = self.request_seconds + self.frame_bytes / self.bytes_per_second
        return chunk < missing * frame

    def is_too_slow(
        self, block: Block, *, missing: int, length: int, received: int, seconds: float
    ) -> bool:
        """Whether the rest of a chunk that is under way costs clearly more than `missing` frames
        one by one, at the pace of this very chunk."""
        if block.is_video or received < TELLING_BYTES or seconds < TELLING_SECONDS:
            return False
        pace = received / seconds
        frame = self.request_seconds + length / block.size / pace
        return (length - received) / pace > 1.2 * missing * frame
