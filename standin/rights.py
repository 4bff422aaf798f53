"""Who may see what (api-facts 9)."""

from __future__ import annotations

from standin.model import Job, Organization, Project, Task, User

_ALL_SEEING = ("owner", "maintainer")


def _runs(user: User, organization: Organization | None) -> bool:
    return organization is not None and organization.role(user) in _ALL_SEEING


def may_see_project(user: User, project: Project) -> bool:
    if user.is_admin or user in (project.owner, project.assignee):
        return True
    return _runs(user, project.organization)


def may_see_task(user: User, task: Task) -> bool:
    """Task staff: owner or assignee of the task or its project; not of a mere job."""
    if user.is_admin or user in (task.owner, task.assignee) or _runs(user, task.organization):
        return True
    return task.project is not None and user in (task.project.owner, task.project.assignee)


def may_see_job(user: User, job: Job) -> bool:
    return user is job.assignee or may_see_task(user, job.task)


def may_see_organization(user: User, organization: Organization) -> bool:
    return user.is_admin or organization.role(user) is not None


def may_see_user(asker: User, other: User, organization: Organization | None) -> bool:
    """In lists: oneself, or the fellow members of the organisation asked for."""
    if asker.is_admin or asker is other:
        return organization is None or organization.role(other) is not None
    if organization is None or organization.role(asker) is None:
        return False
    return organization.role(other) is not None
