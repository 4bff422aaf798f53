"""The frames of selections as CSV, a line at a time: 200,000 frames are no list in memory.

Two forms: for spreadsheets, with cells guarded against being run as formulas, and the exact one
for programs.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from selections import spreadsheets
from selections.models import FrameMark, SelectedFrame, SelectionQuerySet

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


def lines(selections: SelectionQuerySet, *, is_exact: bool = False) -> Iterator[str]:
    """The exact form has every name as CVAT has it, and no byte order mark. The other one begins
    with the mark, without which Excel reads names as Latin-1."""
    writer = csv.writer(_Echo())
    tasks = {each.pk: each.tasks_by_id for each in selections.prefetch_related("tasks")}
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
    yield ("" if is_exact else "\ufeff") + writer.writerow(COLUMNS)
    for row in rows.iterator(chunk_size=5000):
        task = tasks[row[0]].get(row[3])
        number = task.source_frame(row[5]) if task else None
        mark = marks.get((row[0], row[3], row[5]), NO_MARK)
        cells = (*row, "" if number is None else number, task.video if task else "", *mark)
        yield writer.writerow(cells if is_exact else [spreadsheets.safe(cell) for cell in cells])
