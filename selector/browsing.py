"""What a user looks for before choosing: tasks, and what a number or a link stands for."""

from __future__ import annotations

from dataclasses import dataclass

from selector.asking import asking
from selector.cvat.exceptions import CvatForbidden
from selector.cvat.types import Page, Task
from selector.exceptions import InvalidInput
from selector.models import Connection


@dataclass(frozen=True, slots=True)
class Source:
    """A task, or one of its jobs, that is there for this account. `name` is the task's, "" when
    the task itself is closed and only jobs of it are open."""

    task_id: int
    job_id: int | None
    name: str


def list_tasks(
    *,
    connection: Connection,
    search: str = "",
    project_id: int | None = None,
    page: int = 1,
    page_size: int = 50,
) -> Page[Task]:
    """The tasks CVAT shows to this account, newest first. Raises CvatError."""
    with asking(connection) as client:
        return client.tasks(search=search, project_id=project_id, page=page, page_size=page_size)


def find_source(
    *, connection: Connection, task_id: int | None = None, job_id: int | None = None
) -> Source:
    """What is named, looked up and not yet read. Raises InvalidInput, CvatError."""
    with asking(connection) as client:
        if job_id is not None:
            job = client.job(job_id)
            if task_id not in (None, job.task_id):
                raise InvalidInput(
                    f"Job {job_id} belongs to task {job.task_id}, not to task {task_id}."
                )
            task_id = job.task_id
        if task_id is None:
            raise InvalidInput("Name a task or a job.")
        try:
            name = client.task(task_id).name
        except CvatForbidden:
            # A job's assignee may read the job and not its task.
            if job_id is None and not client.jobs(task_id):
                raise
            name = ""
    return Source(task_id, job_id, name)
