"""The frames of selections as CSV, a line at a time: 200,000 frames are no list in memory."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from selections.models import SelectedFrame, SelectionQuerySet

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
]


class _Echo:
    """A file for the csv module that hands every line back."""

    def write(self, line: str) -> str:
        return line


def lines(selections: SelectionQuerySet) -> Iterator[str]:
    """With a byte order mark, without which Excel reads names as Latin-1."""
    writer = csv.writer(_Echo())
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
    yield "\ufeff" + writer.writerow(COLUMNS)
    for row in rows.iterator(chunk_size=5000):
        yield writer.writerow([safe(cell) for cell in row])


def safe(cell: str | int) -> str | int:
    """A spreadsheet runs what begins with = + - @ as a formula, also after a tab or a line end:
    an apostrophe in front makes it text again."""
    if isinstance(cell, str) and cell.lstrip(" \t\r\n")[:1] in tuple("=+-@"):
        return f"'{cell}"
    return cell
