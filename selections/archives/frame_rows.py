"""The frames of a selection, read from the database a slice at a time: a build that lasts hours
must not hold a cursor, and with it a transaction, open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from selections.archives.entries import ChosenFrames, WantedFrame
from selections.models import Selection

ROWS_AT_ONCE = 5000


def wanted(selection: Selection) -> Iterator[WantedFrame]:
    """All frames, by task and frame number."""
    for row in _rows(selection, *WantedFrame._fields):
        yield WantedFrame(*row)


def first_wanted(selection: Selection, count: int) -> list[WantedFrame]:
    rows = selection.frames.values_list(*WantedFrame._fields)
    return [WantedFrame(*row) for row in rows[:count]]


def sized(selection: Selection) -> Iterator[tuple[WantedFrame, int, int]]:
    """All frames, with width and height as CVAT said when they were selected; 0: unknown."""
    for *row, width, height in _rows(selection, *WantedFrame._fields, "width", "height"):
        yield WantedFrame(*row), width, height


def chosen(selection: Selection) -> dict[int, ChosenFrames]:
    """The frames of each task."""
    by_task: dict[int, ChosenFrames] = {}
    for task_id, frame, job_id in _rows(selection, "task_id", "frame", "job_id"):
        by_task.setdefault(task_id, ChosenFrames()).add(frame, job_id)
    return by_task


def _rows(selection: Selection, *names: str) -> Iterator[tuple[Any, ...]]:
    rows = selection.frames.values_list(*names)
    start = 0
    while batch := rows[start : start + ROWS_AT_ONCE]:
        yield from batch
        start += ROWS_AT_ONCE
