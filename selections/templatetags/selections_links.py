"""Links of selections and their frames, for templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cvat.links import frame_link, task_link
from selections.models import FrameMark, SelectedFrame, Selection
from selector.models import Connection
from selector.page_links import image_url, thumbnail_url, workspace_url

register = template.Library()


@register.simple_tag
def workspace_of(selection: Selection, connection: Connection, results: int | None = None) -> str:
    """The workspace with the selection opened: with the project or the tasks that it was drawn
    from, but with the tasks of its frames where it was chosen or adjusted by hand. `results`: the
    publication whose results its large view shows first."""
    draw = None if selection.adjusted_by_hand else selection.get_draw()
    opened: dict[str, Any] = {
        "selection": selection.pk,
        "results": results,
        "connection": connection.pk,
    }
    if draw is not None and draw.project_id is not None:
        return workspace_url(project=draw.project_id, all=1, **opened)
    tasks = (draw.task_ids if draw is not None else ()) or tuple(selection.tasks_by_id)
    if len(tasks) == 1:
        return workspace_url(task=tasks[0], **opened)
    return workspace_url(tasks=tasks, **opened)


@register.simple_tag
def thumbnail_of(connection: Connection, task_id: int, frame: int) -> str:
    """Through the viewer's own connection: CVAT judges who may see it."""
    return thumbnail_url(task_id, frame, connection.pk)


@register.simple_tag
def image_of(connection: Connection, frame: SelectedFrame) -> str:
    """Large, in a format that browsers show."""
    return image_url(frame.task_id, frame.frame, connection.pk)


@register.simple_tag
def data_of(frame: Any) -> SafeString:
    """The attributes of a frame, with its `mark` if the page shows marks, that the large view
    reads. Together: a page has 120 frames, and variables of a template take twice as long."""
    mark: FrameMark | None = getattr(frame, "mark", None)
    numbers = SafeString(  # nothing to escape
        f'data-frame="{frame.frame}" data-task="{frame.task_id}" data-job="{frame.job_id}" '
        f'data-width="{frame.width}" data-height="{frame.height}"'
    )
    return format_html(
        '{} data-name="{}" data-verdict="{}" data-tags="{}" data-comment="{}"',
        *(numbers, frame.filename),
        *((mark.verdict, ", ".join(mark.tags), mark.comment) if mark else ("", "", "")),
    )


@register.simple_tag
def in_cvat(selection: Selection, frame: SelectedFrame) -> str:
    """The address of a frame in CVAT's editor."""
    return frame_link(selection.url, frame.task_id, frame.job_id, frame.frame)


@register.simple_tag
def task_in_cvat(selection: Selection, task_id: int) -> str:
    return task_link(selection.url, task_id)
