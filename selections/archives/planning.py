"""Which requests fetch the wanted frames; pure.

CVAT serves a frame by loading its whole cached chunk, so a request for a chunk costs about as much
as one for a frame (cvat-api 7.6) and only the bytes differ. The costs of a request and of a
byte are estimated while the build runs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import NamedTuple

from cvat.frames import chunk_frames, chunk_index
from cvat.types import Job
from selections.archives.entries import WantedFrame

# Start values, measured on an idle server nearby with two cores (cvat-api 7.16).
REQUEST_SECONDS = 0.045
BYTES_PER_SECOND = 250e6
FRAME_BYTES = 470_000
# The start value of the bandwidth weighs as little as so many bytes.
GUESSED_BYTES = 32 * 1024
# Shorter answers say nothing about the bandwidth.
TELLING_BYTES = 64 * 1024
TELLING_SECONDS = 0.1
OBSERVED_SECONDS = 0.05  # how often the bandwidth is estimated while a chunk arrives
SHORTEST = 1e-5  # seconds of a body
# How long a build waits for the telling frame once it knows all else.
EARLY_SECONDS = 0.15
SPARSE = 1.5  # frames of a range for each one that is wanted
# The part of the smaller cost of a request that is not hidden behind the larger one.
NOT_HIDDEN = 0.1

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


def telling_frame(wanted: Sequence[WantedFrame]) -> WantedFrame | None:
    """A frame to be fetched before the jobs are known, because its answer tells whether chunks or
    single frames are cheaper. None where that is clear: all frames of a range, a single frame, a
    video. `wanted`: the first frames of a selection."""
    if not wanted:
        return None
    # The last one: by the time its block has its turn, it has arrived.
    last = wanted[-1]
    of_task = [each.frame for each in wanted if each.task_id == last.task_id]
    is_sparse = last.frame - of_task[0] + 1 >= SPARSE * len(of_task)
    return last if is_sparse and last.filename else None


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
    is_video = is_video_chunk(job, quality)
    return Block(task_id, job_id, index, held.start, len(held), is_video, tuple(frames))


def is_video_chunk(job: Job, quality: str) -> bool:
    """Whether the chunks of a job are videos, which are decoded by the portal."""
    kind = job.compressed_chunk_type if quality == "compressed" else job.original_chunk_type
    return kind == "video"


class CostModel:
    """Estimates what requests to one server cost, from the requests made so far. Safe for threads.

    Requests run side by side and share CVAT and the line: while one waits for CVAT, the bytes of
    another arrive. So a request costs a build its share of the waiting, or the time that its bytes
    take on the whole line, whichever is more.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._waits = deque([REQUEST_SECONDS] * 2, maxlen=32)
        self._line = Line()
        self._frames = deque([(float(FRAME_BYTES), 1)], maxlen=64)
        self._is_guess = True

    def observe_wait(self, seconds: float, *, under_way: int) -> None:
        """Seconds from a request to the first byte of its answer, while so many were under way."""
        with self._lock:
            self._waits.append(seconds / max(under_way, 1))

    def observe_body(self, length: float, seconds: float, *, end: float) -> None:
        """A body, or a part of one, that arrived within `seconds` until `end`, a value of
        time.monotonic()."""
        if length < TELLING_BYTES:
            return
        with self._lock:
            self._line.add(length, begin=end - max(seconds, SHORTEST), end=end)

    def observe_frames(self, length: float, count: int) -> None:
        with self._lock:
            if self._is_guess:
                self._frames.clear()
                self._is_guess = False
            self._frames.append((length, count))

    @property
    def request_seconds(self) -> float:
        """The share of one request in the waiting of all, until CVAT answers from a cached chunk:
        the lower quartile, because the first request into a chunk waits until CVAT has prepared
        it, whether it is for a frame or for the chunk itself."""
        with self._lock:
            return sorted(self._waits)[len(self._waits) // 4]

    @property
    def bytes_per_second(self) -> float:
        """Of the whole line."""
        with self._lock:
            return self._line.bytes_per_second

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
        return self._cost(block.size * self.frame_bytes) < missing * self._cost(self.frame_bytes)

    def is_too_slow(
        self, block: Block, *, missing: int, length: int, received: int, seconds: float
    ) -> bool:
        """Whether the rest of a chunk that is under way costs clearly more than `missing` frames
        one by one."""
        if block.is_video or received < TELLING_BYTES or seconds < TELLING_SECONDS:
            return False
        rest = (length - received) / self.bytes_per_second
        return rest > 1.2 * missing * self._cost(length / block.size)

    def _cost(self, length: float) -> float:
        """Seconds by which a request for so many bytes makes the build longer."""
        waiting, arriving = self.request_seconds, length / self.bytes_per_second
        return max(waiting, arriving) + NOT_HIDDEN * min(waiting, arriving)


class Arrival:
    """Tells the cost model about the body of a chunk while it arrives: on a slow line, other chunks
    must not wait for its end to be broken off."""

    def __init__(self, costs: CostModel) -> None:
        self._costs = costs
        self._received, self._seconds = 0, 0.0

    def observe(self, received: int, seconds: float, *, now: float) -> None:
        """So much has arrived until now, `seconds` after the first byte."""
        self._notice_repetition(received, seconds)
        if seconds - self._seconds >= OBSERVED_SECONDS:
            self.end(received, seconds, now=now)

    def end(self, received: int, seconds: float, *, now: float) -> None:
        self._notice_repetition(received, seconds)
        self._costs.observe_body(received - self._received, seconds - self._seconds, end=now)
        self._received, self._seconds = received, seconds

    def _notice_repetition(self, received: int, seconds: float) -> None:
        """The body of a repeated request begins anew."""
        if received < self._received or seconds < self._seconds:
            self._received, self._seconds = 0, 0.0


class Line:
    """The bandwidth of a line that several answers share: their bytes by the time in which at least
    one of them arrived. Not safe for threads."""

    def __init__(self) -> None:
        # The start value, as a body that arrived before all others.
        guess = (-1.0, GUESSED_BYTES / BYTES_PER_SECOND - 1.0, float(GUESSED_BYTES))
        self._bodies = deque([guess], maxlen=32)  # (begin, end, bytes)
        self.bytes_per_second = BYTES_PER_SECOND

    def add(self, length: float, *, begin: float, end: float) -> None:
        self._bodies.append((begin, end, length))
        busy, until = 0.0, float("-inf")
        for first, last, _ in sorted(self._bodies):
            busy += max(last - max(first, until), 0.0)
            until = max(until, last)
        self.bytes_per_second = sum(size for _, _, size in self._bodies) / busy
