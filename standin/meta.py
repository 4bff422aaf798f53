"""`data/meta` of tasks and jobs, in both numberings (cvat-api 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from standin.finding import find_job, find_task
from standin.media import Media
from standin.messages import CVAT_JSON, Answer, Refusal, Request, ServerError, dump, json_answer
from standin.model import Job, Task, iso
from standin.site import Site

PLACEHOLDER_NAME = "placeholder.jpg"


def _entry(media: Media, position: int, name: str | None = None) -> dict[str, Any]:
    width, height = media.dimensions(position)
    related = len(media.related(position)) if name is None else 0
    return {
        "width": width,
        "height": height,
        "name": name or media.name(position),
        "related_files": related,
        "has_related_context": related > 0,
    }


def _body(
    task: Task,
    size: int,
    frames: list[dict[str, Any]],
    span: tuple[int, int],
    deleted: Iterable[int],
    included: list[int] | None = None,
    chunks_updated_date: datetime | None = None,
) -> dict[str, Any]:
    """`span` holds the source numbers of the first and last frame."""
    return {
        "chapters": [] if task.is_video else None,
        "chunks_updated_date": iso(chunks_updated_date or task.chunks_updated_date),
        "chunk_size": task.chunk_size,
        "size": size,
        "image_quality": task.image_quality,
        "start_frame": span[0],
        "stop_frame": span[1],
        "frame_filter": f"step={task.step}" if task.step > 1 else "",
        "frames": frames,
        "deleted_frames": list(deleted),
        "included_frames": included,
        "storage": "local",
        "cloud_storage_id": None,
    }


def _task_body(task: Task) -> dict[str, Any]:
    if task.readiness == "empty":
        raise ServerError("no data")
    if task.media is None:
        return _body(task, 0, [], (0, 0), [])
    media = task.media
    if media.is_video:
        frames = [_entry(media, 0)]
    else:
        frames = [_entry(media, position) for position in task.order]
    return _body(task, task.size, frames, (task.start_frame, task.stop_frame), task.deleted)


def _job_frames(job: Job, media: Media) -> list[dict[str, Any]]:
    task = job.task
    if media.is_video:
        return [_entry(media, 0)]
    if job.included is None:
        return [_entry(media, task.order[t]) for t in job.frames]
    included = set(job.included)
    return [
        _entry(media, task.order[t], None if t in included else PLACEHOLDER_NAME)
        for t in range(job.start, job.stop + 1)
    ]


def _job_body(job: Job, *, lists_all_deleted: bool = False) -> dict[str, Any]:
    """The job's first and last frame as source numbers; deleted frames as task numbers, on an
    older server all of the task."""
    task = job.task
    assert task.media is not None
    gone = set(task.deleted) | (set(task.disabled) if job.type == "ground_truth" else set())
    included = None
    if job.included is not None:
        included = [task.source_number(t) for t in job.included]
    return _body(
        task,
        len(job.frames),
        _job_frames(job, task.media),
        (task.source_number(job.start), task.source_number(job.stop)),
        sorted(t for t in gone if lists_all_deleted or job.holds(t)),
        included,
        job.chunks_updated_date,
    )


def _cached(site: Site, task: Task, kind: str, number: int, make: Callable[[], Any]) -> Answer:
    site.costs.spend(site.costs.meta + site.costs.meta_per_frame * task.size)
    state = (tuple(task.deleted), tuple(task.disabled), task.chunks_updated_date)
    key = (kind, number, *state)
    return Answer(200, site.world.meta_cache.get(key, lambda: dump(make())), CVAT_JSON)


def task_meta(request: Request, site: Site, number: int) -> Answer:
    task = find_task(request, site, number)
    return _cached(site, task, "task", task.id, lambda: _task_body(task))


def job_meta(request: Request, site: Site, number: int) -> Answer:
    job = find_job(request, site, number)
    lists_all = site.world.lists_all_deleted
    kind = "job, all deleted" if lists_all else "job"
    return _cached(
        site, job.task, kind, job.id, lambda: _job_body(job, lists_all_deleted=lists_all)
    )


# -- deleting frames ----------------------------------------------------------------------------


def _wanted(request: Request, known: Callable[[int], bool]) -> list[int] | None:
    """The new list as sent, or None when there is none in the body. Raises Refusal 400."""
    frames = request.json().get("deleted_frames")
    if frames is None:
        return None
    if len(set(frames)) != len(frames):
        raise Refusal(400, {"deleted_frames": ["Deleted frames cannot repeat"]})
    unknown = [frame for frame in frames if not known(frame)]
    if unknown:
        text = f"Unknown frames {', '.join(map(str, unknown))} requested for removal"
        raise Refusal(400, {"deleted_frames": [text]})
    return [int(frame) for frame in frames]


def task_meta_change(request: Request, site: Site, number: int) -> Answer:
    """Replaces the list of deleted frames; the answer echoes the order sent."""
    task = find_task(request, site, number)
    wanted = _wanted(request, lambda frame: 0 <= frame < task.size)
    if wanted is not None:
        if task.validation_mode == "gt_pool":
            _refuse_pool(task, wanted)
        site.world.set_deleted(task.id, wanted)
    return json_answer({**_task_body(task), "deleted_frames": wanted or task.deleted})


def _refuse_pool(task: Task, wanted: list[int]) -> None:
    pool = next(job for job in task.jobs if job.type == "ground_truth")
    added = set(wanted) - set(task.deleted)
    if any(pool.holds(frame) for frame in added):
        text = (
            "When task validation mode is gt_pool, GT frames can only be deleted and restored "
            "via the GT job's api/jobs/{id}/data/meta endpoint"
        )
        raise Refusal(400, {"deleted_frames": [text]})


def job_meta_change(request: Request, site: Site, number: int) -> Answer:
    """Replaces the part of the list that lies in the job (cvat-api 13.4)."""
    job = find_job(request, site, number)
    task = job.task
    wanted = _wanted(request, lambda frame: True)
    if wanted is not None:
        foreign = [frame for frame in wanted if not job.holds(frame)]
        if foreign:
            text = f"Frames {', '.join(map(str, foreign))} do not belong to the job"
            raise Refusal(400, [text])
        if job.type == "ground_truth":
            _disable(task, job, wanted)
        else:
            others = [frame for frame in task.deleted if not job.holds(frame)]
            site.world.set_deleted(task.id, others + wanted)
        site.world.touch(task)
    return json_answer(_job_body(job))


def _disable(task: Task, job: Job, wanted: list[int]) -> None:
    """In a honeypot pool this deletes the honeypots that copy these frames, too, and restores all
    other frames of the task (cvat-api 13.4)."""
    task.disabled = sorted(wanted)
    if task.validation_mode == "gt_pool":
        copies = [frame for frame, real in task.honeypots.items() if real in wanted]
        task.deleted = sorted({*wanted, *copies})
