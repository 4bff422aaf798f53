"""Ranks of frames, and samples of the frames of tasks. Pure.

A draw ranks, it does not shuffle: each frame gets a number that depends on the seed, its task and
its own number alone, and the lowest win. So a draw is the same on every machine and in every order
of the candidates, twenty contain the ten drawn before, and a frame that disappears costs only its
own place.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import blake2b
from operator import attrgetter, itemgetter
from typing import NamedTuple

from msgspec import structs

from cvat.types import Frame, Place

MAX_SEED = 4294967295

place_of: Callable[[Frame], Place] = attrgetter("task_id", "frame")


@dataclass(frozen=True, slots=True)
class Amount:
    """How many frames to draw: a count, or a share of all (above 0, at most 1); and the further
    numbers that the method takes, by name."""

    count: int | None = None
    share: float | None = None
    settings: Mapping[str, int] = field(default_factory=dict)

    def of(self, total: int) -> int:
        """How many of `total` frames are asked for; a count can be more than there are."""
        if self.count is not None:
            return self.count
        return share_count(total, self.share or 0)


class Candidates:
    """The frames that a draw can take, and the jobs that hold them.

    `by_job` maps the id of each job that takes part to its frames, in the order of the jobs; a
    frame of overlapping jobs is in the list of each. `holders` maps the place of each frame to the
    ids of its jobs. The jobs may be of several tasks; `frames` has each frame once, by task and
    number.
    """

    def __init__(self, by_job: Mapping[int, Sequence[Frame]]) -> None:
        self.by_job = by_job
        self.holders: dict[Place, tuple[int, ...]] = {}
        frames = []
        for job_id, held in by_job.items():
            only = (job_id,)  # one tuple for all frames that no other job holds
            for frame in held:
                place = place_of(frame)
                others = self.holders.get(place)
                if others is None:
                    frames.append(frame)
                self.holders[place] = only if others is None else others + only
        self.frames = tuple(sorted(frames, key=place_of))


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
    near_duplicates: int = 0  # of its frames, left out
    known_names: int = 0  # of its frames, left out because other tasks have their file names

    @property
    def shortage(self) -> str:
        """Why fewer frames count for the job than asked for; "" if none are missing."""
        if self.requested is None or self.selected >= self.requested:
            return ""
        return "counted_for_other_jobs" if self.elsewhere else "too_few_frames"


@dataclass(frozen=True, slots=True)
class TaskDraw:
    """What a draw took from one task: `selected` of the `total` frames that its jobs hold."""

    task_id: int
    selected: int
    total: int
    requested: int | None = None  # None: the draw asks for no number of each task


@dataclass(frozen=True, slots=True)
class AssigneeDraw:
    """What a draw took from the jobs of one assignee: `selected` of the `total` frames that they
    hold. With `selected < requested` there are no more, or others count for another assignee."""

    assignee: str
    requested: int
    selected: int
    total: int


@dataclass(frozen=True, slots=True)
class LabelDraw:
    """What a draw took of one label: `selected` of the `total` frames that have it. With `selected
    < requested` these are all."""

    label: str
    requested: int
    selected: int
    total: int


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A frame that a draw left out because it looks like `other`, which it could take. `distance`
    is the number of bits in which their hashes differ."""

    frame: Frame
    other: Frame
    distance: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Frames drawn from jobs. `job_id` of a frame is the job for which it counts."""

    frames: tuple[Frame, ...]  # by task and number
    jobs: tuple[JobDraw, ...]  # in the order of the jobs
    total: int  # frames that the jobs hold together, each once
    requested: int  # frames asked for, of all jobs together
    tasks: tuple[TaskDraw, ...] = ()  # by id, of all that have candidates
    labels: tuple[LabelDraw, ...] = ()  # by name; empty unless so many of each label are asked for
    assignees: tuple[AssigneeDraw, ...] = ()  # by name; the same for a draw per assignee
    near_duplicates: tuple[NearDuplicate, ...] = ()  # the least alike first
    unseen: int = 0  # frames without a picture to compare
    known_names: int = 0  # frames left out because other tasks have their file names


def sample_of(candidates: Candidates, job_of: Mapping[Place, int], *, requested: int) -> Sample:
    """The sample of the frames whose places are the keys of `job_of`, each counted for the job
    that is its value."""
    selected = Counter(map(itemgetter(0), job_of))
    totals = Counter(map(itemgetter(0), candidates.holders))
    return Sample(
        frames=tuple(_counted(candidates.frames, job_of)),
        jobs=tuple(_job_draw(job_id, held, job_of) for job_id, held in candidates.by_job.items()),
        total=len(candidates.frames),
        requested=requested,
        tasks=tuple(TaskDraw(task, selected[task], totals[task]) for task in sorted(totals)),
    )


def _counted(frames: Sequence[Frame], job_of: Mapping[Place, int]) -> Iterator[Frame]:
    """The frames that were drawn, each with the job for which it counts."""
    for frame, job_id in zip(frames, map(job_of.get, map(place_of, frames)), strict=True):
        if job_id is not None:
            is_same = frame.job_id == job_id
            yield frame if is_same else structs.replace(frame, job_id=job_id)


def counted_for_first_job(
    candidates: Candidates, drawn: Iterable[Frame], *, requested: int
) -> Sample:
    """The sample of these frames, each counted for the first of the jobs that hold it."""
    job_of = {place: candidates.holders[place][0] for place in map(place_of, drawn)}
    return sample_of(candidates, job_of, requested=requested)


def _job_draw(job_id: int, held: Sequence[Frame], job_of: Mapping[Place, int]) -> JobDraw:
    drawn_for = map(job_of.get, map(place_of, held))
    counts = Counter(each for each in drawn_for if each is not None)
    selected = counts.pop(job_id, 0)
    elsewhere = tuple(SharedFrames(*item) for item in sorted(counts.items()))
    return JobDraw(job_id, selected, len(held), elsewhere=elsewhere)


def new_seed() -> int:
    """A random seed, 0 to MAX_SEED."""
    return secrets.randbelow(MAX_SEED + 1)


def rank(frame: Frame, seed: int) -> int:
    """A 64 bit number, evenly spread; the job plays no part, so overlapping jobs agree."""
    return rank_of_place(frame.task_id, frame.frame, seed)


def rank_of_place(task_id: int, frame: int, seed: int) -> int:
    """The rank() of a frame that is known by its task and number alone."""
    key = f"{seed}:{task_id}:{frame}".encode()
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "big")


def lowest(frames: Iterable[Frame], *, count: int, seed: int) -> list[Frame]:
    """The `count` frames (all, if there are fewer) of the lowest rank, by rank.

    Raises ValueError for a negative count or a seed outside 0 to MAX_SEED.
    """
    if count < 0:
        raise ValueError("count must not be negative")
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"the seed must be 0 to {MAX_SEED}")
    in_order = sorted(frames, key=place_of)  # decides between equal ranks
    return sorted(in_order, key=lambda frame: rank(frame, seed))[:count]


def share_count(total: int, share: float) -> int:
    """How many of `total` a share is: rounded down, and at least 1 of any.

    0.29 of 100 are 29: the share is taken as it is written, not as its binary neighbour.
    Raises ValueError unless 0 < share <= 1.
    """
    if not 0 < share <= 1:
        raise ValueError("the share must be above 0 and at most 1")
    return min(total, max(1, int(total * Fraction(str(share)))))
