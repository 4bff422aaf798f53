"""What a user looks for before choosing: tasks, and what a number or a link stands for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from selector.asking import asking
from selector.cvat.client import CvatClient
from selector.cvat.exceptions import CvatError, CvatForbidden, CvatNotFound
from selector.cvat.links import Target
from selector.cvat.types import Job, Page, Project, Task
from selector.exceptions import InvalidInput
from selector.models import Connection

MOST = 10  # projects above the tasks


@dataclass(frozen=True, slots=True)
class Source:
    """A task, or one of its jobs, that is there for this account. `name` is the task's, "" when
    the task itself is closed and only jobs of it are open."""

    task_id: int
    job_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What there is to choose from. `project` is the one asked for, None if it is closed and tasks
    of it are open; `projects` match the words; `jobs` are there when no task is."""

    tasks: Page[Task]
    project: Project | None = None
    projects: list[Project] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)


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


def look_through(
    *,
    connection: Connection,
    search: str = "",
    project_id: int | None = None,
    page: int = 1,
    page_size: int = 50,
) -> Listing:
    """What CVAT shows to this account. Raises CvatError."""
    with asking(connection) as client:
        if project_id is not None:
            return _of_project(client, project_id, search, page, page_size)
        tasks = client.tasks(search=search, page=page, page_size=page_size)
        return Listing(
            tasks,
            projects=client.projects(search=search, limit=MOST) if search and page == 1 else [],
            jobs=[] if tasks.count else list(client.my_jobs(search=search).results),
        )


def _of_project(
    client: CvatClient, project_id: int, search: str, page: int, page_size: int
) -> Listing:
    project: Project | None = None
    closed: CvatError | None = None
    try:
        project = client.project(project_id)
    except (CvatForbidden, CvatNotFound) as error:
        closed = error
    tasks = client.tasks(search=search, project_id=project_id, page=page, page_size=page_size)
    # A task's assignee may read the task and not its project.
    if closed and not tasks.count:
        raise closed
    return Listing(tasks, project)


def task_or_job(*, connection: Connection, number: int) -> Target:
    """What a mere number opens: the task if it or a job of it is open, else the job of that
    number; the task again if neither is. Raises CvatError."""
    with asking(connection) as client:
        if not _is_open(client, number):
            with suppress(CvatForbidden, CvatNotFound):
                return Target(task_id=client.job(number).task_id, job_id=number)
    return Target(task_id=number)


def _is_open(client: CvatClient, task_id: int) -> bool:
    try:
        client.task(task_id)
    except CvatNotFound:
        return False
    except CvatForbidden:
        return bool(client.jobs(task_id))
    return True


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
