"""What a connection may see of the jobs and pictures of CVAT.

CVAT is the judge: the question is put to it with the connection's own credential. Its yes is kept
for two minutes, its no for some seconds, and for that connection alone; so what lies in a shared
cache of pictures is shown to nobody whose own access does not allow the job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cvat import frames as numbering
from cvat.catalog import no_job_shown
from cvat.exceptions import CvatNoData
from cvat.types import FrameCatalog, Job, Meta
from portal.cache import keep
from portal.exceptions import NotFound
from selector.asking import answer_key, asking
from selector.models import Connection
from selector.single_flight import remembered

YES_SECONDS = 120


@dataclass(frozen=True, slots=True)
class JobAccess:
    """A job that the connection may see; `numbers` are its task frames, ascending."""

    job: Job
    numbers: Sequence[int]
    is_list: bool  # a ground-truth job over chosen frames: its chunks are cut otherwise
    version: str  # chunks_updated_date: another one, other pictures (cvat-api 6.6)

    def chunk_frames(self, chunk: int) -> list[int]:
        """Task frames start + chunk * chunk_size and on, as far as the job has them; of every
        kind of job alike. Raises NotFound, CvatNoData."""
        if self.job.dimension != "2d" or self.job.chunk_size < 1:
            raise CvatNoData(f"Job {self.job.id} holds no pictures that can be shown.")
        try:
            block = numbering.chunk_frames(self.job, chunk)
        except ValueError:
            raise NotFound(f"Job {self.job.id} has no chunk {chunk}.") from None
        return [number for number in block if number in self.numbers]

    def chunk_of(self, frame: int) -> int:
        """Which chunk one of its frames lies in."""
        return (frame - self.job.start_frame) // max(1, self.job.chunk_size)


def job_access(connection: Connection, job_id: int) -> JobAccess:
    """Raises CvatForbidden, CvatNotFound and other CvatErrors."""

    def ask() -> JobAccess:
        with asking(connection) as client:
            return _access(client.job(job_id), client.job_meta(job_id))

    return remembered(answer_key(connection, "job", job_id), connection, YES_SECONDS, ask)


def task_jobs(connection: Connection, task_id: int) -> tuple[Job, ...]:
    """The jobs of a task that the connection may see, of every type; at least one.

    Raises CvatForbidden, CvatNotFound, CvatNoData and other CvatErrors.
    """

    def ask() -> tuple[Job, ...]:
        with asking(connection) as client:
            jobs = tuple(client.jobs(task_id))
            if not jobs:
                # CVAT lists nothing for a task that is not there or closed.
                if client.task(task_id).size:
                    raise no_job_shown(task_id)
                raise CvatNoData(f"Task {task_id} has no pictures yet.")
        return jobs

    return remembered(answer_key(connection, "jobs", task_id), connection, YES_SECONDS, ask)


def holder(connection: Connection, task_id: int, frame: int) -> Job:
    """The job to show a frame from: the annotation job that holds it, else the pool of a honeypot
    task, else a replica or a list-type ground-truth job if that is all one may see.

    Raises NotFound, CvatError.
    """
    jobs = task_jobs(connection, task_id)
    holding = [job for job in jobs if job.start_frame <= frame <= job.stop_frame]
    if not holding:
        raise NotFound(f"Task {task_id} has no frame {frame}, or you may not see it.")
    return min(holding, key=_rank)


def know(connection: Connection, catalog: FrameCatalog) -> None:
    """CVAT has just shown these jobs to the connection: it need not be asked once more."""
    known = {
        answer_key(connection, "job", job.id): JobAccess(
            job, range(job.start_frame, job.stop_frame + 1), False, catalog.chunks_updated_date
        )
        for job in catalog.jobs
        if job.is_annotation
    }
    keep(known, YES_SECONDS)


def _access(job: Job, meta: Meta) -> JobAccess:
    is_list = meta.included_sources is not None
    numbers: Sequence[int] = numbering.job_range(job, meta)
    if is_list:
        numbers = tuple(sorted(numbering.included_frames(meta)))
    return JobAccess(replace(job, is_list=is_list), numbers, is_list, meta.chunks_updated_date)


def _rank(job: Job) -> tuple[bool, bool, int, int]:
    return job.recompresses, not job.is_annotation, job.start_frame, job.id
