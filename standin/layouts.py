"""Validation layouts: which frames are ground truth, which are honeypots (cvat-api 8)."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from standin.finding import find_job, find_task
from standin.messages import Answer, Refusal, Request, forbidden, json_answer
from standin.model import Job, Task
from standin.rights import may_see_task
from standin.site import Site


def task_layout(request: Request, site: Site, number: int) -> Answer:
    """cvat-api 8.5: in task numbers, as for ground truth set when the task was created."""
    return json_answer(_task_layout(find_task(request, site, number)))


def _task_layout(task: Task) -> dict[str, Any]:
    body: dict[str, Any] = {
        "mode": task.validation_mode,
        "frames_per_job_count": task.frames_per_job_count,
    }
    truth = next((job for job in task.jobs if job.type == "ground_truth"), None)
    if truth is not None:
        body["validation_frames"] = [task.layout_number(t) for t in truth.frames]
        body["disabled_frames"] = task.disabled
    if task.validation_mode == "gt_pool":
        body.update(_honeypots(task, task.honeypots))
    return body


def job_layout(request: Request, site: Site, number: int) -> Answer:
    return json_answer(_job_layout(_find_job(request, site, number)))


def _find_job(request: Request, site: Site, number: int) -> Job:
    """The job. Raises Refusal 403 for a user who is only its assignee (CVAT's jobs.rego)."""
    job = find_job(request, site, number)
    if not may_see_task(request.account, job.task):
        raise forbidden()
    return job


def _job_layout(job: Job) -> dict[str, Any]:
    if job.task.validation_mode != "gt_pool":
        return {}
    return _honeypots(job.task, filter(job.holds, job.task.honeypots))


def _honeypots(task: Task, copies: Iterable[int]) -> dict[str, Any]:
    frames = sorted(copies)
    return {
        "honeypot_count": len(frames),
        "honeypot_frames": frames,
        "honeypot_real_frames": [task.honeypots[frame] for frame in frames],
    }


# -- changes ------------------------------------------------------------------------------------


def task_layout_change(request: Request, site: Site, number: int) -> Answer:
    """Disables validation frames; these then count as deleted in the ground-truth job."""
    task = find_task(request, site, number)
    disabled = request.json().get("disabled_frames")
    if disabled is not None:
        truth = next((job for job in task.jobs if job.type == "ground_truth"), None)
        foreign = [t for t in disabled if truth is None or not truth.holds(t)]
        if foreign:
            raise Refusal(400, [f"Unknown validation frames {foreign}"])
        task.disabled = sorted(disabled)
        site.world.touch(task)
    return json_answer(_task_layout(task))


def job_layout_change(request: Request, site: Site, number: int) -> Answer:
    """Draws the honeypots of a job again: the same frames then show other images."""
    job, body = _find_job(request, site, number), request.json()
    copies = sorted(frame for frame in job.task.honeypots if job.holds(frame))
    pool = next(other.frames for other in job.task.jobs if other.type == "ground_truth")
    if body.get("frame_selection_method") == "manual":
        real = list(body.get("honeypot_real_frames") or [])
        if len(real) != len(copies) or not set(real) <= set(pool):
            raise Refusal(400, {"honeypot_real_frames": ["Wrong frames for the honeypots"]})
    else:
        real = random.sample(pool, len(copies))
    site.world.redraw_honeypots(job.task.id, dict(zip(copies, real, strict=True)))
    return json_answer(_job_layout(job))
