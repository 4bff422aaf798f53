"""What is annotated on frames of a task, read from CVAT within limits."""

from __future__ import annotations

import tempfile
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from cvat import origins
from cvat.annotations import JobAnnotations, Labels, Shape
from cvat.client import CvatClient
from cvat.overlapping import FrameRange, objects_by_frame
from cvat.types import Job
from portal.exceptions import InvalidInput
from publishing import groups
from publishing.results import JobFrames

MOST_JOBS = 200  # that are read while a person waits
MOST_OBJECTS = 200_000
TOO_LARGE = (
    "The results are too many to be compared on a page or in the API: {count:,} {what}, and it can "
    "be {most:,}. Publish smaller selections."
)


@dataclass(slots=True)
class Limits:
    """How much may still be read. Raises InvalidInput when that is used up."""

    jobs: float = MOST_JOBS
    objects: float = MOST_OBJECTS

    def take_jobs(self, count: int) -> None:
        self.jobs -= count
        if self.jobs < 0:
            raise InvalidInput(
                TOO_LARGE.format(count=MOST_JOBS - self.jobs, what="jobs", most=MOST_JOBS)
            )

    def take_objects(self, count: int) -> None:
        self.objects -= count
        if self.objects < 0:
            raise InvalidInput(
                TOO_LARGE.format(
                    count=MOST_OBJECTS - self.objects, what="objects", most=MOST_OBJECTS
                )
            )


@dataclass(slots=True)
class TaskObjects:
    """What is annotated on frames of a task. `by_frame` has the objects of each frame that is not
    deleted and that CVAT shows a job of; `job_ids` has the first of these jobs, by the frame.
    `jobs` is what each job has, if that was asked for."""

    labels: Labels = field(default_factory=lambda: Labels(()))
    by_frame: dict[int, list[Shape]] = field(default_factory=dict)
    job_ids: Mapping[int, int] = field(default_factory=dict)
    jobs: list[JobFrames] = field(default_factory=list)
    deleted: Collection[int] = ()
    problems_count: int = 0


@dataclass(frozen=True, slots=True)
class ObjectReader:
    """Reads objects through a client. The limits are for all that it reads."""

    client: CvatClient
    limits: Limits = field(default_factory=Limits)

    def read_task(
        self,
        task_id: int,
        frames: Sequence[int],
        *,
        has_jobs: bool = False,
        has_pool: bool = False,
    ) -> TaskObjects:
        """What the annotation jobs of a task that CVAT shows have on frames; with `has_pool` also
        the ground-truth job, which holds the pool of its honeypots. With `has_jobs` the answer says
        what each job has. Raises InvalidInput, CvatError."""
        jobs = [
            job
            for job in self.client.jobs(task_id)
            if job.is_annotation or (has_pool and job.type == "ground_truth")
        ]
        return self.read_jobs(task_id, jobs, frames, has_jobs=has_jobs)

    def read_jobs(
        self, task_id: int, jobs: Sequence[Job], frames: Sequence[int], *, has_jobs: bool = False
    ) -> TaskObjects:
        """What these jobs of a task have on frames. Raises InvalidInput, CvatError."""
        holding, job_ids = _holders(jobs, frames)
        if not holding:
            return TaskObjects()
        self.limits.take_jobs(len(holding))
        result = TaskObjects(
            labels=self.client.labels_through(task_id, holding[0].id),
            job_ids=job_ids,
            deleted=origins.read(self.client, task_id, holding).deleted,
        )
        wanted = sorted(job_ids)
        loaded: dict[int, JobAnnotations] = {}

        def load(job: FrameRange) -> JobAnnotations:
            on_frames = None if has_jobs else frozenset(wanted)  # all, to count them
            annotations = self._read_job(job.id, result.labels, on_frames)
            if has_jobs:
                loaded[job.id] = annotations
            result.problems_count += annotations.problems_count
            return annotations

        for frame, shapes in objects_by_frame(holding, wanted, load, deleted=result.deleted):
            if frame not in result.deleted:
                result.by_frame[frame] = shapes
                self.limits.take_objects(sum(shape.is_tracked for shape in shapes))
        for job in holding if has_jobs else ():
            own = [frame for frame in wanted if job.start_frame <= frame <= job.stop_frame]
            result.jobs.append(_job_frames(job, own, loaded[job.id], result.deleted))
        return result

    def _read_job(
        self, job_id: int, labels: Labels, frames: frozenset[int] | None
    ) -> JobAnnotations:
        """What a job has on these frames, or on all of them. Raises InvalidInput, CvatError."""
        with tempfile.TemporaryFile() as file:
            annotations = self.client.job_annotations(
                job_id=job_id, labels=labels, frames=frames, into=file
            )
        self.limits.take_objects(len(annotations.shapes) + len(annotations.tracks))
        return annotations


def _holders(jobs: Sequence[Job], frames: Sequence[int]) -> tuple[Sequence[Job], Mapping[int, int]]:
    """The jobs that hold any of the frames, in order, and by frame the id of the first of them."""
    numbers = sorted(frames)
    job_ids: dict[int, int] = {}
    holding = []
    for job in sorted(jobs, key=lambda job: (job.start_frame, job.id)):
        held = numbers[
            bisect_left(numbers, job.start_frame) : bisect_right(numbers, job.stop_frame)
        ]
        if held:
            holding.append(job)
            job_ids = dict.fromkeys(held, job.id) | job_ids  # the earlier job stays
    return holding, job_ids


def _job_frames(
    job: Job, frames: Sequence[int], annotations: JobAnnotations, deleted: Collection[int]
) -> JobFrames:
    count = len(annotations.shapes) + len(annotations.tracks) + annotations.problems_count
    by_frame = objects_by_frame([job], frames, lambda _: annotations, deleted=deleted)
    return JobFrames(job, count, dict(by_frame), groups.of_job(annotations))
