"""What is annotated on the frames of a task or a job.

The annotations of a job are read once for each state of the job and stored on disk
(annotation_files.py), for all who may see the job: nothing is read from there without CVAT having
shown the job to the asker's own connection within the last seconds.
"""

from __future__ import annotations

import hashlib
import io
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from django.utils import timezone

from cvat.annotation_json import read_annotations
from cvat.annotations import JobAnnotations, Labels, Shape
from cvat.overlapping import objects_by_frame
from cvat.types import Job
from portal.caching import lock, raise_shared_error, share_errors
from portal.exceptions import NotFound
from selector import annotation_files
from selector.annotation_files import AnnotationFile
from selector.cvat_requests import (
    OF_ONE_CONNECTION,
    cached_answer,
    cvat_client,
    waiting_place,
)
from selector.job_access import GRANT_SECONDS, JobAccess, frame_access, job_access, task_jobs
from selector.models import Connection

Answer = TypeVar("Answer")

DATE_SECONDS = 10  # how old a job's `updated_date` may be: what was saved since is not shown
LOCK_PATIENCE = 10.0  # seconds to wait for another request that reads the same job


@dataclass(frozen=True, slots=True)
class FrameAnnotations:
    """The objects on a frame, from below to above; `job_ids` are the jobs that they come from,
    `problems_count` counts those that could not be read."""

    job_ids: tuple[int, ...]
    frame: int
    labels: Labels
    shapes: list[Shape]
    problems_count: int


class Holders(NamedTuple):
    """Jobs, and the frames whose objects are those of these jobs; both ascending, at least one."""

    jobs: list[JobAccess]
    frames: list[int]

    @property
    def deleted(self) -> frozenset[int]:
        return frozenset().union(*(access.deleted for access in self.jobs))


def find_annotations(*, connection: Connection, job_id: int, frame: int) -> FrameAnnotations:
    """The objects on a frame of a job of any kind. Raises NotFound, Busy, CvatError."""
    access = job_access(connection, job_id)
    if frame not in access.numbers:
        raise NotFound(f"Job {job_id} has no frame {frame}.")
    return _on_frame(connection, Holders([access], [frame]))


def find_task_annotations(
    *, connection: Connection, task_id: int, frame: int, job_id: int | None = None
) -> FrameAnnotations:
    """The objects on a frame of a task, see `find_holders`. Raises NotFound, Busy, CvatError."""
    groups = find_holders(connection, task_id, [frame], job_id)
    if not groups:
        raise NotFound(f"Task {task_id} has no frame {frame}, or you may not see it.")
    return _on_frame(connection, groups[0])


def find_holders(
    connection: Connection, task_id: int, frames: Sequence[int], job_id: int | None = None
) -> list[Holders]:
    """The jobs that CVAT shows to the connection and that hold the frames: the annotation jobs, of
    other frames the job that they are shown from; or the job `job_id` alone, if it is no annotation
    job. Frames that none of them holds are left out.

    Raises NotFound, Busy, CvatError.
    """
    if job_id is not None:
        access = job_access(connection, job_id)
        if access.job.task_id != task_id:
            raise NotFound(f"Task {task_id} has no job {job_id}.")
        if not access.job.is_annotation:
            held = [frame for frame in frames if frame in access.numbers]
            return [Holders([access], held)] if held else []
    jobs = [job for job in task_jobs(connection, task_id) if job.is_annotation]
    holding = [job for job in jobs if any(_is_in(frame, job) for frame in frames)]
    held = [frame for frame in frames if any(_is_in(frame, job) for job in holding)]
    groups = [Holders([job_access(connection, job.id) for job in holding], held)] if held else []
    others: dict[int, Holders] = {}
    for frame in frames:
        if frame not in held:
            with suppress(NotFound):
                access = frame_access(connection, task_id, frame)
                others.setdefault(access.job.id, Holders([access], [])).frames.append(frame)
    return [*groups, *others.values()]


def read_objects(
    connection: Connection, holders: Holders, labels: Labels
) -> tuple[list[tuple[int, list[Shape]]], int]:
    """Each frame with its objects, from below to above, and how many could not be read. An object
    that several jobs hold alike counts once. Raises Busy, CvatError."""
    annotations: dict[int, JobAnnotations] = {}
    for access in holders.jobs:
        part = ask_file(
            connection,
            access,
            lambda file: file.on_frames(holders.frames, deleted=holders.deleted),
        )
        annotations[access.job.id] = read_annotations(io.BytesIO(part), labels)
    objects = objects_by_frame(
        [access.job for access in holders.jobs],
        holders.frames,
        lambda job: annotations[job.id],
        deleted=holders.deleted,
    )
    return list(objects), sum(each.problems_count for each in annotations.values())


def job_labels(connection: Connection, job_id: int) -> Labels:
    """The labels of the task of a job. Raises Busy, CvatError."""
    return cached_answer(
        connection,
        ("labels of job", job_id),
        GRANT_SECONDS,
        lambda client: client.labels(job_id=job_id),
    )


def present_labels(connection: Connection, job_id: int) -> Labels:
    """The same as they are now, not cached. Raises Busy, CvatError."""
    with cvat_client(connection) as client:
        return client.labels(job_id=job_id)


def _on_frame(connection: Connection, holders: Holders) -> FrameAnnotations:
    labels = job_labels(connection, holders.jobs[0].job.id)
    [(frame, shapes)], problems_count = read_objects(connection, holders, labels)
    job_ids = tuple(access.job.id for access in holders.jobs)
    return FrameAnnotations(job_ids, frame, labels, shapes, problems_count)


def _is_in(frame: int, job: Job) -> bool:
    return job.start_frame <= frame <= job.stop_frame


def ask_file(
    connection: Connection, access: JobAccess, ask: Callable[[AnnotationFile], Answer]
) -> Answer:
    """What `ask` reads from the file with the annotations of a job. A damaged file is read anew."""
    job_id = access.job.id
    key = _key(connection, job_id)
    try:
        with closing(annotation_files.find(key) or _read_job(connection, job_id, key)) as file:
            return ask(file)
    except sqlite3.DatabaseError:
        annotation_files.remove(key)
        with closing(_read_job(connection, job_id, key)) as file:
            return ask(file)


def _key(connection: Connection, job_id: int) -> str:
    """The name of the file: another one for another state of the job."""
    updated_date = cached_answer(
        connection,
        ("date of job", job_id),
        DATE_SECONDS,
        # A server that does not tell the date is asked again after a while.
        lambda client: client.job_updated_date(job_id) or str(time.time() // GRANT_SECONDS),
    )
    return hashlib.sha256(repr((connection.url, job_id, updated_date)).encode()).hexdigest()


def _read_job(connection: Connection, job_id: int, key: str) -> AnnotationFile:
    """Read the annotations of a job from CVAT; once, however many ask."""
    asked_at = timezone.now()
    with waiting_place(connection), lock(key, patience=LOCK_PATIENCE):
        stored = annotation_files.find(key)
        if stored is not None:
            return stored
        raise_shared_error(key, since=asked_at)
        with (
            share_errors(key, but=OF_ONE_CONNECTION),
            cvat_client(connection) as client,
            annotation_files.temporary() as file,
        ):
            client.save_annotations(job_id=job_id, into=file)
            file.seek(0)
            return annotation_files.save(key, file)
