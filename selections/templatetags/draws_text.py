"""How the draw of a selection or recipe is put into words on the pages."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from selections.draws import Draw
from selections.known_names import MATCHES, KnownNames
from selections.models import Selection
from selector.annotation_index.filter import AnnotationFilter
from selector.annotation_index.words import filter_text
from selector.scope import NO_ASSIGNEE

register = template.Library()

MOST_NAMED = 20  # jobs

LIMITS = {
    "project_id": "Project",
    "saved_search": "Saved search",
    "task_ids": "Drawn from tasks",
    "job_id": "Job",
    "job_ids": "Jobs",
    "stage": "Stage of the jobs",
    "state": "State of the jobs",
    "assignee": "Assignee of the jobs",
    "filename_contains": "File name contains",
    "filename_pattern": "File name like",
    "first_frame": "First frame",
    "last_frame": "Last frame",
    "exclude_selections": "Left out: selections",
    "exclude_filenames": "Left out: file names of",
    "annotation_filter": "Annotations",
    "labels": "Labels",
}


@register.filter
def asked_for(selection: Selection) -> list[tuple[str, Any]]:
    """The draw that made the selection, or that it was adjusted from: labels and values."""
    draw = selection.get_draw()
    if draw is None or selection.draw_is_hidden:
        return []
    rows = draw_facts(draw)
    return [*rows, ("Seed", draw.seed)] if draw.by.is_random else rows


@register.filter
def draw_facts(draw: Draw) -> list[tuple[str, Any]]:
    """The parameters of a draw but its seed: labels and values."""
    given = draw.parameters
    labels = LIMITS | {each.name: each.label for each in draw.by.parameters}
    return [
        (label, value_in_words(value))
        for name, label in labels.items()
        if (value := given.get(name)) is not None
    ]


def value_in_words(value: Any) -> Any:
    """A parameter of a draw, or an option of an archive, as a page shows it; what needs no words is
    returned as it is."""
    if isinstance(value, dict) and "tasks" in value:
        return _known_names(KnownNames.from_json(value))
    if isinstance(value, dict):
        return filter_text(AnnotationFilter.from_json(value))
    if isinstance(value, float):
        return f"{value * 100:g} %"
    if isinstance(value, list):
        return ", ".join(map(str, value[:MOST_NAMED])) + (" …" if len(value) > MOST_NAMED else "")
    return value


def _known_names(names: KnownNames) -> str:
    """Such as “task 9, task 3 on https://cvat.example.com (names compared as they are)”."""
    tasks = [f"task {task_id}{f' on {url}' if url else ''}" for url, task_id in names.tasks]
    return f"{value_in_words(tasks)} (names compared {dict(MATCHES)[names.match]})"


@register.filter
def draw_in_words(draw: Draw) -> str:
    """Such as “random per job with seed 7”."""
    return draw.by.label + _with_seed(draw)


@register.filter
def recipe_in_words(draw: Draw) -> str:
    """Such as “random per job, from project 4”."""
    return f"{draw.by.label}, from {draw.name}"


@register.filter
def in_words(selection: Selection) -> str:
    """Such as “10 frames from each job of task 1, drawn at random with seed 7. Saved by …”. A copy
    was drawn by somebody else: so nobody is said to have drawn it."""
    when = date_format(timezone.localtime(selection.created_at), "DATETIME_FORMAT")
    saved = f"Saved by {selection.owner_name} on {when}."
    draw = selection.get_draw()
    if selection.operation:
        many = selection.sources.count()
        return f"Combined: {selection.get_operation_display()} {many} selections. {saved}"
    if draw is None:
        return f"Every frame was chosen by hand. {saved}"
    if selection.draw_is_hidden:
        return f"Drawn by file names, which the owner hides. {saved}"
    adjusted = ", then adjusted by hand" if selection.adjusted_by_hand else ""
    limits = _with_names(draw) + _in_range(draw) + _with_annotations(draw) + _without(draw)
    what = _amount(draw, selection) + limits
    manner = draw.by.manner.format_map(draw.settings)
    return f"{what}, {manner}{_with_seed(draw)}{adjusted}. {saved}"


def _with_seed(draw: Draw) -> str:
    """Such as “ with seed 7”; "" where the seed plays no part."""
    return f" with seed {draw.seed}" if draw.by.is_random else ""


def _with_names(draw: Draw) -> str:
    parts = {"contain": draw.filename_contains, "are like": draw.filename_pattern}
    given = " and ".join(f"{verb} “{text}”" for verb, text in parts.items() if text)
    return f" whose file names {given}" if given else ""


def _in_range(draw: Draw) -> str:
    first, last = draw.first_frame, draw.last_frame
    if first is not None and last is not None:
        return f" with numbers {first:,} to {last:,}"
    if first is not None:
        return f" with numbers from {first:,} on"
    return "" if last is None else f" with numbers up to {last:,}"


def _with_annotations(draw: Draw) -> str:
    if not draw.annotation_filter:
        return ""
    return f" with such annotations: {filter_text(draw.annotation_filter)}"


def _without(draw: Draw) -> str:
    others = []
    names = ""
    if many := len(draw.exclude_filenames.tasks):
        other = "another task" if many == 1 else f"{many} other tasks"
        names = f", without those whose file name is in {other}"
    if many := len(draw.exclude_selections):
        others.append(f"{many} other selection{'s' if many != 1 else ''}")
    if (draw.round_number or 0) > 1:
        others.append("the earlier rounds")
    return (f", without those of {' and of '.join(others)}" if others else "") + names


def _amount(draw: Draw, selection: Selection) -> str:
    share = draw.share is not None
    if share:
        many = f"{(draw.share or 0) * 100:g} % of the frames"
    elif draw.count is None:
        many = "Frames" if selection.adjusted_by_hand else _frames(selection.frames.count())
    elif (
        selection.adjusted_by_hand
        or draw.by.is_per_label
        or draw.by.is_per_assignee
        or draw.by.is_per_task
        or (draw.by.is_per_job and not draw.job_id)
    ):
        many = _frames(draw.count or 0)
    else:  # of all frames together, so it is known how many were drawn
        many = _drawn(draw.count or 0, selection.frames.count())
    if draw.by.is_per_label:
        each = f"each of {len(draw.labels):,} labels" if draw.labels else "each label"
        many += f" with {each}"
    if draw.job_id is not None:
        return f"{many} of job {draw.job_id}"
    jobs = len(draw.job_ids)
    if draw.by.is_per_job:
        each = f"each of {jobs:,} jobs" if jobs else "each job"
        return f"{many} {'of' if share else 'from'} {each}{_of_such_jobs(draw)} of {draw.name}"
    if draw.by.is_per_task or draw.by.is_per_assignee:
        many += f" {'of' if share else 'from'} each {'task' if draw.by.is_per_task else 'assignee'}"
    among = f"{jobs:,} job{'s' if jobs != 1 else ''}" if jobs else ""
    if such := _of_such_jobs(draw):
        among = f"{among or 'the jobs'}{such}"
    return f"{many} of {among}{' of ' if among else ''}{draw.name}"


def _of_such_jobs(draw: Draw) -> str:
    """Such as “ in stage validation and state completed, assigned to anna”."""
    given = [
        f"{word} {value}" for word, value in (("stage", draw.stage), ("state", draw.state)) if value
    ]
    where = f" in {' and '.join(given)}" if given else ""
    who = f" assigned to {draw.assignee}" if draw.assignee else ""
    if draw.assignee == NO_ASSIGNEE:
        who = " assigned to nobody"
    return where + ("," if where and who else "") + who


def _drawn(asked: int, drawn: int) -> str:
    return _frames(drawn) if drawn == asked else f"{_frames(drawn)} ({asked:,} were asked for)"


def _frames(count: int) -> str:
    return f"{count:,} frame{'s' if count != 1 else ''}"
