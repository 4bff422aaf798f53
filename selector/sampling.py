"""Which frames, given candidates, a count and a seed. Pure.

A draw ranks, it does not shuffle: each frame gets a number that depends on the seed, its task and
its own number alone, and the lowest win. So a draw is the same on every machine and in every order
of the candidates, twenty contain the ten drawn before, and a frame that disappears costs only its
own place.
"""

from __future__ import annotations

import heapq
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b

from selector.cvat.types import Frame, FrameCatalog, Job

MAX_SEED = 4294967295


@dataclass(frozen=True, slots=True)
class JobDraw:
    """What a draw took from one job: `selected` of its `total` frames."""

    job_id: int
    selected: int
    total: int


@dataclass(frozen=True, slots=True)
class PerJobSample:
    frames: tuple[Frame, ...]  # sorted by (task_id, frame)
    jobs: tuple[JobDraw, ...]  # in the order of the jobs


def new_seed() -> int:
    """A seed nobody chose, 0 to MAX_SEED."""
    return secrets.randbelow(MAX_SEED + 1)


def rank(frame: Frame, seed: int) -> int:
    """A 64 bit number, evenly spread; the job plays no part, so overlapping jobs agree."""
    key = f"{seed}:{frame.task_id}:{frame.frame}".encode()
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "big")


def sample(frames: Sequence[Frame], *, count: int, seed: int) -> list[Frame]:
    """`count` of the frames (all, if there are fewer), sorted by (task_id, frame).

    A frame given twice (through overlapping jobs) is one candidate: the first given stands.
    Raises ValueError for a negative count or a seed outside 0 to MAX_SEED.
    """
    if count < 0:
        raise ValueError("count must not be negative")
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"the seed must be 0 to {MAX_SEED}")
    chosen = heapq.nsmallest(count, _once(frames), key=lambda frame: _order(frame, seed))
    return sorted(chosen, key=_place)


def sample_share(frames: Sequence[Frame], *, frame_share: float, seed: int) -> list[Frame]:
    """Like `sample`, for a share of the frames; see `share_count`."""
    return sample(frames, count=share_count(len(_once(frames)), frame_share), seed=seed)


def sample_per_job(
    frames: Sequence[Frame] | FrameCatalog,
    jobs: Iterable[Job] | None = None,
    *,
    count: int,
    seed: int,
) -> PerJobSample:
    """`count` frames from each annotation job, of those assigned to it (`Frame.job_id`).

    `jobs` may be left out for a catalogue. Jobs of other types are passed over; a job that holds
    no frame of its own is reported with a total of 0.
    """
    return _per_job(frames, jobs, seed=seed, count_of=lambda total: count)


def sample_share_per_job(
    frames: Sequence[Frame] | FrameCatalog,
    jobs: Iterable[Job] | None = None,
    *,
    frames_per_job_share: float,
    seed: int,
) -> PerJobSample:
    """Like `sample_per_job`, for a share of the frames of each job; see `share_count`."""
    return _per_job(
        frames, jobs, seed=seed, count_of=lambda total: share_count(total, frames_per_job_share)
    )


def share_count(total: int, share: float) -> int:
    """How many of `total` a share is: rounded down, and at least 1 of any.

    0.29 of 100 are 29: the share is taken as it is written, not as its binary neighbour.
    Raises ValueError unless 0 < share <= 1.
    """
    if not 0 < share <= 1:
        raise ValueError("the share must be above 0 and at most 1")
    return min(total, max(1, int(total * Fraction(str(share)))))


def _per_job(
    frames: Sequence[Frame] | FrameCatalog,
    jobs: Iterable[Job] | None,
    *,
    seed: int,
    count_of: Callable[[int], int],
) -> PerJobSample:
    if isinstance(frames, FrameCatalog):
        jobs = frames.jobs if jobs is None else jobs
        frames = frames.frames
    if jobs is None:
        raise TypeError("jobs are needed beside a list of frames")
    held: dict[int, list[Frame]] = {job.id: [] for job in jobs if job.is_annotation}
    for frame in _once(frames):
        if frame.job_id in held:
            held[frame.job_id].append(frame)
    chosen: list[Frame] = []
    draws = []
    for job_id, own in held.items():
        drawn = sample(own, count=count_of(len(own)), seed=seed)
        chosen += drawn
        draws.append(JobDraw(job_id=job_id, selected=len(drawn), total=len(own)))
    return PerJobSample(frames=tuple(sorted(chosen, key=_place)), jobs=tuple(draws))


def _once(frames: Iterable[Frame]) -> list[Frame]:
    first: dict[tuple[int, int], Frame] = {}
    for frame in frames:
        first.setdefault(_place(frame), frame)
    return list(first.values())


def _place(frame: Frame) -> tuple[int, int]:
    return frame.task_id, frame.frame


def _order(frame: Frame, seed: int) -> tuple[int, int, int]:
    return rank(frame, seed), frame.task_id, frame.frame
