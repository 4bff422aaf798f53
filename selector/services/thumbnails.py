"""Thumbnails for the grid, rendered a chunk at a time and stored on disk.

Nothing is reached without a JobAccess: what CVAT lets the connection see. `open_pack` reads the
pack of a chunk or makes it: once, however many ask, through the connection of whoever asks first;
the pack is the same for all who may see the job. The likeness of its pictures is computed with it
and stored beside it.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import BinaryIO

from django.utils import timezone

from cvat.client import CvatClient
from cvat.exceptions import CvatError
from portal.caching import cache_get, cache_set, lock, raise_shared_error, share_errors
from portal.exceptions import Busy
from selector.cvat_requests import OF_ONE_CONNECTION, cvat_client, waiting_place
from selector.job_access import JobAccess, job_access
from selector.models import Connection
from selector.thumbnails import chunks, packs, store
from selector.thumbnails.likeness import Likeness, likeness
from selector.thumbnails.rendering import VARIANT

# Seconds until frames on which CVAT failed are asked for again, after so many tries: the first time
# at once, for the failure may have been momentary; a file that is gone is not asked for with every
# look at the grid.
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
    access: JobAccess
    number: int
    frames: list[int]  # task frames

    @property
    def key(self) -> str:
        """The key of its pack; another one for another `chunks_updated_date` (cvat-api 6.6)."""
        job = self.access.job
        parts = (self.connection.url, job.id, self.number, job.chunk_size, self.access.version)
        return hashlib.sha256(repr((*parts, VARIANT)).encode()).hexdigest()


def find_chunk(*, connection: Connection, job_id: int, number: int) -> Chunk:
    """A chunk of a job of any kind. Raises NotFound, CvatNoData and other CvatErrors."""
    return chunk_of(connection, job_access(connection, job_id), number)


def chunk_of(connection: Connection, access: JobAccess, number: int) -> Chunk:
    """Raises NotFound, CvatNoData."""
    return Chunk(connection, access, number, access.chunk_frames(number))


def open_pack(chunk: Chunk, client: CvatClient | None = None) -> Pack:
    """The pack of thumbnails (packs.py); its file is to be closed. Raises CvatError, Busy.

    `client`: that of a worker, for the same connection; requests of pages get one of their own.
    """
    file = store.find(chunk.key)
    if file is None:
        return _make(chunk, client)
    lasting = packs.lasting_entries(file)
    if lasting is None or not _is_due(chunk):
        return Pack(file, is_complete=lasting is None)
    try:
        pack = _make(chunk, client)
    except (CvatError, Busy):
        return Pack(file, is_complete=False)
    file.close()
    return pack


def chunk_likeness(chunk: Chunk, client: CvatClient | None = None) -> dict[int, Likeness]:
    """The likeness of the frames of a chunk that have a thumbnail, by frame: as it is stored, else
    from the pack. `client` as for `open_pack`. Raises CvatError, Busy."""
    stored = store.find_likeness(chunk.key)
    if stored is not None:
        return stored
    pack = open_pack(chunk, client)
    with pack.file:
        stored = store.find_likeness(chunk.key)  # computed with the pack
        return _likeness_of(chunk, pack) if stored is None else stored


def stored_likeness(chunk: Chunk) -> dict[int, Likeness]:
    """The likeness of the frames of a chunk whose thumbnails are stored, by frame. CVAT is not
    asked for the others."""
    file = store.find(chunk.key)
    if file is None:
        return {}
    with file:
        return {frame: likeness(content) for frame, content in packs.thumbnails(file)}


def _likeness_of(chunk: Chunk, pack: Pack) -> dict[int, Likeness]:
    """The likeness of the frames of the pack, stored if the pack is complete. The file of the pack
    stands at its beginning afterwards."""
    computed = {frame: likeness(content) for frame, content in packs.thumbnails(pack.file)}
    if pack.is_complete:
        store.save_likeness(chunk.key, computed)
    return computed


def _make(chunk: Chunk, client: CvatClient | None) -> Pack:
    error_key, asked_at = f"pack:{chunk.key}", timezone.now()
    with waiting_place(chunk.connection), lock(chunk.key):
        file = store.find(chunk.key)
        lasting = packs.lasting_entries(file) if file else []
        if file and (lasting is None or not _is_due(chunk)):
            return Pack(file, is_complete=lasting is None)
        if file:
            file.close()
        raise_shared_error(error_key, since=asked_at)
        if lasting:
            _count_try(chunk)
        with (
            share_errors(error_key, but=OF_ONE_CONNECTION),
            nullcontext(client) if client else cvat_client(chunk.connection) as cvat,
        ):
            content, is_complete = chunks.make_pack(
                cvat, chunk.access, chunk.number, chunk.frames, lasting or ()
            )
        if not is_complete and not lasting:
            _count_try(chunk)
        pack = Pack(store.save(chunk.key, content), is_complete)
        if is_complete:
            _likeness_of(chunk, pack)
        return pack


def _is_due(chunk: Chunk) -> bool:
    """Whether the frames on which CVAT failed are to be asked for again."""
    tries, tried_at = cache_get(f"pack:{chunk.key}:tries") or (0, 0.0)
    pause = RETRY_PAUSES[min(tries, len(RETRY_PAUSES) - 1)]
    return time.time() >= float(tried_at) + pause


def _count_try(chunk: Chunk) -> None:
    key = f"pack:{chunk.key}:tries"
    tries, _ = cache_get(key) or (0, 0.0)
    cache_set({key: (tries + 1, time.time())}, TRIES_SECONDS)
