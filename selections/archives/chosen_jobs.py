"""Reads the jobs that the frames of a selection were chosen from, as CVAT shows them now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden, CvatNotFound
from cvat.types import Job
from selections.models import Selection

# Of so few jobs of a task each is requested by its id, side by side. The list of all its jobs takes
# CVAT longer and needs the organization of the task, which is a request before it.
FEW_JOBS = 3
_SIDE_BY_SIDE = 4

JobIds = Mapping[int, Sequence[int]]  # of each task


def ids(selection: Selection) -> dict[int, list[int]]:
    """The ids of the jobs of each task that frames were chosen from."""
    by_task: dict[int, list[int]] = {}
    pairs = selection.frames.order_by("task_id", "job_id").values_list("task_id", "job_id")
    for task_id, job_id in pairs.distinct():
        by_task.setdefault(task_id, []).append(job_id)
    return by_task


def read(client: CvatClient, chosen: JobIds, *, few: int = FEW_JOBS) -> dict[int, Job]:
    """The jobs by id, without those that CVAT does not show. Of a task with more than `few` chosen
    jobs all are listed. Raises CvatError."""
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        shown = pool.map(lambda request: _shown(client, *request), _requests(chosen, few))
        return {job.id: job for jobs in shown for job in jobs}


def _requests(chosen: JobIds, few: int) -> Iterator[tuple[int, int | None]]:
    """(task id, job id); the job is None where all of the task are to be listed."""
    for task_id, job_ids in chosen.items():
        if len(job_ids) > few:
            yield task_id, None
        else:
            yield from ((task_id, job_id) for job_id in job_ids)


def _shown(client: CvatClient, task_id: int, job_id: int | None) -> list[Job]:
    if job_id is None:
        return client.jobs(task_id)
    try:
        job = client.job(job_id)
    except (CvatForbidden, CvatNotFound):
        return []
    return [job] if job.task_id == task_id else []
