"""Who may see what (cvat-api 9).

One object is judged by the organization it lies in, a list by the organization that the request
names: without one it shows what is one's own (`filter` in CVAT's *.rego).
"""

from __future__ import annotations

from standin.model import Job, Organization, Project, Task, User

_ALL_SEEING = ("owner", "maintainer")


def _runs(user: User, organization: Organization | None) -> bool:
    return organization is not None and organization.role(user) in _ALL_SEEING


def is_project_staff(user: User, project: Project | None) -> bool:
    return project is not None and user in (project.owner, project.assignee)


def is_task_staff(user: User, task: Task) -> bool:
    """Owner or assignee of the task or its project; not of a mere job."""
    return user in (task.owner, task.assignee) or is_project_staff(user, task.project)


def is_job_staff(user: User, job: Job) -> bool:
    return user is job.assignee or is_task_staff(user, job.task)


def may_see_project(user: User, project: Project) -> bool:
    if user.is_admin or is_project_staff(user, project):
        return True
    return _runs(user, project.organization)


def may_see_task(user: User, task: Task) -> bool:
    return user.is_admin or is_task_staff(user, task) or _runs(user, task.organization)


def may_see_job(user: User, job: Job) -> bool:
    return is_job_staff(user, job) or may_see_task(user, job.task)


def may_create_tasks(
    user: User, organization: Organization | None, project: Project | None
) -> bool:
    """In the personal space everybody; in an organization all members but workers. In a project
    its staff, and those who run the organization."""
    if user.is_admin:
        return True
    if project is not None and not (is_project_staff(user, project) or _runs(user, organization)):
        return False
    return organization is None or organization.role(user) in (*_ALL_SEEING, "supervisor")


def may_assign(asker: User, organization: Organization | None, assignee: User | None) -> bool:
    """In the personal space only oneself or nobody; an administrator, and anybody who may change
    the object in an organization, chooses whom he likes (cvat-api 9.5)."""
    return assignee in (None, asker) or asker.is_admin or organization is not None


def may_list(user: User, asked_for: Organization | None, *, own: bool) -> bool:
    """Whether a list shows what is one's own or not, `asked_for` being the organization that the
    request names. What lies in another one is sorted out elsewhere."""
    if user.is_admin or _runs(user, asked_for):
        return True
    return own and (asked_for is None or asked_for.role(user) is not None)


def may_see_organization(user: User, organization: Organization) -> bool:
    return user.is_admin or organization.role(user) is not None


def may_see_user(asker: User, other: User, organization: Organization | None) -> bool:
    """In lists: oneself, or the fellow members of the organisation asked for."""
    if asker.is_admin or asker is other:
        return organization is None or organization.role(other) is not None
    if organization is None or organization.role(asker) is None:
        return False
    return organization.role(other) is not None
