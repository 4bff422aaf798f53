"""What CVAT shows to a connection of jobs and frames.

CVAT decides: the question is put to it with the connection's own credential. A grant is cached for
120 s, a refusal for 5 s, for that connection alone. So the shared cache of thumbnails shows nothing
to a person whose own access does not allow the job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cvat import frames as numbering
from cvat.catalog import no_job_shown
from cvat.client import CvatClient
from cvat.exceptions import CvatNoData
from cvat.types import FrameCatalog, Job
from portal.caching import cache_set
from portal.exceptions import NotFound
from selector.cvat_requests import answer_key, cached_answer
from selector.models import Connection

GRANT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class JobAccess:
    """A job that the connection may see; `numbers` are its task frames, ascending."""

    job: Job
    numbers: Sequence[int]
    is_list: bool  # a ground-truth job over chosen frames: its chunks are cut otherwise
    version: str  # chunks_updated_date: changes when CVAT shows other images (cvat-api 6.6)
    deleted: frozenset[int] = frozenset()  # task frames among `numbers`

    def chunk_frames(self, chunk: int) -> list[int]:
        """The task frames from start + chunk * chunk_size on, as far as the job has them; the same
        for every kind of job. Raises NotFound, CvatNoData."""
        if self.job.dimension != "2d" or self.job.chunk_size < 1:
            raise CvatNoData(f"Job {self.job.id} holds no pictures that can be shown.")
        try:
            block = numbering.chunk_frames(self.job, chunk)
        except ValueError:
            raise NotFound(f"Job {self.job.id} has no chunk {chunk}.") from None
        return [number for number in block if number in self.numbers]

    def chunk_of(self, frame: int) -> int:
        """The number of the chunk that holds the frame."""
        return (frame - self.job.start_frame) // max(1, self.job.chunk_size)


def job_access(connection: Connection, job_id: int) -> JobAccess:
    """Raises CvatForbidden, CvatNotFound and other CvatErrors."""

    def ask(client: CvatClient) -> JobAccess:
        job, meta = client.job(job_id), client.job_meta(job_id)
        is_list = meta.included_sources is not None
        numbers: Sequence[int] = numbering.job_range(job, meta)
        if is_list:
            numbers = tuple(sorted(numbering.included_frames(meta)))
        return JobAccess(
            replace(job, is_list=is_list),
            numbers,
            is_list,
            meta.chunks_updated_date,
            meta.deleted_frames,
        )

    return cached_answer(connection, ("job", job_id), GRANT_SECONDS, ask)


def task_jobs(connection: Connection, task_id: int) -> tuple[Job, ...]:
    """The jobs of a task that the connection may see, of every type; at least one.

    Raises CvatForbidden, CvatNotFound, CvatNoData and other CvatErrors.
    """

    def ask(client: CvatClient) -> tuple[Job, ...]:
        jobs = tuple(client.jobs(task_id))
        if not jobs:
            # CVAT lists nothing for a task that does not exist or is closed to the account.
            if client.task(task_id).size:
                raise no_job_shown(task_id)
            raise CvatNoData(f"Task {task_id} has no pictures yet.")
        return jobs

    return cached_answer(connection, ("jobs", task_id), GRANT_SECONDS, ask)


def frame_access(connection: Connection, task_id: int, frame: int) -> JobAccess:
    """The job to show a frame from: the annotation job that holds it, else the pool of a honeypot
    task, else a replica or a list-type ground-truth job if the connection may see no other.

    Raises NotFound, CvatError.
    """
    jobs = task_jobs(connection, task_id)
    holding = [job for job in jobs if job.start_frame <= frame <= job.stop_frame]
    if holding:
        access = job_access(connection, min(holding, key=_rank).id)
        if frame in access.numbers:
            return access
    raise NotFound(f"Task {task_id} has no frame {frame}, or you may not see it.")


def cache_shown_jobs(connection: Connection, catalog: FrameCatalog) -> None:
    """Cache the access to the annotation jobs of a catalogue that CVAT has just shown."""
    shown = {
        answer_key(connection, "job", job.id): shown_access(catalog, job)
        for job in catalog.jobs
        if job.is_annotation
    }
    cache_set(shown, GRANT_SECONDS)


def shown_access(catalog: FrameCatalog, job: Job) -> JobAccess:
    """The access to an annotation job of a catalogue that CVAT has just shown."""
    return JobAccess(
        job,
        range(job.start_frame, job.stop_frame + 1),
        False,
        catalog.chunks_updated_date,
        frozenset(
            each for each in catalog.deleted_frames if job.start_frame <= each <= job.stop_frame
        ),
    )


def _rank(job: Job) -> tuple[bool, bool, int, int]:
    return job.recompresses, not job.is_annotation, job.start_frame, job.id
