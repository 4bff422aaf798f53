"""Links to the portal's own pages and images of what CVAT holds."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from urllib.parse import urlencode

from django.urls import get_script_prefix, reverse

from selector.task_search import TaskSearch


def workspace_url(*, tasks: Iterable[int] = (), **named: int | None) -> str:
    """The workspace at what is named: `tasks`, or `task`, `job`, `project`, `frame`, `selection`,
    `results` (of a publication), through a `connection`. None is left out."""
    given = [f"{name}={number}" for name, number in named.items() if number or number == 0]
    if several := ",".join(map(str, tasks)):
        given.insert(0, f"tasks={several}")
    return f"{_choose_path(get_script_prefix())}?{'&'.join(given)}"  # numbers need no quoting


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
    return f"{_choose_path(get_script_prefix())}?{urlencode(named)}"


def preview_url(kind: str, number: int, connection_id: int) -> str:
    """The preview of a "task" or a "project"."""
    return f"{reverse(f'api-{kind}-preview', args=[number])}?connection={connection_id}"


def thumbnail_url(task_id: int, frame: int, connection_id: int) -> str:
    """The thumbnail of a frame."""
    return f"{_frame_path('api-frame-thumbnail', task_id, frame)}?connection={connection_id}"


def image_url(task_id: int, frame: int, connection_id: int) -> str:
    """A frame, large, in a format that browsers show."""
    path = _frame_path("api-frame-image", task_id, frame)
    return f"{path}?connection={connection_id}&quality=compressed"


def _frame_path(view: str, task_id: int, frame: int) -> str:
    return _frame_pattern(view, get_script_prefix()).format(task_id, frame)


@cache
def _choose_path(script_prefix: str) -> str:
    """The path of the workspace: the list of tasks has an address in it for each of them."""
    return reverse("selector:choose")


@cache
def _frame_pattern(view: str, script_prefix: str) -> str:
    """The path of a view of single frames, with {} for task and frame: pages have hundreds of such
    paths, and reverse() takes 25 µs for each. `script_prefix` is what reverse() begins it with."""
    # Numbers that no other part of the path has.
    task_id, frame = 1234567890123, 3210987654321
    path = reverse(view, args=[task_id, frame])
    return path.replace(str(task_id), "{}").replace(str(frame), "{}")
