"""How many frames of a selection CVAT shows to a connection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from cvat.exceptions import CvatForbidden, CvatNoData, CvatNotFound
from cvat.types import Job
from selections.models import Selection
from selector.job_access import job_access, task_jobs
from selector.models import Connection

MOST_TASKS = 20  # each is a request to CVAT that a person waits for


@dataclass(frozen=True, slots=True)
class VisibleFrames:
    total: int
    visible: int

    @property
    def hidden(self) -> int:
        return self.total - self.visible


def count_visible(*, selection: Selection, connection: Connection) -> VisibleFrames | None:
    """How many of the frames lie in jobs that CVAT shows to the connection; None for a selection
    of too many tasks to ask. Raises CvatError when CVAT does not answer."""
    tasks = selection.task_list
    if len(tasks) > MOST_TASKS:
        return None
    visible = 0
    for task in tasks:
        wanted = _frames_in(_jobs(connection, task.task_id), connection)
        if wanted:
            visible += selection.frames.filter(wanted, task_id=task.task_id).count()
    return VisibleFrames(total=selection.frames.count(), visible=visible)


def _jobs(connection: Connection, task_id: int) -> tuple[Job, ...]:
    try:
        return task_jobs(connection, task_id)
    except (CvatForbidden, CvatNotFound, CvatNoData):
        return ()


def _frames_in(jobs: Iterable[Job], connection: Connection) -> Q:
    """The frames that the jobs hold: ranges, those that touch as one; lists for ground-truth jobs
    over chosen frames."""
    wanted = Q()
    ranges: list[tuple[int, int]] = []
    for job in sorted(jobs, key=lambda job: job.start_frame):
        if job.recompresses:
            wanted |= Q(frame__in=job_access(connection, job.id).numbers)
        elif ranges and job.start_frame <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], job.stop_frame))
        else:
            ranges.append((job.start_frame, job.stop_frame))
    for start, stop in ranges:
        wanted |= Q(frame__range=(start, stop))
    return wanted
