"""Read the catalogue of a task or a job: each picture with the job that serves its bytes."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Protocol

from cvat import frames as numbering
from cvat.exceptions import CvatError, CvatForbidden, CvatNoData, CvatRejected
from cvat.types import Frame, FrameCatalog, FrameInfo, Job, Meta, ShownTask, Task

logger = logging.getLogger("cvat")

_NAMELESS = FrameInfo("", 0, 0)
_NOTHING: frozenset[int] = frozenset()
_NO_LAYOUT = (400, 403, 404, 405)  # closed to a job's assignee (cvat-api 9.1), or an older server
_SIDE_BY_SIDE = 4


class CatalogApi(Protocol):
    """The methods of CvatClient that are used here."""

    def task(self, task_id: int) -> Task: ...
    def job(self, job_id: int) -> Job: ...
    def jobs(self, task_id: int) -> list[Job]: ...
    def task_meta(self, task_id: int) -> Meta: ...
    def job_meta(self, job_id: int) -> Meta: ...
    def task_honeypots(self, task_id: int) -> frozenset[int]: ...
    def job_honeypots(self, job_id: int) -> frozenset[int]: ...
    def creation_status(self, task_id: int) -> str: ...


@dataclass(frozen=True, slots=True)
class _Part:
    """Some task frames, the job that serves them, and the meta that names them."""

    job: Job
    numbers: Sequence[int]
    meta: Meta
    offset: int  # task frame of the first entry of `meta.frames`
    honeypots: frozenset[int] | None = _NOTHING  # None: CVAT does not say


def read(cvat: CatalogApi, *, task_id: int | None, job_id: int | None) -> FrameCatalog:
    """See CvatClient.frame_catalog."""
    if job_id is not None:
        return _of_job(cvat, job_id, task_id)
    if task_id is None:
        raise ValueError("a task or a job is needed")
    return of_task(cvat, show_task(cvat, task_id))


def show_task(cvat: CatalogApi, task_id: int, earlier: ShownTask | None = None) -> ShownTask:
    """See CvatClient.show_task."""
    task = _readable_task(cvat, task_id)
    if task is None:
        return _shown_jobs(cvat, task_id)
    _check_dimension(task.dimension, f"Task {task.id}")
    if task.size < 1:
        raise _no_pictures(cvat, task)
    if earlier is not None and earlier.task == task:
        return earlier
    jobs = tuple(cvat.jobs(task.id))
    if not jobs:
        raise no_job_shown(task.id)
    return ShownTask(task_id, task, jobs)


def of_task(cvat: CatalogApi, shown: ShownTask) -> FrameCatalog:
    """See CvatClient.task_catalog."""
    if shown.task is None:
        return _through_jobs(cvat, shown.task_id, shown.jobs)
    return _of_task(cvat, shown.task, shown.jobs)


def no_job_shown(task_id: int) -> CvatForbidden:
    """The error for a task with pictures and an empty list of jobs (cvat-api 4.7)."""
    return CvatForbidden(
        f"CVAT shows your account task {task_id} and none of its jobs, which hold the pictures. "
        "Try again in a moment; if it stays so, open a job of yours by its number, or have the "
        "task assigned to you in CVAT.",
        status=403,
    )


def _of_task(cvat: CatalogApi, task: Task, jobs: Sequence[Job]) -> FrameCatalog:
    is_pool = task.validation_mode == "gt_pool"
    meta = cvat.task_meta(task.id)
    honeypots = cvat.task_honeypots(task.id) if is_pool else _NOTHING
    holders = [j for j in jobs if j.is_annotation or (is_pool and j.type == "ground_truth")]
    if not holders:
        raise _no_holder(task.id, jobs)
    parts = [
        _Part(held.job, range(held.first, min(held.last + 1, task.size)), meta, 0, honeypots)
        for held in numbering.holdings(holders)
    ]
    # `jobs_count` includes jobs of every type (cvat-api 5.3). A difference matters only if frames
    # are missing: the count may just have changed.
    is_partial = len(jobs) < task.jobs_count and sum(len(p.numbers) for p in parts) < task.size
    return _catalog(
        task.id, task, holders, parts, others=_except(jobs, holders), is_partial=is_partial
    )


def _shown_jobs(cvat: CatalogApi, task_id: int) -> ShownTask:
    """The jobs that the assignee of a job may read, without the task (cvat-api 9.1)."""
    jobs = tuple(cvat.jobs(task_id))
    if not jobs:
        raise CvatForbidden(
            f"Your CVAT account may see neither task {task_id} nor any of its jobs.", status=403
        )
    _check_dimension(jobs[0].dimension, f"Task {task_id}")
    return ShownTask(task_id, None, jobs)


def _through_jobs(cvat: CatalogApi, task_id: int, jobs: Sequence[Job]) -> FrameCatalog:
    candidates = [j for j in jobs if j.is_annotation or j.type == "ground_truth"]
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        try:
            metas = {j.id: meta for j, meta in pool.map(_with_meta(cvat), candidates)}
        except CvatForbidden as error:
            raise _listed_and_closed(task_id, error) from error
        holders = [j for j in candidates if j.is_annotation or not _is_list(metas[j.id])]
    if not holders:
        raise _no_holder(task_id, jobs)
    honeypots = _honeypots(cvat, holders)
    parts = []
    for held in numbering.holdings(holders):
        job, meta = held.job, metas[held.job.id]
        numbers = range(held.first, numbering.job_range(job, meta).stop)
        parts.append(_Part(job, numbers, meta, job.start_frame, honeypots))
    return _catalog(task_id, None, holders, parts, others=_except(jobs, holders))


def _listed_and_closed(task_id: int, error: CvatForbidden) -> CvatForbidden:
    """The error for jobs that CVAT lists to their assignee and does not open (cvat-api 3.6)."""
    return CvatForbidden(
        f"CVAT lists jobs of task {task_id} as yours and does not open them. It does so with jobs "
        "in an organization that your account does not belong to (any more). Ask a maintainer of "
        "the organization to invite you, and accept the invitation in CVAT.",
        status=error.status,
    )


def _except(jobs: Iterable[Job], holders: Iterable[Job]) -> tuple[Job, ...]:
    ids = {job.id for job in holders}
    return tuple(job for job in jobs if job.id not in ids)


def _of_job(cvat: CatalogApi, job_id: int, task_id: int | None) -> FrameCatalog:
    job = cvat.job(job_id)
    if task_id is not None and job.task_id != task_id:
        raise CvatRejected(f"Job {job_id} belongs to task {job.task_id}, not to task {task_id}.")
    _check_dimension(job.dimension, f"Job {job_id}")
    task = _readable_task(cvat, job.task_id)
    meta = cvat.job_meta(job_id)
    job = replace(job, is_list=_is_list(meta))
    honeypots: frozenset[int] | None = _NOTHING
    if job.type != "ground_truth" and (task is None or task.validation_mode == "gt_pool"):
        honeypots = _honeypots(cvat, [job])
    if _is_list(meta):
        numbers: Sequence[int] = numbering.included_frames(meta)
    else:
        numbers = numbering.job_range(job, meta)
    if job.is_annotation or (job.type == "ground_truth" and not _is_list(meta)):
        parts = [_Part(job, numbers, meta, job.start_frame, honeypots)]
    else:
        parts = _borrowed(cvat, job, numbers, meta, honeypots)
    return _catalog(job.task_id, task, [part.job for part in parts], parts)


def _borrowed(
    cvat: CatalogApi, job: Job, numbers: Sequence[int], meta: Meta, honeypots: frozenset[int] | None
) -> list[_Part]:
    """The pictures of a replica or a list-type ground-truth job, each from the annotation job that
    holds it, because a ground-truth job serves recompressed pictures (cvat-api 7.4)."""
    held = numbering.holdings(j for j in cvat.jobs(job.task_id) if j.is_annotation)
    starts = [h.first for h in held]
    by_owner: dict[int, tuple[Job, list[int]]] = {}
    for number in numbers:
        place = bisect_right(starts, number) - 1
        owner = held[place].job if place >= 0 and number <= held[place].last else job
        by_owner.setdefault(owner.id, (owner, []))[1].append(number)
    return [_Part(owner, own, meta, job.start_frame, honeypots) for owner, own in by_owner.values()]


def _catalog(
    task_id: int,
    task: Task | None,
    jobs: Sequence[Job],
    parts: Sequence[_Part],
    *,
    others: tuple[Job, ...] = (),
    is_partial: bool = False,
) -> FrameCatalog:
    pictures: list[Frame] = []
    deleted: set[int] = set()
    honeypots: set[int] = set()
    deleted_count = honeypot_count = 0
    for part in parts:
        copies = part.honeypots or _NOTHING
        existing = [number for number in part.numbers if number not in part.meta.deleted_frames]
        own = [number for number in existing if number not in copies]
        deleted_count += len(part.numbers) - len(existing)
        honeypot_count += len(existing) - len(own)
        deleted.update(part.meta.deleted_frames.intersection(part.numbers))
        honeypots.update(copies.intersection(existing))
        pictures += _pictures(task_id, part, own)
    pictures.sort(key=attrgetter("frame"))
    if any(part.honeypots is None for part in parts):
        seen_count, pictures = len(pictures), _each_name_once(pictures, jobs)
        honeypot_count += seen_count - len(pictures)
    in_order = sorted(jobs, key=lambda j: (not j.is_annotation, j.start_frame, j.id))
    return FrameCatalog(
        task_id=task_id,
        task_name=task.name if task else f"Task {task_id}",
        mode=task.mode if task else next((job.mode for job in in_order), ""),
        jobs=tuple(in_order),
        frames=tuple(pictures),
        deleted_count=deleted_count,
        honeypot_count=honeypot_count,
        through_jobs=task is None or is_partial,
        other_jobs=others,
        project_id=task.project_id if task else None,
        subset=task.subset if task else "",
        # The date of the task does not change when other jobs become readable.
        updated_date=task.updated_date if task and not is_partial else "",
        chunks_updated_date=max((part.meta.chunks_updated_date for part in parts), default=""),
        deleted_frames=tuple(sorted(deleted)),
        honeypot_frames=tuple(sorted(honeypots)),
        **_origin(parts),
    )


def _origin(parts: Sequence[_Part]) -> dict[str, Any]:
    """Fields of FrameCatalog for source numbers, from the meta of a task or of a job."""
    if not parts:
        return {}
    part, meta = parts[0], parts[0].meta
    return {
        "start_frame": numbering.task_start(meta, first=part.offset),
        "step": meta.step,
        "video": meta.frames[0].name if _is_video(part) and meta.frames else "",
    }


def _is_video(part: _Part) -> bool:
    """Whether the frames are of a video, whose meta has one entry in all (cvat-api 6.3)."""
    return part.job.mode == "interpolation" or len(part.meta.frames) == 1 < part.meta.size


def _pictures(task_id: int, part: _Part, numbers: Iterable[int]) -> list[Frame]:
    infos, offset, job_id = part.meta.frames, part.offset, part.job.id
    if _is_video(part):
        info = infos[0] if infos else _NAMELESS
        return [Frame(task_id, job_id, n, "", info.width, info.height) for n in numbers]
    end = offset + len(infos)
    pictures = []
    for number in numbers:
        info = infos[number - offset] if offset <= number < end else _NAMELESS
        pictures.append(Frame(task_id, job_id, number, info.name, info.width, info.height))
    return pictures


def _readable_task(cvat: CatalogApi, task_id: int) -> Task | None:
    try:
        return cvat.task(task_id)
    except CvatForbidden:
        return None


def _with_meta(cvat: CatalogApi) -> Callable[[Job], tuple[Job, Meta]]:
    return lambda job: (job, cvat.job_meta(job.id))


def _honeypots(cvat: CatalogApi, jobs: Sequence[Job]) -> frozenset[int] | None:
    """The honeypot copies in these jobs of one task; None if CVAT does not say. The other jobs are
    read only if the first one has copies."""
    asked = [job for job in jobs if job.type != "ground_truth"]
    if not asked:
        return _NOTHING
    first = _layout(cvat, asked[0])
    if not first:
        return first
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        others = list(pool.map(lambda job: _layout(cvat, job), asked[1:]))
    honeypots = first
    for other in others:
        if other is None:
            return None
        honeypots |= other
    return honeypots


def _layout(cvat: CatalogApi, job: Job) -> frozenset[int] | None:
    try:
        return cvat.job_honeypots(job.id)
    except CvatError as error:
        if error.status not in _NO_LAYOUT:
            raise
        logger.info("the validation layout of job %s is closed: names tell copies apart", job.id)
        return None


def _each_name_once(pictures: Sequence[Frame], jobs: Iterable[Job]) -> list[Frame]:
    """One frame for each name, which repeats in honeypot tasks alone (cvat-api 6.9): the frame of
    the pool, whose picture never changes, else the first."""
    pool = {job.id for job in jobs if job.type == "ground_truth"}
    first: dict[str, Frame] = {}
    for picture in sorted(pictures, key=lambda p: (p.job_id not in pool, p.frame)):
        first.setdefault(picture.filename, picture)
    return [p for p in pictures if not p.filename or first[p.filename] is p]


def _is_list(meta: Meta) -> bool:
    return meta.included_sources is not None


def _no_holder(task_id: int, jobs: Iterable[Job]) -> CvatNoData:
    others = ", ".join(f"job {job.id}" for job in jobs)
    return CvatNoData(
        f"Of task {task_id} you may see no annotation job, only {others}: choose that job."
    )


def _check_dimension(dimension: str, what: str) -> None:
    if dimension != "2d":
        known = {"1d": "sound", "3d": "3D point clouds", "multiview": "several views"}
        kind = known.get(dimension, dimension)
        raise CvatNoData(
            f"{what} holds {kind[:40]}: only ordinary pictures and video can be chosen."
        )


def _no_pictures(cvat: CatalogApi, task: Task) -> CvatNoData:
    status = cvat.creation_status(task.id)
    if status in ("queued", "started"):
        return CvatNoData(f"CVAT is still preparing task {task.id}: try again in a moment.")
    if status == "failed":
        return CvatNoData(f"Task {task.id} has no pictures: reading them failed in CVAT.")
    return CvatNoData(
        f"Task {task.id} has no pictures: none were uploaded, or CVAT is not done yet."
    )
