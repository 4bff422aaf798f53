"""Writing and deleting the frames of a selection in batches, each in its own transaction.

SQLite has one writer at a time: 200,000 frames in one transaction would keep everybody else
waiting for seconds, the heartbeats of running builds too. So frames are written and deleted some
thousands at a time, and the selection is hidden until the last batch is in (`is_complete`). A
change of its frames is hidden as long as the selection has the revision before.

PostgreSQL plans queries by statistics that it renews once a minute. Until then it expects no frames
of a new selection, and would compare two of 100,000 frames pair by pair. So they are renewed here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import groupby, islice
from operator import attrgetter, itemgetter
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, OuterRef, QuerySet, Value

from cvat.types import Place
from portal.exceptions import Conflict
from selections.models import FrameMark, FrameSet, SelectedFrame, Selection
from selections.models.frame_sets import between
from selections.models.selected import NEVER

# Frames in a transaction: a few hundredths of a second on SQLite.
BATCH = 2000
# Frames copied in a transaction: within the database, which takes about as long.
COPY_BATCH = 10_000
# Seconds between two transactions on SQLite, whose waiting writers look for the lock now and then.
PAUSE = 0.01

FIELDS = ("task_id", "job_id", "frame", "filename", "width", "height")
MARK_FIELDS = ("task_id", "frame", "verdict", "tags", "comment", "marked_by_id", "marked_at")


def save_frames(selection: Selection, frames: Iterable[Any]) -> None:
    """Write frames (anything with FIELDS) and then make the selection visible."""
    _complete(selection, _write(selection, frames, since=selection.revision))


def _nobody_else() -> None:
    """In place of `hold`, where nobody else writes the same rows."""


def add_frames(
    selection: Selection,
    frames: Iterable[Any],
    *,
    since: int,
    hold: Callable[[], None] = _nobody_else,
) -> None:
    """Write frames that the selection has from a later revision on. `hold` is called in the
    transaction of each batch, and raises what ends the writing."""
    if _write(selection, frames, since=since, hold=hold) > BATCH:
        _renew_statistics()


def remove_frames(
    selection: Selection,
    places: Collection[Place],
    *,
    until: int,
    hold: Callable[[], None] = _nobody_else,
) -> None:
    """Let frames of the selection end before a later revision. `hold` as in add_frames()."""
    in_order = iter(sorted(places))
    while batch := list(islice(in_order, BATCH)):
        with transaction.atomic():
            hold()
            for task_id, of_task in groupby(batch, key=itemgetter(0)):
                numbers = [frame for _, frame in of_task]
                rows = selection.frames.filter(task_id=task_id, frame__in=numbers)
                rows.update(until=until)
        _let_others_write()


def take_back(selection: Selection, revision: int) -> None:
    """Undo what add_frames() and remove_frames() wrote for a revision that did not come about."""
    rows = SelectedFrame.history.filter(selection=selection)
    delete_rows(rows.filter(since=revision))
    update_rows(rows.filter(until=revision), until=NEVER)


def _write(
    selection: Selection,
    frames: Iterable[Any],
    *,
    since: int,
    hold: Callable[[], None] = _nobody_else,
) -> int:
    """Write frames in batches; how many they are."""
    values_of = attrgetter(*FIELDS)
    rows = ((selection.pk, *values_of(frame), since) for frame in frames)
    count = 0
    while batch := list(islice(rows, BATCH)):
        if count:  # not after the last one: nobody waits for long behind a single transaction
            _let_others_write()
        with transaction.atomic(), connection.cursor() as cursor:
            hold()
            _insert(cursor, batch)
        count += len(batch)
    return count


def _insert(cursor: CursorWrapper, rows: list[tuple[Any, ...]]) -> None:
    """Not bulk_create(), which builds its statements while it holds the lock of SQLite: ten times
    as long."""
    table = connection.ops.quote_name(SelectedFrame._meta.db_table)
    columns = ", ".join(("selection_id", *FIELDS, "since"))
    if connection.vendor == "postgresql":  # a tenth of the time of INSERT
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        places = ", ".join(["%s"] * (2 + len(FIELDS)))
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)  # noqa: S608


def copy_frames(target: Selection, sets: Iterable[FrameSet]) -> None:
    """Write the frames of disjoint sets as those of `target` and then make it visible. File names
    that are hidden from who asked for a selection are left empty.

    Raises Conflict if these are not as many as its tasks say, and deletes it: a selection that the
    frames come from was purged meanwhile.
    """
    table = connection.ops.quote_name(SelectedFrame._meta.db_table)
    columns = ", ".join(FIELDS)
    count = 0
    for frame_set in sets:
        fields = [
            "no_name" if name == "filename" and frame_set.of.names_hidden else name
            for name in FIELDS
        ]
        frames = frame_set.frames().annotate(target=Value(target.pk), no_name=Value(""))
        frames = frames.values_list(*fields, "target")
        count += _copy(
            frames, among=frame_set.of.frames.all(), into=f"{table} ({columns}, selection_id)"
        )
    if count != sum(target.tasks.values_list("frames_count", flat=True)):
        delete_frames(target)
        target.delete()
        raise Conflict(
            "A selection that the frames come from was changed or deleted meanwhile, so nothing is "
            "saved. Try again, or choose others."
        )
    _complete(target, count)


def copy_marks(origin: Selection, target: Selection) -> None:
    """Copy the marks on frames that both selections have."""
    same_frame = target.frames.filter(task_id=OuterRef("task_id"), frame=OuterRef("frame"))
    marks = origin.marks.filter(Exists(same_frame)).order_by().annotate(target=Value(target.pk))
    table = connection.ops.quote_name(FrameMark._meta.db_table)
    columns = ", ".join((*MARK_FIELDS, "selection_id"))
    _copy(
        marks.values_list(*MARK_FIELDS, "target"),
        among=origin.marks.all(),
        into=f"{table} ({columns})",
    )


def _copy(rows: QuerySet[Any, Any], *, among: QuerySet[Any], into: str) -> int:
    """Insert `rows` into a table, within the database; returns how many they are. Each
    transaction inserts those between two frames of `among`, COPY_BATCH of which lie between them;
    `among` has the frames of all `rows`, and perhaps others."""
    count = 0
    for after, last in _stretches(among):
        sql, values = between(rows, after, last).query.sql_with_params()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {into} {sql}", values)
            count += cursor.rowcount
        _let_others_write()
    return count


def _stretches(rows: QuerySet[Any]) -> Iterator[tuple[Place, Place | None]]:
    """The places of frames that divide the rows into stretches of COPY_BATCH: each stretch goes
    from after the first place up to the second; None: to the end."""
    after: Place = (-1, -1)
    while True:
        places = between(rows.order_by("task_id", "frame"), after, None)
        last = places.values_list("task_id", "frame")[COPY_BATCH - 1 : COPY_BATCH].first()
        yield after, last
        if last is None:
            return
        after = last


def delete_frames(selection: Selection) -> None:
    """Delete the frames of all revisions, and what people said about them."""
    delete_rows(FrameMark.objects.filter(selection=selection).order_by())
    delete_rows(SelectedFrame.history.filter(selection=selection).order_by("task_id", "frame"))


def delete_rows(rows: QuerySet[Any]) -> None:
    """Delete any number of rows, in batches."""
    batch = rows.values("pk")[:BATCH]
    while rows.model._base_manager.filter(pk__in=batch).delete()[0]:
        _let_others_write()


def update_rows(rows: QuerySet[Any], **values: Any) -> None:
    """Change any number of rows, in batches, until `rows` is empty: the new values must take a row
    out of `rows`."""
    batch = rows.values("pk")[:BATCH]
    count = 1
    while count:
        with transaction.atomic():
            count = rows.model._base_manager.filter(pk__in=batch).update(**values)
        _let_others_write()


def _complete(selection: Selection, frames_count: int) -> None:
    if frames_count > BATCH:
        _renew_statistics()
    Selection.objects.filter(pk=selection.pk).update(is_complete=True)
    selection.is_complete = True


def _renew_statistics() -> None:
    if connection.vendor == "postgresql":
        table = connection.ops.quote_name(SelectedFrame._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {table} (selection_id, task_id, frame, since, until)")


def _let_others_write() -> None:
    if connection.vendor == "sqlite":
        time.sleep(PAUSE)
