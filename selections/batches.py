"""Writing and deleting the frames of a selection in batches, each in its own transaction.

SQLite has one writer at a time: 200,000 frames in one transaction would keep everybody else
waiting for seconds, the heartbeats of running builds too. So frames are written and deleted some
thousands at a time, and the selection is hidden until the last batch is in (`is_complete`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from operator import attrgetter
from typing import Any

from django.db import connection, transaction

from selections.models import SelectedFrame, Selection

# Frames in a transaction: a few hundredths of a second on SQLite.
BATCH = 2000
# Seconds between two transactions on SQLite, whose waiting writers look for the lock now and then.
PAUSE = 0.01

FIELDS = ("task_id", "job_id", "frame", "filename", "width", "height")


def save_frames(selection: Selection, frames: Iterable[Any]) -> None:
    """Write frames (anything with FIELDS) and then make the selection visible."""
    table = connection.ops.quote_name(SelectedFrame._meta.db_table)
    columns, places = ", ".join(FIELDS), ", ".join(["%s"] * len(FIELDS))
    statement = f"INSERT INTO {table} (selection_id, {columns}) VALUES (%s, {places})"  # noqa: S608
    values_of = attrgetter(*FIELDS)
    rows = ((selection.pk, *values_of(frame)) for frame in frames)
    while batch := list(islice(rows, BATCH)):
        # Not bulk_create(), which builds its statements while it holds the lock: ten times as long.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(statement, batch)
        _let_others_write()
    _complete(selection)


def copy_frames(source: Selection, target: Selection) -> None:
    """Write the frames of `source` as those of `target` and then make `target` visible."""
    table = connection.ops.quote_name(SelectedFrame._meta.db_table)
    columns = ", ".join(FIELDS)
    statement = (
        f"INSERT INTO {table} (selection_id, {columns}) SELECT %s, {columns} FROM {table} "  # noqa: S608
        "WHERE selection_id = %s AND (task_id, frame) > (%s, %s) ORDER BY task_id, frame LIMIT %s"
    )
    last: tuple[int, int] | None = (-1, -1)
    while last is not None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [target.pk, source.pk, *last, BATCH])
            copied = cursor.rowcount
        ordered = target.frames.order_by("-task_id", "-frame").values_list("task_id", "frame")
        last = ordered.first() if copied == BATCH else None
        _let_others_write()
    _complete(target)


def delete_frames(selection: Selection) -> None:
    batch = selection.frames.order_by("task_id", "frame").values("pk")[:BATCH]
    while SelectedFrame.objects.filter(pk__in=batch).delete()[0]:
        _let_others_write()


def _complete(selection: Selection) -> None:
    Selection.objects.filter(pk=selection.pk).update(is_complete=True)
    selection.is_complete = True


def _let_others_write() -> None:
    if connection.vendor == "sqlite":
        time.sleep(PAUSE)
