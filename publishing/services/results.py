"""The results of a publication on the frames that it was made of, compared with what is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.contrib.auth.models import User

from cvat.client import CvatClient
from cvat.differences import PairLimit, differences
from cvat.pictures import possible_sizes
from cvat.types import Meta
from portal.exceptions import Conflict
from publishing.models import Publication
from publishing.results import ComparedFrame, Comparison, NotCompared, ResultFrame
from publishing.services.following import NO_JOB_SHOWN
from publishing.services.task_objects import ObjectReader, TaskObjects
from selections.services.connections import required_connection
from selector.cvat_requests import cvat_client

NO_RESULTS = (
    "This publication has no results: only a new task and a ground-truth job have, once they are "
    "made in CVAT and as long as the task is not removed."
)


def compare_results(*, user: User, publication: Publication) -> Comparison:
    """The results compared with what the tasks of the frames have now; asked through the user's own
    connection. Raises Conflict, InvalidInput, NotConnected, Busy, CvatError."""
    with cvat_client(required_connection(user, publication)) as client:
        return read_comparison(ObjectReader(client), publication)


def read_comparison(
    reader: ObjectReader, publication: Publication, *, has_jobs: bool = False
) -> Comparison:
    """The comparison; with `has_jobs` it has what each job of the tasks holds, too.

    Raises Conflict, InvalidInput, CvatError.
    """
    places = result_frames(publication)
    frames: defaultdict[int, list[int]] = defaultdict(list)
    for place in places:
        frames[place.task_id].append(place.frame)
    new_frames = [place.new_frame for place in places]
    results = _read_results(reader, publication, new_frames)
    tasks = {
        task_id: reader.read_task(task_id, numbers, has_jobs=has_jobs)
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
        resized_count=_resized_count(reader.client, publication, places),
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


def _read_results(
    reader: ObjectReader, publication: Publication, frames: Sequence[int]
) -> TaskObjects:
    """What is annotated on frames of the new task or of the ground-truth job. Raises Conflict,
    InvalidInput, CvatError."""
    task_id, job_id = publication.result_task_id, publication.result_job_id
    if task_id is None:
        raise Conflict(NO_RESULTS)
    if job_id is not None:
        return reader.read_jobs(task_id, [reader.client.job(job_id)], frames)
    results = reader.read_task(task_id, frames, has_pool=publication.has_honeypots)
    if not results.by_frame and not results.deleted:
        raise Conflict(NO_JOB_SHOWN.format(task=task_id))
    return results


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
    frames = {(row[0], row[1]): row[2:] for row in rows}
    count = 0
    for place in places:
        filename, width, height = frames.get(place[1:], ("", 0, 0))
        before = possible_sizes(width, height, is_of_video=not filename)
        now = _size(meta, place.new_frame)
        count += bool(before and now and all(now) and now not in before)
    return count


def _size(meta: Meta, frame: int) -> tuple[int, int] | None:
    if not 0 <= frame < len(meta.frames):
        return None
    info = meta.frames[frame]
    return info.width, info.height
