"""Catalogues of tasks and jobs, cached; and the tasks opened last.

CVAT needs ten seconds for the meta of 100,000 frames, and 30 ms to show the task itself
(cvat-api 6.8). So a catalogue is used again only after CVAT has shown the task to the same
connection anew. The `updated_date` of a task moves when frames are deleted or restored and when
honeypots are drawn again (cvat-api 4.6), so draws and saves see a deletion, a revoked token or a
lost right at once. Stage, state and assignee of jobs, which do not move that date, may be a minute
old: then CVAT lists the jobs anew.

The catalogue of a whole task is shared by all who are shown the same: its key holds the server, the
whole answer about the task, and the jobs that CVAT listed for the connection. Whoever may read a
task may read its meta and validation layout (cvat-api 9.3), and these are the same for everybody.
So nothing in it can be out of date, and it is cached for longer than the list of jobs. Nothing is
shared of what was read through jobs, or by somebody who is shown only some of the jobs. The
catalogue of a job is cached for one connection; what was read without the task is not cached.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from hashlib import sha256

from django.utils import timezone

from cvat.client import CvatClient
from cvat.exceptions import CvatError, CvatForbidden, CvatNoData, CvatNotFound
from cvat.types import FrameCatalog, ShownTask
from portal.caching import cache_get, cache_set, lock, raise_shared_error, share_errors
from portal.exceptions import InvalidInput
from selector import catalog_document
from selector.cvat_requests import (
    ANSWER_SECONDS,
    OF_ONE_CONNECTION,
    answer_key,
    cvat_client,
    side_by_side,
    waiting_place,
)
from selector.job_access import cache_shown_jobs
from selector.models import Connection, RecentTask

JOBS_SECONDS = 60  # how old stage, state and assignee of jobs may be
CATALOG_SECONDS = 900  # 2 bytes of Redis for each frame
GZIP_LEVEL = 5  # a higher one gains 2 % for twice the time
MAX_RECENT = 20  # tasks of one connection


@dataclass(frozen=True, slots=True)
class PackedCatalog:
    """`body` is the document of catalog_document.py as gzipped JSON; `shell` the catalogue without
    its frames."""

    body: bytes = field(repr=False)
    shell: FrameCatalog

    @property
    def etag(self) -> str:
        return f'"{sha256(self.body).hexdigest()[:32]}"'

    def catalog(self) -> FrameCatalog:
        document = json.loads(gzip.decompress(self.body))
        return replace(self.shell, frames=catalog_document.frames_of(document))


def load_catalog(
    *, connection: Connection, task_id: int | None = None, job_id: int | None = None
) -> FrameCatalog:
    """Every frame that can be chosen of a task or of one of its jobs. Raises CvatError."""
    return load_packed(connection=connection, task_id=task_id, job_id=job_id).catalog()


def load_packed(
    *, connection: Connection, task_id: int | None = None, job_id: int | None = None
) -> PackedCatalog:
    """The same, packed as the browser gets it. Raises InvalidInput, CvatError."""
    if job_id is not None:
        return _of_job(connection, job_id, task_id)
    if task_id is None:
        raise InvalidInput("Name a task by task_id, or a job by job_id.")
    return _of_task(connection, task_id)


def load_each(
    *,
    connection: Connection,
    task_ids: Collection[int],
    answering: tuple[type[CvatError], ...] = (CvatNoData,),
) -> dict[int, FrameCatalog | CvatError]:
    """The catalogues of these tasks, a few read at a time; in place of one that cannot be had the
    error that says why, if it is one of `answering` (by default: the task offers no frames).
    Raises Busy and other CvatErrors."""
    with cvat_client(connection) as client:

        def load(task_id: int) -> tuple[int, PackedCatalog | CvatError]:
            try:
                shown = show_task(connection, client, task_id)
                return task_id, shown_catalog(connection, client, shown)
            except answering as error:
                return task_id, error

        loaded = side_by_side(connection, load, task_ids)
    return {
        task_id: packed if isinstance(packed, CvatError) else packed.catalog()
        for task_id, packed in loaded
    }


def open_catalog(
    *, connection: Connection, task_id: int | None = None, job_id: int | None = None
) -> PackedCatalog:
    """The packed catalogue, whose task becomes the connection's latest. Raises InvalidInput,
    CvatError."""
    packed = load_packed(connection=connection, task_id=task_id, job_id=job_id)
    RecentTask.objects.update_or_create(
        connection=connection,
        task_id=packed.shell.task_id,
        defaults={"name": packed.shell.task_name[:500], "opened_at": timezone.now()},
    )
    tasks = RecentTask.objects.filter(connection=connection)
    tasks.filter(pk__in=[task.pk for task in tasks.only("pk")[MAX_RECENT:]]).delete()
    return packed


def recent_tasks(*, connection: Connection, limit: int = MAX_RECENT) -> list[RecentTask]:
    """The tasks opened last through this connection, the latest first."""
    return list(RecentTask.objects.filter(connection=connection)[:limit])


def _of_task(connection: Connection, task_id: int) -> PackedCatalog:
    with cvat_client(connection) as client:
        return shown_catalog(connection, client, show_task(connection, client, task_id))


@dataclass(frozen=True, slots=True)
class Shown:
    """A task as CVAT shows it to the connection now. `is_new`: CVAT has listed its jobs just now,
    one by one for this task."""

    task: ShownTask
    is_new: bool = False


def show_task(connection: Connection, client: CvatClient, task_id: int) -> Shown:
    """The task and its jobs; no frames are read. Raises CvatError."""
    earlier: ShownTask | None = cache_get(_shown_key(connection, task_id))
    shown = client.show_task(task_id, earlier)
    return Shown(shown, is_new=shown is not earlier)


def shown_catalog(connection: Connection, client: CvatClient, shown: Shown) -> PackedCatalog:
    """The packed catalogue of a task that was just shown. Raises Busy, CvatError."""
    packed = _of_shown(connection, client, shown.task)
    if shown.is_new:
        cache_shown_jobs(connection, packed.shell)
        if packed.shell.updated_date:
            cache_set({_shown_key(connection, shown.task.task_id): shown.task}, JOBS_SECONDS)
    return packed


def _shown_key(connection: Connection, task_id: int) -> str:
    return answer_key(connection, "shown", task_id)


def _of_shown(connection: Connection, client: CvatClient, shown: ShownTask) -> PackedCatalog:
    key = _shared_key(connection, shown)
    packed: PackedCatalog | None = cache_get(key)
    if packed is not None:
        return packed
    asked_at = timezone.now()
    with lock(key, patience=ANSWER_SECONDS):
        packed = cache_get(key)
        if packed is not None:  # read through another connection while this one waited
            client.task(shown.task_id)  # raises if the task was closed to this one meanwhile
            return packed
        raise_shared_error(key, since=asked_at)
        with share_errors(key, but=OF_ONE_CONNECTION):
            packed = _pack(connection, client.task_catalog(shown))
        if packed.shell.updated_date:
            cache_set({key: packed}, CATALOG_SECONDS)
    return packed


def _shared_key(connection: Connection, shown: ShownTask) -> str:
    """The key of the catalogue of what CVAT has shown, for all connections to the server. What is
    read without the task is not cached, so nobody waits for others who read it."""
    who = None if shown.task else connection.pk
    return "cvat:" + sha256(repr(("task", connection.url, who, shown)).encode()).hexdigest()


def _of_job(connection: Connection, job_id: int, task_id: int | None) -> PackedCatalog:
    key = answer_key(connection, "catalog", task_id, job_id)
    before: PackedCatalog | None = cache_get(key)
    if before is not None and _is_unchanged(connection, before):
        return before
    with waiting_place(connection), lock(key):
        newer: PackedCatalog | None = cache_get(key)
        if newer is not None and newer != before:
            return newer  # cached while this one waited, and for the same connection
        with cvat_client(connection) as client:
            packed = _pack(connection, client.frame_catalog(task_id=task_id, job_id=job_id))
        cache_shown_jobs(connection, packed.shell)
        if packed.shell.updated_date:
            cache_set({key: packed}, JOBS_SECONDS)
    return packed


def _is_unchanged(connection: Connection, before: PackedCatalog) -> bool:
    try:
        with cvat_client(connection) as client:
            task = client.task(before.shell.task_id)
    except (CvatForbidden, CvatNotFound):
        return False  # reading the catalogue anew tells what is still visible
    return task.updated_date == before.shell.updated_date


def _pack(connection: Connection, catalog: FrameCatalog) -> PackedCatalog:
    document = catalog_document.document(catalog, connection.url)
    text = json.dumps(document, separators=(",", ":"))
    body = gzip.compress(text.encode(), GZIP_LEVEL, mtime=0)
    return PackedCatalog(body, replace(catalog, frames=()))
