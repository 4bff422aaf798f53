"""The names of tasks and files that a person sees in CVAT through the own connection, for a
selection whose names are hidden from that person, or that was copied from such a one.

CVAT is the judge of who may know a name: what it does not show has none. A frame without a name is
called by its number, as that of a video is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event

from django.contrib.auth.models import User

from cvat.exceptions import CvatForbidden, CvatNoData, CvatNotFound
from cvat.types import FrameCatalog
from selections.archives import frame_rows
from selections.archives.entries import ChosenFrames
from selections.archives.threads import ask, sleep
from selections.models import Selection
from selector.models import Connection

MOST_JOBS = 20  # of a task, which offer frames that it does not offer itself

# The catalogue of a task, or of one of its jobs; raises CvatError.
ReadCatalog = Callable[[int, int | None], FrameCatalog]


def lacks_names(selection: Selection) -> bool:
    """Whether names are hidden from who asked for the selection, or were when it was copied or
    combined."""
    return selection.lacks_names or bool(_mixed(selection))


def _mixed(selection: Selection) -> set[int]:
    """The tasks with a name, and with pictures without one: they came from two selections, of which
    one hides names."""
    named = [task.task_id for task in selection.tasks.all() if task.name and not task.video]
    nameless = selection.frames.filter(task_id__in=named, filename="").order_by()
    return set(nameless.values_list("task_id", flat=True).distinct())


def as_requested(
    selection: Selection, *, revision: int, user: User, connection: Connection, stop: Event
) -> Selection:
    """The selection at a revision, with the names that may be in what a worker makes of it for the
    user. Raises Stopped, CvatError."""
    requested = selection.at(revision)
    requested.names_hidden = selection.hides_names_from(user)
    if not lacks_names(requested):
        return requested
    with connection.client(patient=True, sleep=lambda seconds: sleep(seconds, stop)) as client:

        def read(task_id: int, job_id: int | None) -> FrameCatalog:
            return ask(client, lambda: client.frame_catalog(task_id, job_id), stop=stop)

        return with_own_names(requested, read)


def with_own_names(selection: Selection, read: ReadCatalog) -> Selection:
    """The selection with the names that `read` finds in CVAT, where it lacks them. What CVAT does
    not show stays without a name; other errors of `read` are raised."""
    named = selection.at(selection.revision)
    if not lacks_names(named):
        return named
    chosen = frame_rows.chosen(named)
    mixed = set() if named.names_hidden else _mixed(named)
    own_names: dict[int, dict[int, str]] = {}
    for task in named.tasks.all():
        is_named = bool(task.name) and not named.names_hidden
        if is_named and task.task_id not in mixed:
            continue
        if not is_named:
            task.name, task.video = "", task.without_names().video
        names = own_names.setdefault(task.task_id, {})
        for catalog in _catalogs(task.task_id, chosen.get(task.task_id, ChosenFrames()), read):
            if not is_named:
                task.name, task.video = catalog.task_name, catalog.video or task.video
            names |= {each.frame: each.filename for each in catalog.frames}
    named.own_names = own_names
    return named


def _catalogs(task_id: int, chosen: ChosenFrames, read: ReadCatalog) -> Iterator[FrameCatalog]:
    """The catalogues of the jobs whose frames the task does not offer, then that of the task: of
    two names of a frame, the last one counts."""
    of_task = _shown(task_id, None, read)
    offered = {each.frame for catalog in of_task for each in catalog.frames}
    jobs = {
        job_id
        for frame, job_id in zip(chosen.frames, chosen.jobs, strict=True)
        if frame not in offered
    }
    for job_id in sorted(jobs)[:MOST_JOBS]:
        yield from _shown(task_id, job_id, read)
    yield from of_task


def _shown(task_id: int, job_id: int | None, read: ReadCatalog) -> list[FrameCatalog]:
    try:
        return [read(task_id, job_id)]
    except (CvatForbidden, CvatNotFound, CvatNoData):
        return []
