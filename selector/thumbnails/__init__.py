"""Small pictures for the grid, made a chunk at a time and kept on disk.

Nothing here is reached without a JobAccess: what CVAT lets the connection see. `open_pack` reads
the pack or makes it: once, however many ask, by the connection of whoever came first; the
pictures are the same for all who may see them.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import BinaryIO

from django.utils import timezone

from cvat.exceptions import CvatError, CvatForbidden, CvatNotFound, CvatUnauthorized
from portal.caching import cache_get, cache_set, lock, raise_shared_error, share_errors
from portal.exceptions import Busy
from selector.cvat_requests import cvat_client, waiting_place
from selector.job_access import JobAccess
from selector.models import Connection
from selector.thumbnails import making, packs, store
from selector.thumbnails.drawing import VARIANT

# What says nothing about the chunk for others.
OF_ONE_ACCOUNT = (CvatUnauthorized, CvatForbidden, CvatNotFound)
# Seconds until frames on which CVAT failed are asked for again, after so many tries: the first time
# at once, for it may have been a matter of a moment; a file that is gone is not asked for with
# every look at the grid.
RETRY_PAUSES = (0, 0, 5, 30, 300)
TRIES_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Pack:
    """`file` stands at its beginning. Not `is_complete`: CVAT failed on some frames this time."""

    file: BinaryIO
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk that the connection may see."""

    connection: Connection
    seen: JobAccess
    number: int
    frames: list[int]  # task frames

    @property
    def key(self) -> str:
        """Of its pack. Another `chunks_updated_date`: another pack (cvat-api 6.6)."""
        job = self.seen.job
        parts = (self.connection.url, job.id, self.number, job.chunk_size, self.seen.version)
        return hashlib.sha256(repr((*parts, VARIANT)).encode()).hexdigest()


def find(connection: Connection, seen: JobAccess, chunk: int) -> Chunk:
    """Chunk k of a job of any kind: its task frames start + k * chunk_size and on.

    Raises NotFound, CvatNoData.
    """
    return Chunk(connection, seen, chunk, seen.chunk_frames(chunk))


def open_pack(chunk: Chunk) -> Pack:
    """The pack; its file is to be closed. Raises CvatError, Busy."""
    file = store.find(chunk.key)
    if file is None:
        return _make(chunk)
    known = packs.lasting_entries(file)
    if known is None or not _is_due(chunk):
        return Pack(file, is_complete=known is None)
    try:
        pack = _make(chunk)
    except (CvatError, Busy):
        return Pack(file, is_complete=False)
    file.close()
    return pack


def picture(chunk: Chunk, frame: int) -> tuple[str, bytes]:
    """(status, JPEG) of one task frame of the chunk; see packs.py. Raises CvatError, Busy."""
    with open_pack(chunk).file as file:
        return packs.read_picture(file, frame)


def _make(chunk: Chunk) -> Pack:
    error_key, began = f"pack:{chunk.key}", timezone.now()
    with waiting_place(chunk.connection), lock(chunk.key):
        file = store.find(chunk.key)
        known = packs.lasting_entries(file) if file else []
        if file and (known is None or not _is_due(chunk)):
            return Pack(file, is_complete=known is None)
        if file:
            file.close()
        raise_shared_error(error_key, since=began)
        if known:
            _note_try(chunk)
        with (
            share_errors(error_key, but=OF_ONE_ACCOUNT),
            cvat_client(chunk.connection) as client,
        ):
            content, is_complete = making.make(
                client, chunk.seen, chunk.number, chunk.frames, known or ()
            )
        if not is_complete and not known:
            _note_try(chunk)
        return Pack(store.save(chunk.key, content), is_complete)


def _is_due(chunk: Chunk) -> bool:
    """Whether the frames on which CVAT failed are to be asked for again."""
    tries, tried_at = cache_get(f"pack:{chunk.key}:tries") or (0, 0.0)
    pause = RETRY_PAUSES[min(tries, len(RETRY_PAUSES) - 1)]
    return time.time() >= float(tried_at) + pause


def _note_try(chunk: Chunk) -> None:
    key = f"pack:{chunk.key}:tries"
    tries, _ = cache_get(key) or (0, 0.0)
    cache_set({key: (tries + 1, time.time())}, TRIES_SECONDS)
