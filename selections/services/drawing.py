"""Drawing frames of a task at random."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import User

from cvat.types import Frame, FrameCatalog, Job
from portal.exceptions import InvalidInput
from selections import sampling
from selections.models import SelectedFrame, Selection
from selector import services as selector
from selector.models import Connection

UNIFORM, PER_JOB = "random_uniform", "random_per_job"


@dataclass(frozen=True, slots=True)
class DrawRequest:
    """What to draw from a task or a job: `random_per_job` that many (`count`) or that share of
    each annotation job, `random_uniform` of all frames together. `job_ids`: only of these jobs of
    the task; `filename_contains`: only frames whose name has each of these words, in any case;
    `exclude_selections`: not the frames of these selections. `seed` None: a random one."""

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


def draw(*, user: User, connection: Connection, request: DrawRequest) -> Draw:
    """Draw from the task as CVAT has it now, without the frames of `request.exclude_selections`,
    which must be selections that the user may read, of the same server.

    Raises InvalidInput, CvatError.
    """
    excluded = _readable(user, connection, request.exclude_selections)
    catalog = selector.load_catalog(
        connection=connection, task_id=request.task_id, job_id=request.job_id
    )
    if excluded:
        catalog = _without(catalog, excluded)
    return draw_from(catalog, request)


def _readable(user: User, connection: Connection, ids: tuple[int, ...]) -> list[Selection]:
    found = Selection.objects.for_user(user).in_bulk(ids)
    for number in ids:
        if number not in found:
            raise InvalidInput(
                f"The frames of selection {number} cannot be left out: it is not there, or not "
                "shared with you."
            )
        # Elsewhere the same numbers are other tasks.
        if found[number].url != connection.url:
            raise InvalidInput(
                f"The frames of “{found[number].name}” cannot be left out: they are of another "
                f"CVAT server, {found[number].url}."
            )
    return list(found.values())


def _without(catalog: FrameCatalog, excluded: list[Selection]) -> FrameCatalog:
    kept = SelectedFrame.objects.filter(selection__in=excluded, task_id=catalog.task_id)
    numbers = set(kept.order_by().values_list("frame", flat=True).distinct())
    left = tuple(frame for frame in catalog.frames if frame.frame not in numbers)
    if not left:
        raise InvalidInput("There is nothing to draw: every frame is in the selections left out.")
    return replace(catalog, frames=left)


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
