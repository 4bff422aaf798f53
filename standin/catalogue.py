"""Organisations, projects and labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from standin import objects
from standin.finding import find_job, find_project, find_task
from standin.labelling import checked_labels
from standin.listings import LABELS, ORGANIZATIONS, PROJECTS, is_listed
from standin.lists import listed
from standin.messages import (
    Answer,
    Refusal,
    Request,
    ServerError,
    forbidden,
    json_answer,
    missing,
)
from standin.model import Label, Project, Task
from standin.rights import (
    is_project_staff,
    is_task_staff,
    may_create_projects,
    may_remove_project,
    may_see_organization,
)
from standin.site import Site


def organization_list(request: Request, site: Site) -> Answer:
    organizations = list(site.world.organizations.values())
    seen = [o for o in organizations if may_see_organization(request.account, o)]
    return listed(
        request, site, ORGANIZATIONS, seen, lambda o: objects.organization(o, request.base)
    )


def organization_create(request: Request, site: Site) -> Answer:
    body = request.json()
    slug = str(body.get("slug") or "")
    if not slug:
        raise Refusal(400, {"slug": ["This field is required."]})
    if any(other.slug == slug for other in list(site.world.organizations.values())):
        raise Refusal(400, {"slug": ["organization with this slug already exists."]})
    organization = site.world.add_organization(
        slug, request.account, name=str(body.get("name") or slug)
    )
    return json_answer(objects.organization(organization, request.base), status=201)


def organization_detail(request: Request, site: Site, number: int) -> Answer:
    organization = site.world.organizations.get(number)
    if organization is None:
        raise missing("Organization")
    if not may_see_organization(request.account, organization):
        raise forbidden()
    return json_answer(objects.organization(organization, request.base))


def _show_project(request: Request, site: Site, project: Project) -> dict[str, Any]:
    return objects.project(project, list(site.world.tasks.values()), request.base)


def project_list(request: Request, site: Site) -> Answer:
    seen = [
        project
        for project in list(site.world.projects.values())
        if is_listed(request, project.organization, own=is_project_staff(request.account, project))
    ]
    return listed(request, site, PROJECTS, seen, lambda p: _show_project(request, site, p))


def project_create(request: Request, site: Site) -> Answer:
    body = request.json()
    if not body.get("name"):
        raise Refusal(400, {"name": ["This field is required."]})
    labels = checked_labels(body.get("labels") or [])
    if not may_create_projects(request.account, request.organization):
        raise forbidden()
    project = site.world.add_project(
        str(body["name"]), request.account, organization=request.organization, labels=labels
    )
    project.bug_tracker = str(body.get("bug_tracker") or "")
    where = [("Location", f"{request.base}/api/projects/{project.id}")]
    return json_answer(_show_project(request, site, project), status=201, headers=where)


def project_detail(request: Request, site: Site, number: int) -> Answer:
    site.costs.spend(site.costs.detail)
    return json_answer(_show_project(request, site, find_project(request, site, number)))


def project_delete(request: Request, site: Site, number: int) -> Answer:
    """One without tasks: what becomes of tasks is not recorded."""
    project = find_project(request, site, number)
    if not may_remove_project(request.account, project):
        raise forbidden()
    if any(task.project is project for task in list(site.world.tasks.values())):
        raise ServerError("a project with tasks")
    with site.world.lock:
        del site.world.projects[project.id]
    return Answer(204, b"", None)


def _labels_of(holder: Project | Task) -> Iterable[tuple[Label, dict[str, Any]]]:
    key = "project_id" if isinstance(holder, Project) else "task_id"
    return [(label, {key: holder.id}) for label in holder.labels]


def _selected_labels(request: Request, site: Site) -> list[tuple[Label, dict[str, Any]]]:
    asked = [name for name in ("job_id", "task_id", "project_id") if request.query.get(name)]
    if len(asked) > 1:
        text = "job_id, task_id and project_id parameters cannot be used together"
        raise Refusal(400, [text])
    if not asked:
        return _visible_labels(request, site)
    number = int(request.query[asked[0]])
    if asked[0] == "project_id":
        return list(_labels_of(find_project(request, site, number)))
    if asked[0] == "task_id":
        task = find_task(request, site, number)
    else:
        task = find_job(request, site, number).task
    return list(_labels_of(task.project) if task.project else _labels_of(task))


def _visible_labels(request: Request, site: Site) -> list[tuple[Label, dict[str, Any]]]:
    user, labels = request.account, list[tuple[Label, dict[str, Any]]]()
    for task in list(site.world.tasks.values()):
        if is_listed(request, task.organization, own=is_task_staff(user, task)):
            labels.extend(_labels_of(task))
    for project in list(site.world.projects.values()):
        if is_listed(request, project.organization, own=is_project_staff(user, project)):
            labels.extend(_labels_of(project))
    return labels


def label_list(request: Request, site: Site) -> Answer:
    labels = _selected_labels(request, site)
    return listed(request, site, LABELS, labels, lambda pair: objects.label(*pair))
