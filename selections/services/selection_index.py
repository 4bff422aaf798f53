"""What is annotated on the frames of a selection, by the index, before an archive is built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User

from cvat.types import FrameCatalog, Job
from selections.archives import frame_rows
from selections.archives.entries import ChosenFrames
from selections.archives.results import Results
from selections.models import Selection
from selections.object_choice import ObjectChoice
from selections.services.connections import required_connection
from selector.annotation_index.frame_sets import frame_set
from selector.annotation_index.task_index import TaskIndex
from selector.models import Connection
from selector.services.annotation_index import read_annotations, read_annotations_of_jobs
from selector.services.catalogs import load_catalog

MOST_TASKS = 20  # whose annotations are read while a person waits


@dataclass(frozen=True, slots=True)
class IndexedFrames:
    """Frames of one task, as a set, and the index of the objects that a build takes for them."""

    task_id: int
    frames: int
    index: TaskIndex


def indexed_frames(
    *, user: User, selection: Selection, choice: ObjectChoice, results: Results | None = None
) -> Iterator[IndexedFrames]:
    """The frames of a selection, of each task those of the same jobs together. As in a build,
    objects are those of the chosen annotation jobs; of a frame that was chosen from another job
    alone those of that job. Frames that no chosen job holds are left out. With `results` the task
    and its frames are those of the results.

    Raises NotConnected, NotRead (while annotations are read), InvalidInput, CvatError.
    """
    by_task = frame_rows.chosen(selection)
    if results is None:
        connection = required_connection(user, selection)
    else:
        connection = results.connection
        by_task = {results.task_id: results.chosen(by_task)}
    for task_id, chosen in by_task.items():
        catalog = load_catalog(connection=connection, task_id=task_id)
        for job, numbers in _by_source(catalog, chosen):
            index = _index(connection, catalog, job, choice)
            if index is not None:
                yield IndexedFrames(task_id, frame_set(numbers), index)


def _by_source(
    catalog: FrameCatalog, chosen: ChosenFrames
) -> Iterator[tuple[Job | None, list[int]]]:
    """The chosen frames of a task, by the job that alone gives their objects; None: the jobs of the
    catalogue."""
    others = {job.id: job for job in catalog.other_jobs}
    by_job: dict[int | None, list[int]] = {}
    for frame, chosen_from in zip(chosen.frames, chosen.jobs, strict=True):
        by_job.setdefault(chosen_from if chosen_from in others else None, []).append(frame)
    for job_id, frames in by_job.items():
        yield None if job_id is None else others[job_id], frames


def _index(
    connection: Connection, catalog: FrameCatalog, job: Job | None, choice: ObjectChoice
) -> TaskIndex | None:
    """None if no job of those in question is chosen."""
    if job is not None:
        if not choice.takes_job(job):
            return None
        own = load_catalog(connection=connection, job_id=job.id)
        return read_annotations(connection=connection, catalog=own, job_id=job.id).index
    taken = [each for each in catalog.jobs if choice.takes_job(each)]
    if len(taken) == len(catalog.jobs):
        return read_annotations(connection=connection, catalog=catalog, job_id=None).index
    if not taken:
        return None
    return read_annotations_of_jobs(connection=connection, catalog=catalog, jobs=taken).index
