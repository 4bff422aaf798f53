"""How selections and archives are put into words on the pages."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.defaultfilters import filesizeformat

from selections.models import Archive, SelectedFrame, Selection
from selector.cvat.links import frame_link, task_link

register = template.Library()

PARAMETERS = {
    "job_id": "Job",
    "frame_count": "Frames in all",
    "frames_per_job_count": "Frames per job",
    "frame_share": "Share of all frames",
    "frames_per_job_share": "Share of each job",
    "random_seed": "Seed",
}


@register.filter
def duration(seconds: float | None) -> str:
    """75 as “1 min 15 s”; nothing as “”."""
    if seconds is None:
        return ""
    whole = max(round(seconds), 0)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@register.filter
def rate(archive: Archive) -> str:
    """Such as “2.5 MB/s”; "" while it is not known."""
    if not archive.bytes_per_second:
        return ""
    return f"{filesizeformat(archive.bytes_per_second)}/s"


@register.filter
def took(archive: Archive) -> str:
    if not archive.started_at or not archive.finished_at:
        return ""
    return duration((archive.finished_at - archive.started_at).total_seconds())


@register.filter
def asked_for(selection: Selection) -> list[tuple[str, Any]]:
    """The parameters of the draw that made the selection, or that it was adjusted from."""
    given = selection.parameters.get("adjusted_from", selection.parameters)
    return [
        (label, f"{value * 100:g} %" if name.endswith("share") else value)
        for name, label in PARAMETERS.items()
        if (value := given.get(name)) is not None
    ]


@register.simple_tag
def in_cvat(selection: Selection, frame: SelectedFrame) -> str:
    """The address of a frame in CVAT's editor."""
    return frame_link(selection.url, frame.task_id, frame.job_id, frame.frame)


@register.simple_tag
def task_in_cvat(selection: Selection, task_id: int) -> str:
    return task_link(selection.url, task_id)
