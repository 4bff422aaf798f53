"""The results of a publication: read from CVAT, on the frames that it was made of, and compared."""

from __future__ import annotations

import tempfile
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import User

from cvat import origins
from cvat.annotations import JobAnnotations, Labels, Shape
from cvat.client import CvatClient
from cvat.differences import PairLimit, differences
from cvat.overlapping import FrameRange, objects_by_frame
from cvat.pictures import video_size
from cvat.types import Job, Meta
from portal.exceptions import Conflict, InvalidInput
from publishing import groups
from publishing.models import Publication
from publishing.results import ComparedFrame, Comparison, JobFrames, NotCompared, ResultFrame
from publishing.services.following import NO_JOB_SHOWN
from selections.services.connections import required_connection
from selector.cvat_requests import cvat_client

NO_RESULTS = (
    "This publication has no results: only a new task and a ground-truth job have, once they are "
    "made in CVAT and as long as the task is not removed."
)
MOST_JOBS = 200  # that are read while a person waits
MOST_OBJECTS = 200_000
TOO_LARGE = (
    "The results are too many to be compared on a page or in the API: {count:,} {what}, and it can "
    "be {most:,}. Publish smaller selections."
)

Sizes = Mapping[int, tuple[int, int]]  # width and height of frames


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
    """What is annotated on frames of a task. `by_frame` has each frame that a job shown by CVAT
    holds and that is not deleted, `job_ids` the first of these jobs; `jobs` what each of them has,
    if that was asked for."""

    labels: Labels = field(default_factory=lambda: Labels(()))
    by_frame: dict[int, list[Shape]] = field(default_factory=dict)
    job_ids: Mapping[int, int] = field(default_factory=dict)
    jobs: list[JobFrames] = field(default_factory=list)
    deleted: Collection[int] = ()
    problems_count: int = 0


def compare_results(*, user: User, publication: Publication) -> Comparison:
    """The results compared with what the tasks of the frames have now; asked through the user's own
    connection. Raises Conflict, InvalidInput, NotConnected, Busy, CvatError."""
    with cvat_client(required_connection(user, publication)) as client:
        return read_comparison(client, publication, Limits())


def read_comparison(
    client: CvatClient, publication: Publication, limits: Limits, *, has_jobs: bool = False
) -> Comparison:
    """The comparison; with `has_jobs` it has what each job of the tasks holds, too.

    Raises Conflict, InvalidInput, CvatError.
    """
    places = result_frames(publication)
    frames: defaultdict[int, list[int]] = defaultdict(list)
    for place in places:
        frames[place.task_id].append(place.frame)
    new_frames = [place.new_frame for place in places]
    results = read_results(client, publication, new_frames, limits)
    tasks = {
        task_id: read_objects(client, task_id, numbers, limits, has_jobs=has_jobs)
        for task_id, numbers in frames.items()
    }
    pairs = PairLimit()
    compared = [
        _compared(place, tasks[place.task_id], results, pairs)
        for place in places
        if place.frame in tasks[place.task_id].by_frame and place.new_frame in results.by_frame
    ]
    return Comparison(
        frames=compared,
        labels={task_id: objects.labels for task_id, objects in tasks.items()},
        not_compared=_count_not_compared(places, tasks, results),
        resized_count=_resized_count(client, publication, places),
        problems_count=results.problems_count + sum(each.problems_count for each in tasks.values()),
        jobs={task_id: objects.jobs for task_id, objects in tasks.items()},
    )


def result_frames(publication: Publication) -> list[ResultFrame]:
    """The frames that hold results, by the frames that they were made of. Raises Conflict."""
    if not publication.has_results:
        raise Conflict(NO_RESULTS)
    if publication.target == Publication.Target.GROUND_TRUTH:
        task_id = publication.task_id or 0
        return [ResultFrame(frame, task_id, frame) for frame in publication.frames]
    rows = publication.published_frames.order_by("task_id", "frame")
    return [ResultFrame(*row) for row in rows.values_list("new_frame", "task_id", "frame")]


def read_results(
    client: CvatClient, publication: Publication, frames: Sequence[int], limits: Limits
) -> TaskObjects:
    """What is annotated on frames of the new task or of the ground-truth job. Raises Conflict,
    InvalidInput, CvatError."""
    task_id, job_id = publication.result_task_id, publication.result_job_id
    if task_id is None:
        raise Conflict(NO_RESULTS)
    if job_id is not None:
        return _read(client, task_id, [client.job(job_id)], frames, limits)
    has_pool = publication.has_honeypots
    results = read_objects(client, task_id, frames, limits, has_pool=has_pool)
    if not results.by_frame and not results.deleted:
        raise Conflict(NO_JOB_SHOWN.format(task=task_id))
    return results


def read_objects(
    client: CvatClient,
    task_id: int,
    frames: Sequence[int],
    limits: Limits,
    *,
    has_jobs: bool = False,
    has_pool: bool = False,
) -> TaskObjects:
    """What the annotation jobs of a task that CVAT shows have on frames; with `has_pool` also the
    ground-truth job, which holds the pool of its honeypots. Raises InvalidInput, CvatError."""
    jobs = [
        job
        for job in client.jobs(task_id)
        if job.is_annotation or (has_pool and job.type == "ground_truth")
    ]
    return _read(client, task_id, jobs, frames, limits, has_jobs=has_jobs)


def _read(
    client: CvatClient,
    task_id: int,
    jobs: Sequence[Job],
    frames: Sequence[int],
    limits: Limits,
    *,
    has_jobs: bool = False,
) -> TaskObjects:
    holding, job_ids = _holders(jobs, frames)
    if not holding:
        return TaskObjects()
    limits.take_jobs(len(holding))
    result = TaskObjects(
        labels=client.labels_through(task_id, holding[0].id),
        job_ids=job_ids,
        deleted=origins.read(client, task_id, holding).deleted,
    )
    wanted = frozenset(job_ids)
    loaded: dict[int, JobAnnotations] = {}

    def load(job: FrameRange) -> JobAnnotations:
        with tempfile.TemporaryFile() as file:
            annotations = client.job_annotations(
                job_id=job.id,
                labels=result.labels,
                frames=None if has_jobs else wanted,  # all, to count them
                into=file,
            )
        if has_jobs:
            loaded[job.id] = annotations
        limits.take_objects(len(annotations.shapes) + len(annotations.tracks))
        result.problems_count += annotations.problems_count
        return annotations

    for frame, shapes in objects_by_frame(holding, sorted(wanted), load, deleted=result.deleted):
        if frame not in result.deleted:
            result.by_frame[frame] = shapes
            limits.take_objects(sum(shape.is_tracked for shape in shapes))
    for job in holding if has_jobs else ():
        own = [frame for frame in sorted(wanted) if job.start_frame <= frame <= job.stop_frame]
        result.jobs.append(_job_frames(job, own, loaded[job.id], result.deleted))
    return result


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


def _compared(
    place: ResultFrame, task: TaskObjects, results: TaskObjects, pairs: PairLimit
) -> ComparedFrame:
    before, after = task.by_frame[place.frame], results.by_frame[place.new_frame]
    jobs = task.job_ids[place.frame], results.job_ids[place.new_frame]
    return ComparedFrame(place, *jobs, before, after, differences(before, after, pairs))


def _count_not_compared(
    places: Sequence[ResultFrame], tasks: Mapping[int, TaskObjects], results: TaskObjects
) -> NotCompared:
    """How many frames are not compared, by the reason: the first one that is true of a frame."""
    reasons: list[str] = []
    for place in places:
        task = tasks[place.task_id]
        if place.frame in task.deleted:
            reasons.append("deleted")
        elif place.frame not in task.by_frame:
            reasons.append("not_shown")
        elif place.new_frame in results.deleted:
            reasons.append("deleted_in_results")
        elif place.new_frame not in results.by_frame:
            reasons.append("not_shown_in_results")
    return NotCompared(**{reason: reasons.count(reason) for reason in set(reasons)})


def _resized_count(
    client: CvatClient, publication: Publication, places: Sequence[ResultFrame]
) -> int:
    """How many pictures of a new task have another size than those of the selection, where that is
    known: the selection may be deleted."""
    selection = publication.selection
    if publication.result_job_id is not None or selection is None:
        return 0
    meta = client.task_meta(publication.result_task_id or 0)
    rows = selection.at(publication.revision).frames.values_list(
        "task_id", "frame", "filename", "width", "height"
    )
    sizes = {
        (task_id, frame): (width, height) if filename else video_size(width, height)
        for task_id, frame, filename, width, height in rows
    }
    pairs = ((sizes.get(place[1:]), _size(meta, place.new_frame)) for place in places)
    return sum(one != other for one, other in pairs if one and other and all((*one, *other)))


def _size(meta: Meta, frame: int) -> tuple[int, int] | None:
    if not 0 <= frame < len(meta.frames):
        return None
    info = meta.frames[frame]
    return info.width, info.height
