"""The tasks of a scope, and their catalogues.

A project costs two lists, its tasks and its jobs, and then the frames of those tasks alone whose
jobs take part. The list of jobs is asked for again when a task of the project has changed; stage,
state and assignee of jobs, which do not change their task, may be a minute old (catalogs.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256

from django.conf import settings

from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden
from cvat.frames import frames_of_jobs
from cvat.types import FrameCatalog, Job, Project, ShownTask
from portal.exceptions import InvalidInput
from selector.cvat_requests import cached_answer, cvat_client, side_by_side
from selector.models import Connection
from selector.scope import Scope
from selector.services.catalogs import (
    JOBS_SECONDS,
    Shown,
    load_catalog,
    show_task,
    shown_catalog,
)
from selector.services.saved_searches import search_name, with_matching_tasks
from selector.services.scope_annotations import with_annotations

MOST_FRAMES = 1_000_000  # of all tasks together
FEWER = "Take fewer tasks, or jobs of one stage, state or assignee."


@dataclass(frozen=True, slots=True)
class SeveralTasks:
    """The tasks of a scope, by id. `project_name` is "" without a project, and for one that is
    closed to the connection and has tasks that are not. `search_name`: of its saved search."""

    scope: Scope
    tasks: list[NamedTask]
    project_name: str = ""
    search_name: str = ""

    @property
    def name(self) -> str:
        """Such as “Gates” (a project or a saved search), “Project 4” or “3 tasks”."""
        return self.project_name or self.search_name or self.scope.name.capitalize()

    @property
    def frames_count(self) -> int:
        return sum(task.size for task in self.tasks)


@dataclass(frozen=True, slots=True)
class NamedTask:
    """A task as a list names it. `name` is "" when only jobs of it are visible."""

    id: int
    name: str
    size: int  # frames, deleted ones and honeypot copies included

    @classmethod
    def of(cls, shown: ShownTask) -> NamedTask:
        name = shown.task.name if shown.task else ""
        return cls(shown.task_id, name, size_of(shown))


def list_several(*, connection: Connection, scope: Scope) -> SeveralTasks:
    """The tasks of a scope of several of which jobs take part; their frames are not read, and
    their jobs only where these matter. Raises InvalidInput, CvatError."""
    scope = with_matching_tasks(connection=connection, scope=scope)
    with cvat_client(connection) as client:
        project = _visible_project(client, scope)
        if scope.narrows_jobs or (scope.project_id is not None and project is None):
            shown = [each.task for each in _taking_part(connection, client, scope)]
            tasks = [NamedTask.of(each) for each in shown]
        elif project is not None:  # who may see a project may see all its tasks (cvat-api 9.4)
            listed = client.project_tasks(project.id)
            tasks = [
                NamedTask(each.id, each.name, each.size) for each in listed if each.is_choosable
            ]
            if not tasks:
                raise _no_pictures(project)
        else:
            tasks = side_by_side(
                connection, lambda task_id: _named(connection, client, task_id), scope.task_ids
            )
    _check_count(len(tasks))
    return SeveralTasks(
        scope,
        tasks,
        project_name=project.name if project else "",
        search_name=search_name(connection=connection, scope=scope),
    )


def _named(connection: Connection, client: CvatClient, task_id: int) -> NamedTask:
    with suppress(CvatForbidden):
        task = client.task(task_id)
        if task.is_choosable:
            return NamedTask(task.id, task.name, task.size)
    return NamedTask.of(show_task(connection, client, task_id).task)  # raises if it has no pictures


def _visible_project(client: CvatClient, scope: Scope) -> Project | None:
    if scope.project_id is not None:
        with suppress(CvatForbidden):
            return client.project(scope.project_id)
    return None


def _no_pictures(project: Project) -> InvalidInput:
    return InvalidInput(
        f"Project {project.id} ({project.name}) has no task with pictures that you may see."
    )


class OpenScope:
    """The tasks of a scope of several of which jobs take part, by id, as CVAT shows them now."""

    def __init__(self, connection: Connection, client: CvatClient, shown: list[Shown]) -> None:
        self.client = client
        self.tasks = [each.task for each in shown]
        self._connection = connection
        self._shown = shown

    def read(self, task_ids: Collection[int] | None = None) -> list[FrameCatalog]:
        """The catalogues of these tasks, or of all, by id. Raises InvalidInput, CvatError."""
        wanted = [each for each in self._shown if task_ids is None or each.task.task_id in task_ids]
        check_size([each.task for each in wanted])
        packed = side_by_side(
            self._connection,
            lambda shown: shown_catalog(self._connection, self.client, shown),
            wanted,
        )
        return [each.catalog() for each in packed]


def check_size(tasks: Iterable[ShownTask]) -> None:
    """Raises InvalidInput for more frames than may be looked through at once."""
    frames_count = sum(map(size_of, tasks))
    if frames_count > MOST_FRAMES:
        raise InvalidInput(
            f"{frames_count:,} frames are more than can be looked through at once "
            f"({MOST_FRAMES:,}). {FEWER}"
        )


def holders(shown: ShownTask) -> list[Job]:
    """The jobs that hold frames of their own: annotation jobs and the pool of a honeypot task."""
    pool = (job for job in shown.jobs if job.type == "ground_truth" and not job.recompresses)
    return [*(job for job in shown.jobs if job.is_annotation), *pool]


def size_of(shown: ShownTask) -> int:
    """Frames of the task, or of the jobs that are visible; deleted ones and copies included."""
    if shown.task is not None:
        return shown.task.size
    return sum(job.frame_count for job in shown.jobs if job.is_annotation)


@contextmanager
def open_scope(connection: Connection, scope: Scope) -> Iterator[OpenScope]:
    """Ask CVAT for the tasks of a scope of several; no frames are read. Raises InvalidInput, Busy,
    CvatError."""
    with cvat_client(connection) as client:
        yield OpenScope(connection, client, _taking_part(connection, client, scope))


def load_catalogs(*, connection: Connection, scope: Scope) -> list[FrameCatalog]:
    """The catalogues of the tasks of which jobs take part, by the id of the task; of one task or
    job its catalogue. All with all their frames. Raises InvalidInput, Busy, CvatError."""
    if not scope.has_several_tasks:
        return [load_catalog(connection=connection, task_id=scope.task_id, job_id=scope.job_id)]
    with open_scope(connection, scope) as opened:
        return opened.read()


def load_narrowed(*, connection: Connection, scope: Scope) -> list[FrameCatalog]:
    """The same catalogues with those jobs and frames alone that fulfil all filters. Raises also
    NotRead (annotations that a filter needs)."""
    scope = with_matching_tasks(connection=connection, scope=scope)
    catalogs = load_catalogs(connection=connection, scope=scope)
    if scope.narrows_jobs:
        check_jobs(scope, [job for catalog in catalogs for job in catalog.jobs])
    if scope.annotation_filter:
        catalogs = with_annotations(connection=connection, catalogs=catalogs, scope=scope)
    return [_narrowed(catalog, scope) for catalog in catalogs]


def check_jobs(scope: Scope, jobs: Sequence[Job], *, kind: str = "job") -> None:
    """Raises InvalidInput for a job that is not among `jobs`, and if none of them takes part.
    `kind` is what the message calls them."""
    unknown = sorted(set(scope.job_ids) - {job.id for job in jobs})
    if unknown:
        listed = ", ".join(map(str, unknown[:10])) + (" …" if len(unknown) > 10 else "")
        name = scope.name[0].upper() + scope.name[1:]
        raise InvalidInput(f"{name} has no {kind} {listed} to draw from.")
    if scope.narrows_jobs and not any(map(scope.takes_job, jobs)):
        asked = {"stage": scope.stage, "state": scope.state, "assignee": scope.assignee}
        named = ", ".join(f"{name} “{value}”" for name, value in asked.items() if value)
        raise InvalidInput(f"No {kind} there has {named}. Try other conditions, or fewer.")


def _narrowed(catalog: FrameCatalog, scope: Scope) -> FrameCatalog:
    frames = scope.narrow(catalog.frames) if scope.narrows_frames else catalog.frames
    if not scope.narrows_jobs:
        return replace(catalog, frames=frames)
    jobs = tuple(filter(scope.takes_job, catalog.jobs))
    return replace(catalog, jobs=jobs, frames=frames_of_jobs(frames, jobs))


def _taking_part(connection: Connection, client: CvatClient, scope: Scope) -> list[Shown]:
    """The tasks with a job that takes part, each with all its jobs."""
    if scope.project_id is not None:
        tasks = _of_project(connection, client, scope.project_id)
    else:
        _check_count(len(scope.task_ids))
        tasks = side_by_side(
            connection, lambda task_id: show_task(connection, client, task_id), scope.task_ids
        )
    taking_part = [each for each in tasks if any(map(scope.takes_job, holders(each.task)))]
    _check_count(len(taking_part))
    if not taking_part:
        check_jobs(scope, [job for each in tasks for job in each.task.jobs])
    return taking_part


def _of_project(connection: Connection, client: CvatClient, project_id: int) -> list[Shown]:
    """The tasks of a project that have pictures and that CVAT shows. A task that is closed to the
    connection is known by those of its jobs that are not (cvat-api 9.1)."""
    tasks = {task.id: task for task in client.project_tasks(project_id)}
    version = sha256(repr(tasks).encode()).hexdigest()
    jobs_of: dict[int, list[Job]] = {}
    for job in cached_answer(
        connection,
        ("jobs of project", project_id, version),
        JOBS_SECONDS,
        lambda client: client.project_jobs(project_id),
    ):
        jobs_of.setdefault(job.task_id, []).append(job)
    shown = [
        ShownTask(task_id, tasks.get(task_id), tuple(jobs))
        for task_id, jobs in sorted(jobs_of.items())
    ]
    pictures = [Shown(each) for each in shown if _has_pictures(each)]
    if not pictures:
        raise _no_pictures(client.project(project_id))  # or it is closed, or is not there
    return pictures


def _has_pictures(shown: ShownTask) -> bool:
    if shown.task is not None:
        return shown.task.is_choosable
    return shown.jobs[0].dimension == "2d"


def _check_count(count: int) -> None:
    if count > settings.MAX_SCOPE_TASKS:
        raise InvalidInput(
            f"{count:,} tasks are more than can be looked through at once "
            f"({settings.MAX_SCOPE_TASKS:,}). {FEWER}"
        )
