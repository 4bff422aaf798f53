"""Tasks: list, single ones, and the few changes the stand-in knows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from standin import objects
from standin.finding import find_task
from standin.labelling import checked_labels
from standin.listings import TASKS, is_listed
from standin.lists import listed
from standin.messages import Answer, Refusal, Request, forbidden, json_answer
from standin.model import Project
from standin.rights import is_task_staff, may_assign, may_create_tasks, may_remove_task
from standin.site import Site

NAME_LENGTH = 256


def task_list(request: Request, site: Site) -> Answer:
    seen = [
        task
        for task in list(site.world.tasks.values())
        if is_listed(request, task.organization, own=is_task_staff(request.account, task))
    ]
    return listed(request, site, TASKS, seen, lambda task: objects.task(task, request.base))


def task_detail(request: Request, site: Site, number: int) -> Answer:
    site.costs.spend(site.costs.detail)
    return json_answer(objects.task(find_task(request, site, number), request.base))


def task_status_old(request: Request, site: Site, number: int) -> Answer:
    """The deprecated endpoint, which says Finished even without data."""
    find_task(request, site, number)
    body = {"state": "Finished", "message": "", "progress": 0.0}
    return json_answer(body, headers=[("Deprecation", "true")])


def task_annotations(request: Request, site: Site, number: int) -> Answer:
    return json_answer(objects.annotations_of(find_task(request, site, number)))


def task_create(request: Request, site: Site) -> Answer:
    """A task without data (cvat-api 15.1)."""
    body = request.json()
    _check_name(body)
    labels = checked_labels(body.get("labels") or [])
    project = _project(request, site, body.get("project_id"))
    assignee = site.world.users.get(body.get("assignee_id") or 0)
    if not may_create_tasks(request.account, request.organization, project):
        raise forbidden()
    if not may_assign(request.account, request.organization, assignee):
        raise forbidden()
    with site.world.lock:
        task = site.world.add_task(
            str(body["name"]),
            owner=request.user,
            assignee=assignee,
            readiness="empty",
            labels=labels,
            project=project,
            organization=request.organization,
            subset=str(body.get("subset") or ""),
            segment_size=int(body.get("segment_size") or 0),
            consensus_replicas=int(body.get("consensus_replicas") or 0),
        )
        task.overlap = body.get("overlap")
        task.bug_tracker = str(body.get("bug_tracker") or "")
        if assignee is not None:
            task.assignee_updated_date = datetime.now(UTC)
    answer = json_answer(objects.task(task, request.base), status=201)
    answer.headers.append(("Location", f"{request.base}/api/tasks/{task.id}"))
    return answer


def _check_name(body: Mapping[str, Any]) -> None:
    name = str(body.get("name") or "")
    if not name:
        raise Refusal(400, {"name": ["This field is required."]})
    if len(name) > NAME_LENGTH:
        raise Refusal(
            400, {"name": [f"Ensure this field has no more than {NAME_LENGTH} characters."]}
        )


def _project(request: Request, site: Site, number: int | None) -> Project | None:
    """The project of a new task, which must be in the organization that the request names."""
    if number is None:
        return None
    project = site.world.projects.get(number)
    if project is None:
        raise Refusal(400, {"project_id": ["Project does not exist"]})
    if project.organization is not request.organization:
        if request.organization is not None:
            raise forbidden()
        raise Refusal(400, ["The task and its project should be in the same organization."])
    return project


def task_change(request: Request, site: Site, number: int) -> Answer:
    task, body = find_task(request, site, number), request.json()
    if "assignee_id" in body:
        assignee = site.world.users.get(body["assignee_id"] or 0)
        if not (
            may_remove_task(request.account, task)
            and may_assign(request.account, task.organization, assignee)
        ):
            raise forbidden()
        task.assignee, task.assignee_updated_date = assignee, datetime.now(UTC)
    task.name = str(body.get("name", task.name))
    task.subset = str(body.get("subset", task.subset))
    task.bug_tracker = str(body.get("bug_tracker", task.bug_tracker))
    site.world.touch(task)
    return json_answer(objects.task(task, request.base))


def task_delete(request: Request, site: Site, number: int) -> Answer:
    task = find_task(request, site, number)
    if not may_remove_task(request.account, task):
        raise forbidden()
    site.world.remove_task(task)
    return Answer(204, b"", None)
