"""The frames of a selection, read from the database a slice at a time: a build that lasts hours
must not hold a cursor, and with it a transaction, open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    shown = _shown(selection, WantedFrame._fields)
    return [WantedFrame(*shown(row)) for row in rows[:count]]


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
    """Each slice begins behind the last frame of the one before: an OFFSET would make the database
    count all frames before it."""
    tasks = selection.frames.order_by("task_id").values_list("task_id", flat=True).distinct()
    position = names.index("frame")
    shown = _shown(selection, names)
    for task_id in tasks:
        rows = selection.frames.filter(task_id=task_id).order_by("frame").values_list(*names)
        last, is_end = -1, False
        while not is_end:
            batch = list(rows.filter(frame__gt=last)[:ROWS_AT_ONCE])
            yield from (shown(row) for row in batch)
            is_end = len(batch) < ROWS_AT_ONCE
            last = batch[-1][position] if batch else last


def _shown(selection: Selection, names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Puts the file name that the requester sees in CVAT into a row where that of the selection is
    hidden or not known; see own_names."""
    if "filename" not in names or not (selection.names_hidden or selection.own_names):
        return tuple
    at, task_at, frame_at = (names.index(name) for name in ("filename", "task_id", "frame"))

    def shown(row: Any) -> tuple[Any, ...]:
        if row[at] and not selection.names_hidden:
            return tuple(row)
        of_task = selection.own_names.get(row[task_at], {})
        return (*row[:at], of_task.get(row[frame_at], ""), *row[at + 1 :])

    return shown
