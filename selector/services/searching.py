"""What a typed number, a pasted address of CVAT, words, or a link of the portal stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden, CvatNotFound
from cvat.links import InvalidAddress, Target, parse
from cvat.types import Job, Page, Project, Task
from portal.exceptions import InvalidInput
from selector.cvat_requests import cvat_client
from selector.models import Connection

MAX_HITS = 20
MAX_PROJECTS = 5

Hit = Task | Job | Project
Question = Callable[[], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best hits first; `count` is how many match, of which the first are in `hits`; `frame` is
    that of a pasted address, `hint` says why an address cannot be followed."""

    hits: list[Hit] = field(default_factory=list)
    count: int = 0
    frame: int | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A task, or one of its jobs, that the connection may see. `name` is the task's, "" when the
    task itself is closed and only jobs of it are visible; `is_all` when the job is the only visible
    one."""

    task_id: int
    job_id: int | None
    name: str
    is_all: bool = False


def search(*, connection: Connection, text: str) -> SearchResult:
    """At most 20 tasks, jobs and projects for a number, a pasted address or words, with at most
    four requests to CVAT, side by side. Raises CvatError."""
    text = " ".join(text.split())
    try:
        target = parse(text, connection.url)
    except InvalidAddress as error:
        return SearchResult(hint=str(error))
    if not text:
        return SearchResult()
    with cvat_client(connection) as client:
        if target is None:
            return _by_words(client, text, None)
        if target.number is not None:
            return _by_words(client, str(target.number), target.number)
        hits = _of_target(client, target)
        return SearchResult(hits, len(hits), target.frame)


def resolve_number(*, connection: Connection, target: Target) -> Target:
    """A bare number as that of the task if it or a job of it is visible, else of the job of that
    number; of the task again if neither is. Raises CvatError."""
    number = target.number
    if number is None:
        return target
    with cvat_client(connection) as client:
        if not _is_visible(client, number):
            with suppress(CvatForbidden, CvatNotFound):
                return Target(task_id=client.job(number).task_id, job_id=number)
    return Target(task_id=number)


def find_source(
    *, connection: Connection, task_id: int | None = None, job_id: int | None = None
) -> Source:
    """The task or the job; its frames are not read. Raises InvalidInput, CvatError."""
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


def _is_visible(client: CvatClient, task_id: int) -> bool:
    try:
        client.task(task_id)
    except CvatNotFound:
        return False
    except CvatForbidden:
        return bool(client.jobs(task_id))
    return True


def _of_target(client: CvatClient, target: Target) -> list[Hit]:
    """The job before its task; without what is closed or does not exist."""
    questions: list[Question] = []
    if target.job_id is not None:
        questions.append(_one(client.job, target.job_id))
    if target.task_id is not None:
        questions.append(_one(client.task, target.task_id))
    if target.project_id is not None:
        questions.append(_one(client.project, target.project_id))
    return _answers(questions)


def _by_words(client: CvatClient, text: str, number: int | None) -> SearchResult:
    """Tasks and projects by name; the task and the job with the bare number come first."""
    counts: list[int] = []

    def counted(page: Page[Task] | Page[Project]) -> Iterable[Hit]:
        counts.append(page.count - len(page.results))
        return page.results

    questions: list[Question] = [
        lambda: counted(client.tasks(search=text, page_size=MAX_HITS)),
        lambda: counted(client.projects(search=text, limit=MAX_PROJECTS)),
    ]
    if number is not None:
        questions = [_one(client.task, number), _one(client.job, number), *questions]
    hits = _answers(questions)
    count = len(hits) + sum(counts)
    # CVAT finds owners, states and subsets too (cvat-api 4.5): those after the names.
    words = text.lower().split()
    hits.sort(key=lambda hit: not _is_named(hit, words, number))
    # Projects are few and would be crowded out: tasks make room for them.
    surplus = [hit for hit in hits if isinstance(hit, Task)][MAX_HITS - len(hits) :]
    if len(hits) > MAX_HITS:
        hits = [hit for hit in hits if hit not in surplus]
    return SearchResult(hits, count)


def _one(read: Callable[[int], Hit], number: int) -> Question:
    return lambda: [read(number)]


def _answers(questions: Sequence[Question]) -> list[Hit]:
    """All hits in the order of the questions, each once; asked side by side."""
    with ThreadPoolExecutor(len(questions)) as pool:
        answers = list(pool.map(_visible, questions))
    unique = {(type(hit), hit.id): hit for hits in answers for hit in hits}
    return list(unique.values())


def _visible(question: Question) -> Iterable[Hit]:
    try:
        return question()
    except (CvatForbidden, CvatNotFound):
        return []


def _is_named(hit: Hit, words: Sequence[str], number: int | None) -> bool:
    if isinstance(hit, Job) or (number is not None and hit.id == number):
        return True
    return all(word in hit.name.lower() for word in words)
