"""Tasks: list, single ones, and the few changes the stand-in knows."""

from __future__ import annotations

from standin import objects
from standin.finding import find_task
from standin.listings import TASKS, is_listed
from standin.lists import listed
from standin.messages import Answer, Refusal, Request, json_answer
from standin.rights import is_task_staff
from standin.site import Site


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
    """A task without data; uploads are not part of the stand-in."""
    body = request.json()
    if not body.get("name"):
        raise Refusal(400, {"name": ["This field is required."]})
    with site.world.lock:
        names = [label["name"] for label in body.get("labels") or []]
        task = site.world.add_task(
            str(body["name"]),
            owner=request.user,
            readiness="empty",
            labels=names,
            organization=request.organization,
        )
    answer = json_answer(objects.task(task, request.base), status=201)
    answer.headers.append(("Location", f"{request.base}/api/tasks/{task.id}"))
    return answer


def task_change(request: Request, site: Site, number: int) -> Answer:
    task, body = find_task(request, site, number), request.json()
    task.name = str(body.get("name", task.name))
    site.world.touch(task)
    return json_answer(objects.task(task, request.base))


def task_delete(request: Request, site: Site, number: int) -> Answer:
    task = find_task(request, site, number)
    site.world.remove_task(task)
    return Answer(204, b"", None)
