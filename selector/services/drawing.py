"""Loading what can be chosen, and drawing from it at random."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cvat.types import Frame, FrameCatalog, Job
from portal.exceptions import InvalidInput
from selector import catalogs, sampling
from selector.models import Connection

UNIFORM, PER_JOB = "random_uniform", "random_per_job"


@dataclass(frozen=True, slots=True)
class DrawRequest:
    """What to draw from a task or a job: `random_per_job` that many (`count`) or that share of
    each annotation job, `random_uniform` of all frames together; with `job_ids` of these jobs
    of the task alone; with `filename_contains` only frames whose name has each of its words, in
    small or capital letters. No seed: one is made up.

    `exclude_selections` is for the record: whoever keeps selections takes their frames out of the
    catalogue beforehand."""

    task_id: int | None
    job_id: int | None = None
    job_ids: tuple[int, ...] = ()
    method: str = PER_JOB
    count: int | None = None
    share: float | None = None
    seed: int | None = None
    exclude_selections: tuple[int, ...] = ()
    filename_contains: str = ""


@dataclass(frozen=True, slots=True)
class Draw:
    """Frames drawn at random, with everything needed to draw them again."""

    catalog: FrameCatalog
    sample: sampling.JobsSample
    seed: int
    request: DrawRequest

    @property
    def frames(self) -> tuple[Frame, ...]:
        return self.sample.frames

    @property
    def requested(self) -> int:
        """How many frames were asked for, of all jobs together."""
        asked = [job.requested for job in self.sample.jobs if job.requested is not None]
        if asked or self.request.method == PER_JOB:
            return sum(asked)
        return _count(self.request, self.sample.total)

    @property
    def parameters(self) -> dict[str, Any]:
        """In CVAT's words: frame_count, frame_share, frames_per_job_count, frames_per_job_share."""
        request = self.request
        amount = "frames_per_job" if request.method == PER_JOB else "frame"
        optional: dict[str, Any] = {
            "job_ids": list(request.job_ids),
            "exclude_selections": list(request.exclude_selections),
            "filename_contains": request.filename_contains,
            f"{amount}_count": request.count,
            f"{amount}_share": request.share,
        }
        given = {name: value for name, value in optional.items() if value}
        return {"task_id": self.catalog.task_id, "job_id": request.job_id, **given}


def load_catalog(
    *, connection: Connection, task_id: int | None = None, job_id: int | None = None
) -> FrameCatalog:
    """Every frame that can be chosen of a task or of one of its jobs, as CVAT has them now.

    See catalogs.py for what is kept of an earlier answer. Raises CvatError.
    """
    return catalogs.load(connection=connection, task_id=task_id, job_id=job_id)


def draw_from(catalog: FrameCatalog, request: DrawRequest) -> Draw:
    """Raises InvalidInput."""
    if (request.count is None) == (request.share is None):
        raise InvalidInput("Say either how many frames or which share of them.")
    seed = sampling.new_seed() if request.seed is None else request.seed
    if request.filename_contains:
        catalog = _with_names(catalog, request.filename_contains)
    if request.job_id is not None:
        drawn = _draw_from_job(catalog, request.job_id, request, seed)
    elif request.method != PER_JOB:
        jobs = _jobs(catalog, request)
        drawn = sampling.sample_over_jobs(
            catalog.frames, jobs, seed=seed, count_of=lambda total: _count(request, total)
        )
    elif request.count is not None:
        drawn = sampling.sample_per_job(
            catalog.frames, _jobs(catalog, request), count=request.count, seed=seed
        )
    else:
        drawn = sampling.sample_share_per_job(
            catalog.frames,
            _jobs(catalog, request),
            frames_per_job_share=request.share or 0,
            seed=seed,
        )
    if request.filename_contains and not drawn.total:
        raise InvalidInput(
            "There is nothing to draw: no file name there contains "
            f"“{request.filename_contains}”. Try fewer words, or other jobs."
        )
    return Draw(catalog, drawn, seed, request)


def _count(request: DrawRequest, total: int) -> int:
    """How many of `total` frames are asked for."""
    if request.count is not None:
        return request.count
    return sampling.share_count(total, request.share or 0)


def _with_names(catalog: FrameCatalog, text: str) -> FrameCatalog:
    """Only the frames whose names have all words of `text`."""
    words = text.lower().split()
    named = (f for f in catalog.frames if all(word in f.filename.lower() for word in words))
    return replace(catalog, frames=tuple(named))


def _jobs(catalog: FrameCatalog, request: DrawRequest) -> list[Job]:
    """The jobs to draw from; per job these are annotation jobs, over all the pool of a honeypot
    task as well. Raises InvalidInput for one that is not there."""
    jobs = [job for job in catalog.jobs if job.is_annotation or request.method != PER_JOB]
    if not request.job_ids:
        return jobs
    wanted = set(request.job_ids)
    unknown = sorted(wanted - {job.id for job in jobs})
    if unknown:
        listed = ", ".join(map(str, unknown[:10])) + (" …" if len(unknown) > 10 else "")
        kind = "annotation job" if request.method == PER_JOB else "job"
        raise InvalidInput(f"Task {catalog.task_id} has no {kind} {listed} to draw from.")
    return [job for job in jobs if job.id in wanted]


def _draw_from_job(
    catalog: FrameCatalog, job_id: int, request: DrawRequest, seed: int
) -> sampling.JobsSample:
    """From a job of any type, whose catalogue this is."""
    total = len(catalog.frames)
    count = _count(request, total)
    frames = sampling.sample(catalog.frames, count=count, seed=seed)
    summary = sampling.JobDraw(job_id, len(frames), total, requested=count)
    return sampling.JobsSample(tuple(frames), (summary,), total)
