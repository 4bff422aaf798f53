"""Frame numbers of CVAT, and which job holds a frame. Pure (cvat-api 5 to 8).

- a *task frame* counts the pictures of a task from 0; jobs have a range of them;
- a *source number* counts the pictures before start, stop and step were applied to them;
- a *chunk* is a block of `chunk_size` frames, counted from 0 within a job (`index`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec import structs

from cvat.types import Frame, Job, Meta

LARGEST_FRAME = 2**31 - 1  # a 32-bit column can hold no larger one


@dataclass(frozen=True, slots=True)
class Held:
    """Task frames `first` to `last`, inclusive, that are taken from `job`."""

    job: Job
    first: int
    last: int


def source_number(frame: int, *, start: int, step: int) -> int:
    """The source number of a task frame; start and step are the task's."""
    return start + frame * step


def task_start(meta: Meta, *, first: int) -> int:
    """The source number of task frame 0, from the meta of a task or a job whose first entry is
    task frame `first`."""
    return meta.first_source - first * meta.step


def task_frame(source: int, *, start: int, step: int) -> int:
    """The task frame of a source number; start is the *task's* first source number, which a
    ground-truth job's meta repeats and an annotation job's does not."""
    return (source - start) // step


def included_frames(meta: Meta) -> list[int]:
    """Task frames of a ground-truth job made from a list, from its own meta."""
    return [
        task_frame(source, start=meta.first_source, step=meta.step)
        for source in meta.included_sources or ()
        if source >= meta.first_source
    ]


def holdings(jobs: Iterable[Job]) -> list[Held]:
    """The frames that each job serves, every frame once: of overlapping jobs the first by
    (start_frame, id) serves it."""
    held = []
    covered = -1
    for job in sorted(jobs, key=lambda job: (job.start_frame, job.id)):
        first = max(job.start_frame, covered + 1)
        if first <= job.stop_frame:
            held.append(Held(job, first, job.stop_frame))
            covered = job.stop_frame
    return held


def frames_by_job(frames: Sequence[Frame], jobs: Iterable[Job]) -> dict[int, list[Frame]]:
    """All frames that each job holds, by the id of the job: a frame of overlapping jobs is in the
    list of each. `frames` are those of one task, ascending, without repetition."""
    numbers = [frame.frame for frame in frames]
    held = {}
    for job in jobs:
        first = bisect_left(numbers, job.start_frame)
        in_range = list(frames[first : bisect_right(numbers, job.stop_frame)])
        if job.recompresses:
            in_range = [frame for frame in in_range if holds(job, frame)]
        held[job.id] = in_range
    return held


def frames_of_jobs(frames: Sequence[Frame], jobs: Iterable[Job]) -> tuple[Frame, ...]:
    """The frames that these jobs hold, each with the first of them that holds it as its job.
    `frames` as for `frames_by_job`."""
    first: dict[int, Frame] = {}
    for job_id, held in frames_by_job(frames, jobs).items():
        for frame in held:
            first.setdefault(frame.frame, structs.replace(frame, job_id=job_id))
    return tuple(first[number] for number in sorted(first))


def holds(job: Job, frame: Frame) -> bool:
    """Whether a job holds a frame of its task. A list-type ground-truth job holds only some frames
    of its range: those that name it as their job."""
    in_range = job.start_frame <= frame.frame <= job.stop_frame
    return in_range and (not job.recompresses or frame.job_id == job.id)


def job_range(job: Job, meta: Meta) -> range:
    """The task frames of a job with a range of its own (annotation, replica, honeypot pool)."""
    return range(job.start_frame, min(job.stop_frame + 1, job.start_frame + meta.size))


def chunk_index(job: Job, frame: int) -> int:
    """The chunk of an annotation job that holds a task frame. ValueError if none does."""
    if not job.start_frame <= frame <= job.stop_frame or job.chunk_size < 1:
        raise ValueError(f"frame {frame} is in no chunk of job {job.id}")
    return (frame - job.start_frame) // job.chunk_size


def chunk_frames(job: Job, index: int) -> range:
    """The task frames in a chunk of an annotation job, in the order of its members. ValueError if
    there is no such chunk."""
    first = job.start_frame + index * job.chunk_size
    last = min(first + job.chunk_size - 1, job.stop_frame)
    if index < 0 or first > last:
        raise ValueError(f"job {job.id} has no chunk {index}")
    return range(first, last + 1)
