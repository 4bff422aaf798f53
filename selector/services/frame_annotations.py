"""What is annotated on a frame of a job.

The annotations of a job are read once for each state of the job and stored on disk
(annotation_files.py), for all who may see the job: nothing is read from there without CVAT having
shown the job to the asker's own connection within the last seconds.
"""

from __future__ import annotations

import hashlib
import io
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass

from django.utils import timezone

from cvat.annotations import JobAnnotations, Labels, Shape, read_annotations
from cvat.exceptions import CvatForbidden, CvatNotFound, CvatUnauthorized
from cvat.overlapping import objects_by_frame
from portal.caching import lock, raise_shared_error, share_errors
from portal.exceptions import NotFound
from selector import annotation_files
from selector.annotation_files import AnnotationFile
from selector.cvat_requests import cached_answer, cvat_client, waiting_place
from selector.job_access import GRANT_SECONDS, JobAccess, job_access
from selector.models import Connection

STATE_SECONDS = 10  # how old a job's `updated_date` may be: what was saved since is not shown
LOCK_PATIENCE = 10.0  # seconds to wait for another request that reads the same job
OF_ONE_ACCOUNT = (CvatUnauthorized, CvatForbidden, CvatNotFound)


@dataclass(frozen=True, slots=True)
class FrameAnnotations:
    """The objects of one job on one of its frames, from below to above; `problems_count` counts
    those that could not be read."""

    job_id: int
    frame: int
    labels: Labels
    shapes: list[Shape]
    problems_count: int


def find_annotations(*, connection: Connection, job_id: int, frame: int) -> FrameAnnotations:
    """The objects on a frame of a job of any kind. Raises NotFound, Busy, CvatError."""
    access = job_access(connection, job_id)
    if frame not in access.numbers:
        raise NotFound(f"Job {job_id} has no frame {frame}.")
    labels = cached_answer(
        connection,
        ("labels of job", job_id),
        GRANT_SECONDS,
        lambda client: client.labels(job_id=job_id),
    )
    part = _part(connection, access, frame)
    annotations = read_annotations(io.BytesIO(part), labels)

    def load(_: object) -> JobAnnotations:
        return annotations

    [(_, shapes)] = objects_by_frame([access.job], [frame], load, deleted=access.deleted)
    return FrameAnnotations(job_id, frame, labels, shapes, annotations.problems_count)


def _part(connection: Connection, access: JobAccess, frame: int) -> bytes:
    """CVAT's JSON about one frame."""
    job_id = access.job.id
    key = _key(connection, job_id)
    try:
        with closing(annotation_files.find(key) or _read_job(connection, job_id, key)) as file:
            return file.on_frame(frame, deleted=access.deleted)
    except sqlite3.DatabaseError:
        annotation_files.remove(key)
        with closing(_read_job(connection, job_id, key)) as file:
            return file.on_frame(frame, deleted=access.deleted)


def _key(connection: Connection, job_id: int) -> str:
    """The name of the file: another one for another state of the job."""
    updated_date = cached_answer(
        connection,
        ("state of job", job_id),
        STATE_SECONDS,
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
            share_errors(key, but=OF_ONE_ACCOUNT),
            cvat_client(connection) as client,
            annotation_files.temporary() as file,
        ):
            client.save_annotations(job_id=job_id, into=file)
            file.seek(0)
            return annotation_files.save(key, file)
