"""Links to the portal's own pages and images of what CVAT holds."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from django.urls import reverse

from selector.task_search import TaskSearch


def workspace_url(*, tasks: Iterable[int] = (), **named: int | None) -> str:
    """The workspace at what is named: `tasks`, or `task`, `job`, `project`, `frame`, `selection`,
    through a `connection`. None is left out."""
    several = {"tasks": ",".join(map(str, tasks))}
    given = {name: number for name, number in (several | named).items() if number not in (None, "")}
    return f"{reverse('selector:choose')}?{urlencode(given, safe=',')}"


def tasks_url(criteria: TaskSearch, connection_id: int) -> str:
    """The list of the tasks that match."""
    given = {
        "connection": connection_id,
        "find": criteria.search,
        "project": criteria.project_id,
        "status": criteria.status,
        "assignee": criteria.assignee,
        "subset": criteria.subset,
    }
    named = {name: value for name, value in given.items() if value}
    return f"{reverse('selector:choose')}?{urlencode(named)}"


def preview_url(kind: str, number: int, connection_id: int) -> str:
    """The preview of a "task" or a "project"."""
    return f"{reverse(f'api-{kind}-preview', args=[number])}?connection={connection_id}"
