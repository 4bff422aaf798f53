"""The frames of selections as CSV, JSON and plain names, a line at a time: 200,000 frames are no
list in memory.

CSV has two forms: for spreadsheets, with cells guarded against being run as formulas, and the exact
one for programs.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import prefetch_related_objects

from selections import spreadsheets
from selections.listed_frames import BYTE_ORDER_MARK, FORMAT, name_line
from selections.models import FrameMark, SelectedFrame, Selection, SelectionQuerySet

COLUMNS = [
    "selection_id",
    "selection",
    "owner",
    "task_id",
    "job_id",
    "frame",
    "filename",
    "width",
    "height",
    "source_frame",
    "video",
    "verdict",
    "tags",
    "comment",
]

NO_MARK = ("", "", "")


class _Echo:
    """A file for the csv module that hands every line back."""

    def write(self, line: str) -> str:
        return line


def lines(
    selections: SelectionQuerySet | Sequence[Selection], *, is_exact: bool = False
) -> Iterator[str]:
    """The exact form has every name as CVAT has it, and no byte order mark. The other one begins
    with the mark, without which Excel reads names as Latin-1. Names that are hidden are empty."""
    writer = csv.writer(_Echo())
    described = list(selections)
    prefetch_related_objects(described, "tasks")
    tasks = {each.pk: each.shown_tasks_by_id for each in described}
    nameless = {each.pk for each in described if each.names_hidden}
    rows = (
        SelectedFrame.objects.filter(selection__in=selections)
        .order_by("selection_id", "task_id", "frame")
        .values_list(
            "selection_id",
            "selection__name",
            "selection__owner__username",
            "task_id",
            "job_id",
            "frame",
            "filename",
            "width",
            "height",
        )
    )
    # Made by hand, so few, however many frames there are.
    marks = {
        (mark.selection_id, mark.task_id, mark.frame): (
            mark.verdict,
            ", ".join(mark.tags),
            mark.comment,
        )
        for mark in FrameMark.objects.filter(selection__in=selections)
    }
    yield ("" if is_exact else BYTE_ORDER_MARK) + writer.writerow(COLUMNS)
    for values in rows.iterator(chunk_size=5000):
        row = (*values[:6], "", *values[7:]) if values[0] in nameless else values
        task = tasks[row[0]].get(row[3])
        number = task.source_frame(row[5]) if task else None
        mark = marks.get((row[0], row[3], row[5]), NO_MARK)
        cells = (*row, "" if number is None else number, task.video if task else "", *mark)
        yield writer.writerow(cells if is_exact else [spreadsheets.safe(cell) for cell in cells])


def document(selection: Selection) -> Iterator[str]:
    """The selection as JSON, from which listed_frames.read_list() makes it again, also in another
    portal: a frame on each line."""
    head = {
        "format": FORMAT,
        "name": selection.name,
        "note": selection.note,
        "url": selection.url,
        "organization": selection.organization,
        "frame_selection_method": selection.frame_selection_method,
        "draw": selection.shown_draw,
        "tasks": [task.to_json() for task in selection.shown_tasks],
    }
    yield json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}") + ',\n "frames": ['
    before = "\n  "
    for row in _rows(selection, "task_id", "job_id", "frame", "filename", "width", "height"):
        yield before + json.dumps(row, ensure_ascii=False)
        before = ",\n  "
    yield "\n ]\n}\n"


def names(selection: Selection) -> Iterator[str]:
    """A file name on each line; frames of a video as they are named in a ZIP."""
    for row in _rows(selection, "frame", "filename"):
        yield name_line(row["filename"] or f"frame_{row['frame']:06d}.png") + "\n"


def _rows(selection: Selection, *fields: str) -> Iterator[dict[str, Any]]:
    frames = selection.frames.order_by("task_id", "frame").values(*fields)
    hidden = {"filename": ""} if selection.names_hidden else {}
    for row in frames.iterator(chunk_size=5000):
        yield row | hidden
