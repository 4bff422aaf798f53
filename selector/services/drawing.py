"""Loading what can be chosen, and drawing from it at random."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from selector import catalogs, sampling
from selector.cvat.types import Frame, FrameCatalog, Job
from selector.exceptions import InvalidInput
from selector.models import Connection

UNIFORM, PER_JOB = "random_uniform", "random_per_job"


@dataclass(frozen=True, slots=True)
class DrawRequest:
    """What to draw from a task or a job: `random_per_job` that many (`count`) or that share of
    each annotation job, `random_uniform` of all frames together; with `job_ids` of these jobs
    of the task alone. No seed: one is made up.

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


@dataclass(frozen=True, slots=True)
class Draw:
    """Frames drawn at random, with everything needed to draw them again."""

    catalog: FrameCatalog
    frames: list[Frame]
    summary: list[sampling.JobDraw]
    seed: int
    request: DrawRequest

    @property
    def parameters(self) -> dict[str, int | float | list[int] | None]:
        """In CVAT's words: frame_count, frame_share, frames_per_job_count, frames_per_job_share."""
        request = self.request
        excluded = request.exclude_selections
        amount = "frames_per_job" if request.method == PER_JOB else "frame"
        return {
            "task_id": self.catalog.task_id,
            "job_id": request.job_id,
            **({"job_ids": list(request.job_ids)} if request.job_ids else {}),
            **({"exclude_selections": list(excluded)} if excluded else {}),
            **({f"{amount}_count": request.count} if request.count is not None else {}),
            **({f"{amount}_share": request.share} if request.share is not None else {}),
        }


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
    jobs = _jobs(catalog, request)
    if request.method != PER_JOB or request.job_id is not None:
        drawn = _draw_over_all(catalog, jobs, request, seed)
    elif request.count is not None:
        drawn = sampling.sample_per_job(catalog.frames, jobs, count=request.count, seed=seed)
    else:
        share = request.share or 0
        drawn = sampling.sample_share_per_job(
            catalog.frames, jobs, frames_per_job_share=share, seed=seed
        )
    return Draw(catalog, list(drawn.frames), list(drawn.jobs), seed, request)


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


def _draw_over_all(
    catalog: FrameCatalog, jobs: list[Job], request: DrawRequest, seed: int
) -> sampling.PerJobSample:
    """From a named job whatever its type; else from these jobs together."""
    job_id = request.job_id
    among = {job.id for job in jobs}
    candidates = [frame for frame in catalog.frames if job_id is not None or frame.job_id in among]
    frames = (
        sampling.sample(candidates, count=request.count, seed=seed)
        if request.count is not None
        else sampling.sample_share(candidates, frame_share=request.share or 0, seed=seed)
    )
    if job_id is not None:
        summary = [sampling.JobDraw(job_id, len(frames), len(candidates))]
    else:
        total = Counter(frame.job_id for frame in candidates)
        taken = Counter(frame.job_id for frame in frames)
        summary = [sampling.JobDraw(job.id, taken[job.id], total[job.id]) for job in jobs]
    return sampling.PerJobSample(tuple(frames), tuple(summary))
