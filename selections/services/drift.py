"""How the frames of a selection differ from what CVAT has now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import User
from django.utils.dateparse import parse_datetime

from cvat.exceptions import CvatForbidden, CvatNoData, CvatNotFound
from cvat.types import Frame, FrameCatalog
from portal.exceptions import InvalidInput
from selections.models import SelectedFrame, SelectedTask, Selection
from selections.services.connections import required_connection
from selector.cvat_requests import waiting_place
from selector.models import Connection
from selector.services.catalogs import load_catalog

MOST_TASKS = 20  # each is a few requests to CVAT that a person waits for
MOST_JOBS = 20  # of a task
FRAMES_LISTED = 100  # of each kind


class Change(StrEnum):
    DELETED = "deleted"  # in CVAT
    MISSING = "missing"  # CVAT no longer offers it, or no longer to this person
    RENAMED = "renamed"  # another file name stands at its number
    RESIZED = "resized"  # the same name, but another width or height


@dataclass(frozen=True, slots=True)
class ChangedFrame:
    """`filename` is the one saved, `detail` what CVAT has now, if that is known."""

    task_id: int
    frame: int
    filename: str
    detail: str = ""


@dataclass(slots=True)
class Drift:
    """`counts` and the first `frames` of each kind of change; `new_pictures` are tasks of which
    CVAT serves other pictures since the selection was saved."""

    total: int
    counts: dict[Change, int] = field(default_factory=lambda: dict.fromkeys(Change, 0))
    frames: dict[Change, list[ChangedFrame]] = field(
        default_factory=lambda: {change: [] for change in Change}
    )
    new_pictures: list[SelectedTask] = field(default_factory=list)

    @property
    def is_none(self) -> bool:
        return not any(self.counts.values()) and not self.new_pictures

    def add(self, change: Change, frame: ChangedFrame) -> None:
        self.counts[change] += 1
        if len(self.frames[change]) < FRAMES_LISTED:
            self.frames[change].append(frame)


def find_drift(*, user: User, selection: Selection) -> Drift:
    """Compare the saved frames with what CVAT has now, asked through the user's own connection.

    Raises NotConnected, InvalidInput for a selection of very many tasks, CvatError.
    """
    connection = required_connection(user, selection)
    tasks = selection.shown_tasks
    if len(tasks) > MOST_TASKS:
        raise InvalidInput(
            f"What changed in CVAT can be told for at most {MOST_TASKS} tasks; this selection has "
            f"{len(tasks)}."
        )
    drift = Drift(total=selection.frames.count())
    with waiting_place(connection):
        for task in tasks:
            _compare(connection, selection, task, drift)
    return drift


def _compare(
    connection: Connection, selection: Selection, task: SelectedTask, drift: Drift
) -> None:
    saved = list(selection.frames.filter(task_id=task.task_id).order_by("frame"))
    catalogs = _catalogs(connection, task.task_id, saved)
    offered = {each.frame: each for catalog in reversed(catalogs) for each in catalog.frames}
    deleted = {number for catalog in catalogs for number in catalog.deleted_frames}
    for frame in saved:
        for change, detail in _changes(frame, offered.get(frame.frame), deleted):
            filename = "" if selection.names_hidden else frame.filename
            changed = ChangedFrame(frame.task_id, frame.frame, filename, detail)
            drift.add(change, changed)
    read_at = task.read_at or selection.created_at
    if any(_has_new_pictures(catalog, read_at) for catalog in catalogs):
        drift.new_pictures.append(task)


def _catalogs(
    connection: Connection, task_id: int, saved: list[SelectedFrame]
) -> list[FrameCatalog]:
    """That of the task, and those of the jobs of frames that it does not offer: some people may see
    no more of a task than a ground-truth job. Empty for a task that is not shown any more."""
    catalogs = _shown(connection, task_id)
    known = {each.frame for catalog in catalogs for each in catalog.frames}
    known |= {number for catalog in catalogs for number in catalog.deleted_frames}
    jobs = sorted({frame.job_id for frame in saved if frame.frame not in known})
    for job_id in jobs[:MOST_JOBS]:
        catalogs += _shown(connection, task_id, job_id)
    return catalogs


def _shown(connection: Connection, task_id: int, job_id: int | None = None) -> list[FrameCatalog]:
    try:
        return [load_catalog(connection=connection, task_id=task_id, job_id=job_id)]
    except (CvatForbidden, CvatNotFound, CvatNoData):
        return []


def _changes(
    saved: SelectedFrame, now: Frame | None, deleted: set[int]
) -> Iterator[tuple[Change, str]]:
    if now is None:
        yield (Change.DELETED if saved.frame in deleted else Change.MISSING), ""
    elif saved.filename and now.filename != saved.filename:  # copies may have no names
        yield Change.RENAMED, now.filename
    elif saved.width and now.width and (now.width, now.height) != (saved.width, saved.height):
        yield Change.RESIZED, f"{now.width}×{now.height}"


def _has_new_pictures(catalog: FrameCatalog, read_at: datetime) -> bool:
    """Whether the served pictures changed after the frames were read: other files are behind the
    task, or honeypots were drawn again (cvat-api 6.6)."""
    date = parse_datetime(catalog.chunks_updated_date) if catalog.chunks_updated_date else None
    return date is not None and date > read_at
