"""Finds tasks whose pictures changed in CVAT after an earlier try has fetched them."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Min
from django.utils.dateparse import parse_datetime

from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden, CvatNotFound
from cvat.types import Meta
from selections.models import Selection

RESOLUTION = 0.001  # seconds, of the times of files


def changed_tasks(
    client: CvatClient, tasks: list[tuple[int, int]], oldest: Mapping[int, float]
) -> list[int]:
    """The tasks (with a job each, see tasks_of) of which CVAT serves other pictures now than the
    spool holds: honeypots were drawn again, or files behind the task were changed
    (cvat-api 6.6). `oldest` has the stamps of the spool, see Spool.stamp. Raises CvatError."""
    changed = []
    for task_id, job_id in tasks:
        if task_id not in oldest:
            continue
        date = parse_datetime(_meta(client, task_id, job_id).chunks_updated_date)
        if date is not None and date.timestamp() > oldest[task_id] + RESOLUTION:
            changed.append(task_id)
    return changed


def tasks_of(selection: Selection) -> list[tuple[int, int]]:
    """Each task, with one of its jobs that frames were chosen from: (task_id, job_id)."""
    rows = selection.frames.order_by().values("task_id").annotate(job_id=Min("job_id"))
    return [(row["task_id"], row["job_id"]) for row in rows]


def _meta(client: CvatClient, task_id: int, job_id: int) -> Meta:
    try:
        return client.task_meta(task_id)
    except (CvatForbidden, CvatNotFound):
        return client.job_meta(job_id)
