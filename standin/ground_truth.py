"""Making and removing ground-truth jobs (cvat-api 13)."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from standin import objects
from standin.finding import find_job
from standin.messages import Answer, Refusal, Request, ServerError, forbidden, json_answer
from standin.model import Task, User
from standin.rights import may_assign, may_change_ground_truth
from standin.site import Site

# How many frames each random method draws, by one of two fields.
AMOUNTS = {
    "random_uniform": ("frame_count", "frame_share"),
    "random_per_job": ("frames_per_job_count", "frames_per_job_share"),
}


def job_create(request: Request, site: Site) -> Answer:
    body = request.json()
    task = _task(request, site, body)
    _check_fields(body)
    assignee = _assignee(request, site, task, body.get("assignee"))
    with site.world.lock:
        _check_task(task)
        job = site.world.add_ground_truth(task, _frames(task, body))
        task.layout_in_source_numbers = True
        job.created_date = job.updated_date = datetime.now(UTC)
        job.stage, job.state = body.get("stage", job.stage), body.get("state", job.state)
        if assignee is not None:
            job.assignee, job.assignee_updated_date = assignee, job.updated_date
        site.world.touch(task)
    answer = json_answer(objects.job(job, request.base), status=201)
    answer.headers.append(("Location", f"{request.base}/api/jobs/{job.id}"))
    return answer


def job_delete(request: Request, site: Site, number: int) -> Answer:
    job = find_job(request, site, number)
    if not may_change_ground_truth(request.account, job.task):
        raise forbidden()
    if job.type != "ground_truth":
        raise Refusal(400, ["Only ground truth jobs can be removed"])
    if job.task.validation_mode == "gt_pool":
        text = 'GT jobs cannot be removed when task validation mode is "gt_pool"'
        raise Refusal(400, [text])
    site.world.remove_ground_truth(job)
    return Answer(204, b"", None)


def _task(request: Request, site: Site, body: dict[str, Any]) -> Task:
    if body.get("task_id") is None:
        raise Refusal(400, ["task_id is not specified"])
    task = site.world.tasks.get(body["task_id"])
    if task is None:
        raise Refusal(400, ["Task matching query does not exist."])
    if not may_change_ground_truth(request.account, task):
        raise forbidden()
    return task


def _check_fields(body: dict[str, Any]) -> None:
    if "type" not in body:
        raise Refusal(400, {"type": ["This field is required."]})
    if body["type"] != "ground_truth":
        raise Refusal(400, [f"Unexpected job type '{body['type']}'"])
    method = body.get("frame_selection_method")
    if method is None:
        raise ServerError("CVAT fails without a method")
    if method == "manual":
        _check_listed(body)
        return
    if "frames" in body:
        text = '"frames" can only be used when "frame_selection_method" is "manual"'
        raise _wrong(text)
    amounts = AMOUNTS[method]
    given = [name for name in amounts if body.get(name) is not None]
    names = '", "'.join(amounts)
    if len(given) > 1:
        raise _wrong(f'Only 1 of the fields "{names}" can be used')
    if not given:
        raise _wrong(f'One of the fields "{names}" required')


def _check_listed(body: dict[str, Any]) -> None:
    frames = body.get("frames")
    if frames is None:
        raise _wrong('The "frames" field is required')
    if not frames:
        raise Refusal(400, {"frames": ["This list may not be empty."]})
    text = "Ensure this value is greater than or equal to 0."
    negative = {str(place): [text] for place, frame in enumerate(frames) if frame < 0}
    if negative:
        raise Refusal(400, {"frames": negative})


def _wrong(text: str) -> Refusal:
    return Refusal(400, {"non_field_errors": [text]})


def _check_task(task: Task) -> None:
    if task.readiness != "ready":
        text = "This task has no data attached yet. Please set up task data and try again"
        raise Refusal(400, [text])
    if task.dimension != "2d":
        raise Refusal(400, ["Ground Truth jobs can only be added in 2d tasks"])
    if any(job.type == "ground_truth" for job in task.jobs):
        mode = task.validation_mode
        raise Refusal(400, [f'Task with validation mode "{mode}" cannot have more than 1 GT job'])


def _frames(task: Task, body: dict[str, Any]) -> Sequence[int]:
    if body["frame_selection_method"] == "manual":
        return _listed(task, body["frames"])
    drawn = random.Random(body.get("random_seed"))
    if body["frame_selection_method"] == "random_uniform":
        count = body.get("frame_count") or round(body.get("frame_share", 0) * task.size)
        if count > task.size:
            text = (
                f"The number of frames requested ({count}) must not be greater than "
                f"the number of the task frames ({task.size})"
            )
            raise Refusal(400, [text])
        return drawn.sample(range(task.size), count)
    chosen: set[int] = set()
    for job in task.jobs:
        share = body.get("frames_per_job_share", 0) * len(job.frames)
        count = body.get("frames_per_job_count") or round(share)
        rest = [frame for frame in job.frames if frame not in chosen]
        missing = count - (len(job.frames) - len(rest))  # frames of an overlap count for both jobs
        chosen |= set(drawn.sample(rest, max(0, min(missing, len(rest)))))
    return sorted(chosen)


def _listed(task: Task, frames: Collection[int]) -> Sequence[int]:
    if len(set(frames)) < len(frames):
        raise Refusal(400, ["Frames must not repeat"])
    unknown = sorted(frame for frame in frames if frame >= task.size)
    if unknown:
        named = ", ".join(map(str, unknown))
        raise Refusal(400, [f"The following frames do not exist in the task: {named}"])
    return sorted(frames)


def _assignee(request: Request, site: Site, task: Task, user_id: int | None) -> User | None:
    assignee = None if user_id is None else site.world.users.get(user_id)
    if user_id is not None and assignee is None:
        raise ServerError("unknown assignee")
    if not may_assign(request.account, task.organization, assignee):
        raise forbidden()
    return assignee
