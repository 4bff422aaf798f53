"""Whether what an earlier try has fetched is still what CVAT serves."""

from __future__ import annotations

from django.db.models import Min
from django.utils.dateparse import parse_datetime

from selections.models import Selection
from selector.cvat.client import CvatClient
from selector.cvat.exceptions import CvatForbidden, CvatNotFound
from selector.cvat.types import Meta

CLOCKS_APART = 300  # seconds that the clocks of CVAT and of the portal may differ


def is_stale(client: CvatClient, tasks: list[tuple[int, int]], fetched: float) -> bool:
    """Whether the pictures of any of the tasks (with a job each, see tasks_of) were changed after
    `fetched` (seconds since 1970): honeypots drawn again, other files behind the task
    (api-facts 6). Raises CvatError."""
    for task_id, job_id in tasks:
        date = parse_datetime(_meta(client, task_id, job_id).chunks_updated_date)
        if date is not None and date.timestamp() > fetched - CLOCKS_APART:
            return True
    return False


def tasks_of(selection: Selection) -> list[tuple[int, int]]:
    """Each task, with one of its jobs that frames were chosen from: (task_id, job_id)."""
    rows = selection.frames.order_by().values("task_id").annotate(job_id=Min("job_id"))
    return [(row["task_id"], row["job_id"]) for row in rows]


def _meta(client: CvatClient, task_id: int, job_id: int) -> Meta:
    try:
        return client.task_meta(task_id)
    except (CvatForbidden, CvatNotFound):
        return client.job_meta(job_id)
