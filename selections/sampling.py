"""Which frames, given candidates, a count and a seed. Pure.

A draw ranks, it does not shuffle: each frame gets a number that depends on the seed, its task and
its own number alone, and the lowest win. So a draw is the same on every machine and in every order
of the candidates, twenty contain the ten drawn before, and a frame that disappears costs only its
own place.
"""

from __future__ import annotations

import heapq
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import blake2b
from typing import NamedTuple

from cvat.frames import frames_by_job
from cvat.types import Frame, Job
from selections.overlap import count_for_one

MAX_SEED = 4294967295


class SharedFrames(NamedTuple):
    """How many frames count for another job that holds them too."""

    job_id: int
    frames_count: int


@dataclass(frozen=True, slots=True)
class JobDraw:
    """What a draw took from one job: `selected` of the `total` frames that the job holds.

    `elsewhere` are drawn frames that the job holds as well and that count for another job. A draw
    per job with `selected < requested` has taken all frames of the job: `selected` plus those
    `elsewhere` are `total`.
    """

    job_id: int
    selected: int
    total: int
    requested: int | None = None  # None: the draw asks for no number of each job
    elsewhere: tuple[SharedFrames, ...] = ()

    @property
    def shortage(self) -> str:
        """Why fewer frames count for the job than asked for; "" if none are missing."""
        if self.requested is None or self.selected >= self.requested:
            return ""
        return "counted_for_other_jobs" if self.elsewhere else "too_few_frames"


@dataclass(frozen=True, slots=True)
class JobsSample:
    """Frames drawn from several jobs. `job_id` of a frame is the job for which it counts."""

    frames: tuple[Frame, ...]  # sorted by (task_id, frame)
    jobs: tuple[JobDraw, ...]  # in the order of the jobs
    total: int  # frames that the jobs hold together, each once


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
    _check_seed(seed)
    chosen = heapq.nsmallest(count, _once(frames), key=lambda frame: _order(frame, seed))
    return sorted(chosen, key=_place)


def sample_share(frames: Sequence[Frame], *, frame_share: float, seed: int) -> list[Frame]:
    """Like `sample`, for a share of the frames; see `share_count`."""
    return sample(frames, count=share_count(len(_once(frames)), frame_share), seed=seed)


def sample_per_job(
    frames: Sequence[Frame], jobs: Iterable[Job], *, count: int, seed: int
) -> JobsSample:
    """`count` frames of each annotation job, no frame twice.

    Where jobs overlap, a drawn frame counts for one job that holds it, so a job can end with fewer
    frames than asked for. The drawn frames are as many as there can be (see overlap.py), and with
    a larger count they stay drawn. Jobs of other types are passed over. `frames` as for
    `frames_by_job`.
    """
    return _per_job(frames, jobs, seed=seed, count_of=lambda total: count)


def sample_share_per_job(
    frames: Sequence[Frame], jobs: Iterable[Job], *, frames_per_job_share: float, seed: int
) -> JobsSample:
    """Like `sample_per_job`, for a share of the frames that each job holds; see `share_count`."""
    return _per_job(
        frames, jobs, seed=seed, count_of=lambda total: share_count(total, frames_per_job_share)
    )


def sample_over_jobs(
    frames: Sequence[Frame], jobs: Iterable[Job], *, seed: int, count_of: Callable[[int], int]
) -> JobsSample:
    """Of all frames that the jobs hold together as many as `count_of` says of their number.

    A drawn frame counts for the first of the jobs that holds it. `frames` as for `frames_by_job`.
    """
    held = frames_by_job(frames, jobs)
    holders = _holders(held)
    candidates = [frame for frame in frames if frame.frame in holders]
    drawn = sample(candidates, count=count_of(len(candidates)), seed=seed)
    job_of = {frame.frame: holders[frame.frame][0] for frame in drawn}
    return _jobs_sample(held, holders, job_of, requested={})


def share_count(total: int, share: float) -> int:
    """How many of `total` a share is: rounded down, and at least 1 of any.

    0.29 of 100 are 29: the share is taken as it is written, not as its binary neighbour.
    Raises ValueError unless 0 < share <= 1.
    """
    if not 0 < share <= 1:
        raise ValueError("the share must be above 0 and at most 1")
    return min(total, max(1, int(total * Fraction(str(share)))))


def _per_job(
    frames: Sequence[Frame], jobs: Iterable[Job], *, seed: int, count_of: Callable[[int], int]
) -> JobsSample:
    _check_seed(seed)
    held = frames_by_job(frames, [job for job in jobs if job.is_annotation])
    requested = {job_id: count_of(len(own)) for job_id, own in held.items()}
    holders = _holders(held)
    candidates = [frame for frame in frames if frame.frame in holders]
    ranked = sorted(candidates, key=lambda frame: _order(frame, seed))
    job_of = count_for_one([frame.frame for frame in ranked], holders, requested)
    return _jobs_sample(held, holders, job_of, requested=requested)


def _holders(held: Mapping[int, Sequence[Frame]]) -> dict[int, list[int]]:
    """The jobs that hold each frame, in the order of the jobs."""
    holders: dict[int, list[int]] = {}
    for job_id, own in held.items():
        for frame in own:
            holders.setdefault(frame.frame, []).append(job_id)
    return holders


def _jobs_sample(
    held: Mapping[int, Sequence[Frame]],
    holders: Mapping[int, Sequence[int]],
    job_of: Mapping[int, int],
    *,
    requested: Mapping[int, int],
) -> JobsSample:
    drawn: dict[int, Frame] = {}
    draws = []
    for job_id, own in held.items():
        taken = [frame for frame in own if frame.frame in job_of]
        counts = Counter(job_of[frame.frame] for frame in taken)
        selected = counts.pop(job_id, 0)
        draws.append(
            JobDraw(
                job_id,
                selected,
                len(own),
                requested.get(job_id),
                tuple(SharedFrames(*item) for item in sorted(counts.items())),
            )
        )
        for frame in taken:
            drawn[frame.frame] = replace(frame, job_id=job_of[frame.frame])
    return JobsSample(
        frames=tuple(drawn[number] for number in sorted(drawn)),
        jobs=tuple(draws),
        total=len(holders),
    )


def _check_seed(seed: int) -> None:
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"the seed must be 0 to {MAX_SEED}")


def _once(frames: Iterable[Frame]) -> list[Frame]:
    first: dict[tuple[int, int], Frame] = {}
    for frame in frames:
        first.setdefault(_place(frame), frame)
    return list(first.values())


def _place(frame: Frame) -> tuple[int, int]:
    return frame.task_id, frame.frame


def _order(frame: Frame, seed: int) -> tuple[int, int, int]:
    return rank(frame, seed), frame.task_id, frame.frame
