"""Who may see and change what (cvat-api 9).

One object is judged by the organization it lies in, a list by the organization that the request
names: without one it shows what is one's own (`filter` in CVAT's *.rego). So a list may show what
its reader cannot open: somebody who does not belong to an organization has no rights on what lies
in it, whatever is assigned to him there (cvat-api 3.6).
"""

from __future__ import annotations

from standin.model import Job, Organization, Project, Task, User

_ALL_SEEING = ("owner", "maintainer")
_MAKING = (*_ALL_SEEING, "supervisor")


def _runs(user: User, organization: Organization | None) -> bool:
    return _is_user(user) and organization is not None and organization.role(user) in _ALL_SEEING


def _belongs(user: User, organization: Organization | None) -> bool:
    """Whether what lies in the organization can be the user's own; a personal space is None."""
    return organization is None or organization.role(user) is not None


def _may_make(user: User, organization: Organization | None) -> bool:
    """In the personal space everybody, in an organization all members but workers."""
    return _is_user(user) and (organization is None or organization.role(user) in _MAKING)


def _is_user(user: User) -> bool:
    """Not a mere worker of the whole server, whom CVAT lets make nothing (`utils.has_perm`)."""
    return user.is_admin or "user" in user.groups


def is_project_staff(user: User, project: Project | None) -> bool:
    return project is not None and user in (project.owner, project.assignee)


def is_task_staff(user: User, task: Task) -> bool:
    """Owner or assignee of the task or its project; not of a mere job."""
    return user in (task.owner, task.assignee) or is_project_staff(user, task.project)


def is_job_staff(user: User, job: Job) -> bool:
    return user is job.assignee or is_task_staff(user, job.task)


def may_see_project(user: User, project: Project) -> bool:
    if user.is_admin or _runs(user, project.organization):
        return True
    return is_project_staff(user, project) and _belongs(user, project.organization)


def may_see_task(user: User, task: Task) -> bool:
    if user.is_admin or _runs(user, task.organization):
        return True
    return is_task_staff(user, task) and _belongs(user, task.organization)


def may_see_job(user: User, job: Job) -> bool:
    if may_see_task(user, job.task):
        return True
    # A mere worker of the whole server needs no membership.
    is_inside = _belongs(user, job.task.organization) or not _is_user(user)
    return user is job.assignee and is_inside


def may_create_tasks(
    user: User, organization: Organization | None, project: Project | None
) -> bool:
    """In a project its staff, workers too, and those who run the organization."""
    if user.is_admin:
        return True
    if project is not None:
        return _is_user(user) and may_see_project(user, project)
    return _may_make(user, organization)


def may_remove_task(user: User, task: Task) -> bool:
    """Delete a task, or give it to somebody: all who may see it, but not its mere assignee."""
    if not may_see_task(user, task):
        return False
    is_owner = user is task.owner or is_project_staff(user, task.project)
    return user.is_admin or is_owner or _runs(user, task.organization)


def may_remove_project(user: User, project: Project) -> bool:
    """All who may see it, but not its mere assignee."""
    if not may_see_project(user, project):
        return False
    return user.is_admin or user is project.owner or _runs(user, project.organization)


def may_change_ground_truth(user: User, task: Task) -> bool:
    """Make and delete ground-truth jobs: all who may see the task, but not workers."""
    return user.is_admin or (may_see_task(user, task) and _may_make(user, task.organization))


def may_assign(asker: User, organization: Organization | None, assignee: User | None) -> bool:
    """In the personal space only oneself or nobody; an administrator, and anybody who may change
    the object in an organization, chooses whom he likes (cvat-api 9.5)."""
    return assignee in (None, asker) or asker.is_admin or organization is not None


def may_create_projects(user: User, organization: Organization | None) -> bool:
    return user.is_admin or _may_make(user, organization)


def may_list_within(user: User, asked_for: Organization | None) -> bool:
    """Whether lists that name the organization are open to the user at all."""
    return user.is_admin or _belongs(user, asked_for)


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
