"""The one field of the workspace: a number, an address, words; and what was open lately."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.utils import timezone

from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden, CvatNotFound
from cvat.links import InvalidAddress, Target, parse
from cvat.types import Job, Page, Project, Task
from selector.cvat_requests import cvat_client
from selector.models import Connection, RecentTask

MOST = 20
MOST_PROJECTS = 5
_NAMED = re.compile(r"(?i)(task|job|project)?\s*#?\s*([0-9]{1,10})")

_ADDRESS = re.compile(r"://|/(?:tasks|jobs|projects)/|^(?:tasks|jobs|projects)/")

Hit = Task | Job | Project
Ask = Callable[[], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, the best first; `count` is how many match, of which the first are in `hits`;
    `frame` is that of a pasted address, `hint` says why nothing was found."""

    hits: list[Hit] = field(default_factory=list)
    count: int = 0
    frame: int | None = None
    hint: str = ""


def search(*, connection: Connection, text: str) -> Found:
    """At most 20 tasks, jobs and projects for a number, a pasted address or words, with at most
    four requests to CVAT, side by side. Raises CvatError."""
    text = " ".join(text.split())
    try:
        target = _target(text, connection.url)
    except InvalidAddress as error:
        return Found(hint=str(error))
    if not text:
        return Found()
    with cvat_client(connection) as client:
        if target is not None and not text.isdecimal():
            hits = _of_target(client, target)
            return Found(hits, len(hits), target.frame)
        return _of_words(client, text, target)


def recent(*, connection: Connection) -> list[RecentTask]:
    """The tasks opened last through this connection, the latest first."""
    return list(RecentTask.objects.filter(connection=connection)[:MOST])


def note_opened(connection: Connection, task_id: int, name: str) -> None:
    """Keeps the 20 latest of each connection."""
    RecentTask.objects.update_or_create(
        connection=connection,
        task_id=task_id,
        defaults={"name": name[:500], "opened_at": timezone.now()},
    )
    mine = RecentTask.objects.filter(connection=connection)
    mine.filter(pk__in=[row.pk for row in mine.only("pk")[MOST:]]).delete()


def _target(text: str, base_url: str) -> Target | None:
    """What "12", "#12", "job 34" or an address means; None for words.

    Raises InvalidAddress.
    """
    named = _NAMED.fullmatch(text)
    if named is None:
        return parse(text, base_url) if _ADDRESS.search(text) else None
    target = parse(named[2], base_url)
    kind = (named[1] or "task").lower()
    return target if kind == "task" else Target(**{f"{kind}_id": target.task_id})


def _of_target(client: CvatClient, target: Target) -> list[Hit]:
    """What is named, the job before its task: nothing, if it is closed or not there."""
    asked: list[Ask] = []
    if target.job_id is not None:
        asked.append(_one(client.job, target.job_id))
    if target.task_id is not None:
        asked.append(_one(client.task, target.task_id))
    if target.project_id is not None:
        asked.append(_one(client.project, target.project_id))
    return _gathered(asked)


def _of_words(client: CvatClient, text: str, target: Target | None) -> Found:
    """Tasks and projects by name; a bare number is that of a task and of a job as well, which
    come first."""
    counts: list[int] = []

    def counted(page: Page[Task] | Page[Project]) -> Iterable[Hit]:
        counts.append(page.count - len(page.results))
        return page.results

    asked: list[Ask] = [
        lambda: counted(client.tasks(search=text, page_size=MOST)),
        lambda: counted(client.projects(search=text, limit=MOST_PROJECTS)),
    ]
    exact: list[Ask] = []
    if target is not None and target.task_id is not None:
        exact = [_one(client.task, target.task_id), _one(client.job, target.task_id)]
    hits = _gathered([*exact, *asked])
    count = len(hits) + sum(counts)
    # CVAT finds owners, states and subsets too (cvat-api 4.5): those after the names.
    words = text.lower().split()
    hits.sort(key=lambda hit: not _is_named(hit, words, target))
    # Projects are few and would be crowded out: tasks make room for them.
    surplus = [hit for hit in hits if isinstance(hit, Task)][MOST - len(hits) :]
    if len(hits) > MOST:
        hits = [hit for hit in hits if hit not in surplus]
    return Found(hits, count)


def _one(ask: Callable[[int], Hit], number: int) -> Ask:
    return lambda: [ask(number)]


def _gathered(asked: Sequence[Ask]) -> list[Hit]:
    """All answers in the order of the questions, each thing once."""
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(_open, asked))
    once = {(type(hit), hit.id): hit for hits in answers for hit in hits}
    return list(once.values())


def _open(ask: Ask) -> Iterable[Hit]:
    try:
        return ask()
    except (CvatForbidden, CvatNotFound):
        return []


def _is_named(hit: Hit, words: Sequence[str], target: Target | None) -> bool:
    if isinstance(hit, Job) or (target is not None and hit.id == target.task_id):
        return True
    return all(word in hit.name.lower() for word in words)
