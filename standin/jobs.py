"""Jobs: list, single ones, and changes of stage, state and assignee."""

from __future__ import annotations

from datetime import UTC, datetime

from standin import objects
from standin.finding import find_job
from standin.listings import JOBS, is_listed
from standin.lists import listed
from standin.messages import Answer, Refusal, Request, ServerError, forbidden, json_answer
from standin.rights import is_job_staff, may_assign, may_see_task
from standin.site import Site

STAGES = ("annotation", "validation", "acceptance")
STATES = ("new", "in progress", "completed", "rejected")


def job_list(request: Request, site: Site) -> Answer:
    seen = [
        job
        for job in list(site.world.jobs.values())
        if is_listed(request, job.task.organization, own=is_job_staff(request.account, job))
    ]
    return listed(request, site, JOBS, seen, lambda job: objects.job(job, request.base))


def job_detail(request: Request, site: Site, number: int) -> Answer:
    site.costs.spend(site.costs.detail)
    return json_answer(objects.job(find_job(request, site, number), request.base))


def job_annotations(request: Request, site: Site, number: int) -> Answer:
    return json_answer(objects.annotations_of(find_job(request, site, number)))


def job_change(request: Request, site: Site, number: int) -> Answer:
    """Stage, state and assignee (cvat-api 13.5)."""
    job, body = find_job(request, site, number), request.json()
    if set(body) - {"stage", "state", "assignee"}:
        raise Refusal(403, {"detail": "Attempted to update an unknown field"})
    for name, choices in (("stage", STAGES), ("state", STATES)):
        if name in body and body[name] not in choices:
            raise Refusal(400, {name: [f'"{body[name]}" is not a valid choice.']})
    if {"stage", "assignee"} & set(body) and not may_see_task(request.account, job.task):
        raise forbidden()
    now = datetime.now(UTC)
    if "assignee" in body:
        assignee = site.world.users.get(body["assignee"] or 0)
        if body["assignee"] is not None and assignee is None:
            raise ServerError("unknown assignee")
        if not may_assign(request.account, job.task.organization, assignee):
            raise forbidden()
        job.assignee = assignee
        job.assignee_updated_date = now
    stage = body.get("stage", job.stage)
    job.state = body.get("state", job.state if stage == job.stage else "new")
    job.stage = stage
    job.updated_date = now
    return json_answer(objects.job(job, request.base))
