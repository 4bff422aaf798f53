"""What each list can be filtered, searched and sorted by (cvat-api 4.9)."""

from __future__ import annotations

from typing import Any

from standin.lists import Listing
from standin.messages import Request
from standin.model import Comment, Issue, Job, Label, Organization, Project, Task
from standin.objects import task_status
from standin.rights import may_list


def _name(user: Any) -> str | None:
    return user.username if user else None


ORGANIZATIONS = Listing[Organization](
    fields={
        "id": lambda o: o.id,
        "slug": lambda o: o.slug,
        "name": lambda o: o.name,
        "owner": lambda o: _name(o.owner),
    },
    search=("name", "slug", "owner"),
    plain=("slug", "name", "owner"),
    is_of_members=False,
)
_STATUSES = ("annotation", "validation", "completed")
_DIMENSIONS = ("3d", "2d", "multiview")

PROJECTS = Listing[Project](
    fields={
        "id": lambda p: p.id,
        "name": lambda p: p.name,
        "owner": lambda p: _name(p.owner),
        "assignee": lambda p: _name(p.assignee),
        "status": lambda p: "annotation",
        "updated_date": lambda p: p.updated_date,
    },
    search=("name", "owner", "assignee", "status"),
    plain=("name", "owner", "assignee", "status"),
    choices={"status": _STATUSES},
)
TASKS = Listing[Task](
    fields={
        "id": lambda t: t.id,
        "project_id": lambda t: t.project.id if t.project else None,
        "project_name": lambda t: t.project.name if t.project else None,
        "name": lambda t: t.name,
        "owner": lambda t: _name(t.owner),
        "assignee": lambda t: _name(t.assignee),
        "status": task_status,
        "subset": lambda t: t.subset,
        "mode": lambda t: t.mode,
        "dimension": lambda t: t.dimension,
        "tracker_link": lambda t: t.bug_tracker,
        "validation_mode": lambda t: t.validation_mode,
        "updated_date": lambda t: t.updated_date,
    },
    search=(
        *("project_name", "name", "owner", "status", "assignee", "subset", "mode", "dimension"),
        *("tracker_link", "validation_mode"),
    ),
    plain=(
        *("project_id", "project_name", "name", "owner", "status", "assignee"),
        *("subset", "mode", "dimension", "tracker_link", "validation_mode"),
    ),
    choices={
        "status": _STATUSES,
        "dimension": _DIMENSIONS,
        "validation_mode": ("gt", "gt_pool"),
    },
)
JOBS = Listing[Job](
    fields={
        "id": lambda j: j.id,
        "task_id": lambda j: j.task.id,
        "task_name": lambda j: j.task.name,
        "project_id": lambda j: j.task.project.id if j.task.project else None,
        "project_name": lambda j: j.task.project.name if j.task.project else None,
        "assignee": lambda j: _name(j.assignee),
        "state": lambda j: j.state,
        "stage": lambda j: j.stage,
        "dimension": lambda j: j.task.dimension,
        "type": lambda j: j.type,
        "parent_job_id": lambda j: j.parent.id if j.parent else None,
        "updated_date": lambda j: j.updated_date,
    },
    search=("task_name", "project_name", "assignee", "state", "stage"),
    plain=(
        *("task_id", "task_name", "project_id", "project_name", "assignee", "state"),
        *("stage", "dimension", "type", "parent_job_id"),
    ),
    choices={
        "stage": ("annotation", "validation", "acceptance"),
        "state": ("new", "in progress", "completed", "rejected"),
        "dimension": _DIMENSIONS,
        "type": ("annotation", "ground_truth", "consensus_replica"),
    },
)
LABELS = Listing[tuple[Label, dict[str, Any]]](
    fields={
        "id": lambda pair: pair[0].id,
        "name": lambda pair: pair[0].name,
        "type": lambda pair: pair[0].type,
        "color": lambda pair: pair[0].color,
    },
    search=("name",),
    plain=("name", "type", "color"),
    default_sort="id",
)


ISSUES = Listing[Issue](
    fields={
        "id": lambda i: i.id,
        "job_id": lambda i: i.job.id,
        "task_id": lambda i: i.job.task.id,
        "frame_id": lambda i: i.frame,
        "owner": lambda i: _name(i.owner),
        "resolved": lambda i: i.resolved,
    },
    search=("owner",),
    plain=("job_id", "task_id", "frame_id", "owner"),
    numbers=("id", "job_id", "task_id", "frame_id"),
)
COMMENTS = Listing[Comment](
    fields={
        "id": lambda c: c.id,
        "issue_id": lambda c: c.issue.id,
        "job_id": lambda c: c.issue.job.id,
        "frame_id": lambda c: c.issue.frame,
        "owner": lambda c: _name(c.owner),
    },
    search=("owner",),
    plain=("issue_id", "job_id", "frame_id", "owner"),
    numbers=("id", "issue_id", "job_id", "frame_id"),
)


def is_listed(request: Request, organization: Organization | None, *, own: bool) -> bool:
    """Whether a list shows something of that organisation (cvat-api 3.1). `own`: the asker owns it
    or is assigned to it."""
    if request.personal and organization is not None:
        return False
    if request.organization not in (None, organization):
        return False
    return may_list(request.account, request.organization, own=own)
