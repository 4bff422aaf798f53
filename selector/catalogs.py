"""The catalogue of a task, kept for a minute so that what follows on loading it is quick.

CVAT needs ten seconds for the meta of 100,000 frames and 30 ms to say when a task last changed
(api-facts 6). So a catalogue that was read is kept, compressed, for the connection that read it,
and is used again only after CVAT has shown it the task anew, unchanged: a task's `updated_date`
moves when frames are deleted (api-facts 4). Draws and saves therefore see a deletion, a revoked
token or a lost right at once. What may be a minute old are the stage, state and assignee of jobs,
which do not move that date. For those who may not read the task there is nothing so cheap to ask,
and nothing is kept.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field, replace
from hashlib import sha256

from selector import access, compact
from selector.asking import answer_key, asking
from selector.cvat.exceptions import CvatForbidden, CvatNotFound
from selector.cvat.types import FrameCatalog
from selector.keeping import keep, kept
from selector.models import Connection
from selector.single_flight import one_at_a_time

KEPT_SECONDS = 60
LEVEL = 5  # of gzip: beyond it 2 % are gained for twice the time


@dataclass(frozen=True, slots=True)
class PackedCatalog:
    """`body` is the document of compact.py as gzipped JSON; `shell` the catalogue without its
    frames."""

    body: bytes = field(repr=False)
    shell: FrameCatalog

    @property
    def etag(self) -> str:
        return f'"{sha256(self.body).hexdigest()[:32]}"'

    def catalog(self) -> FrameCatalog:
        return replace(self.shell, frames=compact.frames_of(json.loads(gzip.decompress(self.body))))


def load(
    *, connection: Connection, task_id: int | None = None, job_id: int | None = None
) -> FrameCatalog:
    """Every frame that can be chosen of a task or of one of its jobs. Raises CvatError."""
    return load_packed(connection=connection, task_id=task_id, job_id=job_id).catalog()


def load_packed(
    *, connection: Connection, task_id: int | None = None, job_id: int | None = None
) -> PackedCatalog:
    """Like `load`, for the browser. Raises CvatError."""
    key = answer_key(connection, "catalog", task_id, job_id)
    before: PackedCatalog | None = kept(key)
    if before is not None and _is_unchanged(connection, before):
        return before
    with one_at_a_time(key, connection):
        newer: PackedCatalog | None = kept(key)
        if newer is not None and newer != before:
            return newer  # made while this one waited, and by the same connection
        made = _read(connection, task_id, job_id)
        if made.shell.updated_date:
            keep({key: made}, KEPT_SECONDS)
    return made


def _is_unchanged(connection: Connection, before: PackedCatalog) -> bool:
    try:
        with asking(connection) as client:
            task = client.task(before.shell.task_id)
    except (CvatForbidden, CvatNotFound):
        return False  # reading it anew tells what is still open
    return task.updated_date == before.shell.updated_date


def _read(connection: Connection, task_id: int | None, job_id: int | None) -> PackedCatalog:
    with asking(connection) as client:
        catalog = client.frame_catalog(task_id=task_id, job_id=job_id)
    access.know(connection, catalog)
    document = compact.document(catalog, connection.url)
    text = json.dumps(document, separators=(",", ":"))
    body = gzip.compress(text.encode(), LEVEL, mtime=0)
    return PackedCatalog(body, replace(catalog, frames=()))
