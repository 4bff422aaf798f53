"""Lists of the projects, tasks and jobs that CVAT shows to a connection."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from cvat.client import CvatClient
from cvat.exceptions import CvatError, CvatForbidden, CvatNotFound
from cvat.types import Job, Page, Project, Task
from selector.cvat_requests import cvat_client
from selector.models import Connection
from selector.task_search import TaskSearch

MAX_ABOVE_TASKS = 10  # projects, and jobs, listed above the tasks
MAX_PROJECTS = 1000


@dataclass(frozen=True, slots=True)
class Overview:
    """What there is to choose from. `project` is the one asked for, None if it is closed and tasks
    of it are visible; `projects` match the words; `jobs` are assigned to this account or, when it
    sees no task, all that it sees. Of both the newest, with `count` of all."""

    tasks: Page[Task]
    project: Project | None = None
    projects: Page[Project] = field(default_factory=lambda: Page(0, ()))
    jobs: Page[Job] = field(default_factory=lambda: Page(0, ()))


def list_projects(*, connection: Connection, search: str = "") -> Page[Project]:
    """The newest 1000 projects that match. Raises CvatError."""
    with cvat_client(connection) as client:
        return client.projects(search=search, limit=MAX_PROJECTS)


def list_tasks(
    *,
    connection: Connection,
    search: TaskSearch,
    page: int = 1,
    page_size: int = 50,
) -> Page[Task]:
    """The newest first. Raises CvatError."""
    with cvat_client(connection) as client:
        return client.tasks(**search.criteria, page=page, page_size=page_size)


def read_task(*, connection: Connection, task_id: int) -> Task:
    """Raises CvatError."""
    with cvat_client(connection) as client:
        return client.task(task_id)


def list_jobs(*, connection: Connection, task_id: int) -> list[Job]:
    """The jobs of a task, of every type. Raises CvatError."""
    with cvat_client(connection) as client:
        jobs = client.jobs(task_id)
        if not jobs:
            client.task(task_id)  # CVAT lists nothing for a task that does not exist or is closed
    return jobs


def overview(
    *,
    connection: Connection,
    search: TaskSearch,
    page: int = 1,
    page_size: int = 50,
) -> Overview:
    """What CVAT shows to this account. Raises CvatError."""
    with cvat_client(connection) as client:
        if search.project_id is not None:
            return _of_project(client, search.project_id, search, page, page_size)
        if page > 1 or search.has_more_than_words:
            return Overview(client.tasks(**search.criteria, page=page, page_size=page_size))
        return _first_page(client, connection.username, search.search, page_size)


def _first_page(client: CvatClient, username: str, search: str, page_size: int) -> Overview:
    """The lists are asked for side by side, the one of tasks by the calling thread."""
    with ThreadPoolExecutor(2) as pool:
        jobs = pool.submit(
            client.assigned_jobs, username=username, search=search, page_size=MAX_ABOVE_TASKS
        )
        projects = search and pool.submit(client.projects, search=search, limit=MAX_ABOVE_TASKS)
        first_page = Overview(
            client.tasks(search=search, page_size=page_size),
            projects=projects.result() if projects else Page(0, ()),
            jobs=jobs.result(),
        )
    if first_page.tasks.count:
        return first_page
    seen = client.my_jobs(search=search)
    # Jobs assigned in another organization are not among those.
    return replace(first_page, jobs=seen) if seen.count >= first_page.jobs.count else first_page


def _of_project(
    client: CvatClient, project_id: int, search: TaskSearch, page: int, page_size: int
) -> Overview:
    project: Project | None = None
    refusal: CvatError | None = None
    try:
        project = client.project(project_id)
    except (CvatForbidden, CvatNotFound) as error:
        refusal = error
    tasks = client.tasks(**search.criteria, page=page, page_size=page_size)
    # A task's assignee may read the task and not its project.
    if refusal and not tasks.count:
        raise refusal
    return Overview(tasks, project)
