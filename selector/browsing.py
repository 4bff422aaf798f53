"""What a user looks for before choosing: tasks, and what a number or a link stands for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace

from cvat.client import CvatClient
from cvat.exceptions import CvatError, CvatForbidden, CvatNotFound
from cvat.links import Target
from cvat.types import Job, Page, Project, Task
from portal.exceptions import InvalidInput
from selector.cvat_requests import cvat_client
from selector.models import Connection

MOST = 10  # projects, and jobs, above the tasks


@dataclass(frozen=True, slots=True)
class Source:
    """A task, or one of its jobs, that is there for this account. `name` is the task's, "" when
    the task itself is closed and only jobs of it are open; `is_all` when the job is the only one
    that is open."""

    task_id: int
    job_id: int | None
    name: str
    is_all: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What there is to choose from. `project` is the one asked for, None if it is closed and tasks
    of it are open; `projects` match the words; `jobs` are assigned to this account or, when it sees
    no task, all that it sees. Of both the newest, with `count` of all."""

    tasks: Page[Task]
    project: Project | None = None
    projects: Page[Project] = field(default_factory=lambda: Page(0, ()))
    jobs: Page[Job] = field(default_factory=lambda: Page(0, ()))


def list_tasks(
    *,
    connection: Connection,
    search: str = "",
    project_id: int | None = None,
    page: int = 1,
    page_size: int = 50,
) -> Page[Task]:
    """The tasks CVAT shows to this account, newest first. Raises CvatError."""
    with cvat_client(connection) as client:
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
    with cvat_client(connection) as client:
        if project_id is not None:
            return _of_project(client, project_id, search, page, page_size)
        if page > 1:
            return Listing(client.tasks(search=search, page=page, page_size=page_size))
        return _first_page(client, connection.username, search, page_size)


def _first_page(client: CvatClient, username: str, search: str, page_size: int) -> Listing:
    """The lists are asked for side by side."""
    with ThreadPoolExecutor(3) as pool:
        tasks = pool.submit(client.tasks, search=search, page_size=page_size)
        jobs = pool.submit(client.my_jobs, search=search, assignee=username, page_size=MOST)
        projects = pool.submit(client.projects, search=search, limit=MOST) if search else None
        listing = Listing(
            tasks.result(),
            projects=projects.result() if projects else Page(0, ()),
            jobs=jobs.result(),
        )
    if listing.tasks.count:
        return listing
    return replace(listing, jobs=client.my_jobs(search=search))


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
    with cvat_client(connection) as client:
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
    with cvat_client(connection) as client:
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
            jobs = client.jobs(task_id)
            if job_id is None and not jobs:
                raise
            return Source(task_id, job_id, "", is_all=job_id is not None and len(jobs) < 2)
    return Source(task_id, job_id, name)
