"""Small pictures for the grid, made a chunk at a time and kept on disk.

Nothing here is reached without a JobAccess: what CVAT lets the connection see. `open_pack` reads
the pack or makes it: once, however many ask, by the connection of whoever came first; the
pictures are the same for all who may see them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from selector.access import JobAccess
from selector.asking import asking
from selector.cvat.exceptions import CvatForbidden, CvatNotFound, CvatUnauthorized
from selector.models import Connection
from selector.single_flight import keeping_errors, one_at_a_time, raise_kept_error
from selector.thumbnails import making, packs, store
from selector.thumbnails.drawing import VARIANT

# What says nothing about the chunk for others.
OF_ONE_ACCOUNT = (CvatUnauthorized, CvatForbidden, CvatNotFound)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk that the connection may see."""

    connection: Connection
    seen: JobAccess
    number: int
    frames: list[int]  # task frames

    @property
    def key(self) -> str:
        """Of its pack. Another `chunks_updated_date`: another pack (api-facts 6)."""
        job = self.seen.job
        parts = (self.connection.url, job.id, self.number, job.chunk_size, self.seen.version)
        return hashlib.sha256(repr((*parts, VARIANT)).encode()).hexdigest()


def find(connection: Connection, seen: JobAccess, chunk: int) -> Chunk:
    """Chunk k of a job of any kind: its task frames start + k * chunk_size and on.

    Raises NotFound, CvatNoData.
    """
    return Chunk(connection, seen, chunk, seen.chunk_frames(chunk))


def open_pack(chunk: Chunk) -> BinaryIO:
    """The pack as a file, which is to be closed. Raises CvatError, Busy."""
    pack = store.find(chunk.key)
    if pack is not None:
        return pack
    with one_at_a_time(chunk.key):
        pack = store.find(chunk.key)
        if pack is not None:
            return pack
        error_key = f"pack:{chunk.key}"
        raise_kept_error(error_key)
        with keeping_errors(error_key, but=OF_ONE_ACCOUNT), asking(chunk.connection) as client:
            content = making.make(client, chunk.seen, chunk.number, chunk.frames)
        return store.save(chunk.key, content)


def picture(chunk: Chunk, frame: int) -> tuple[str, bytes]:
    """(status, JPEG) of one task frame of the chunk; see packs.py. Raises CvatError, Busy."""
    with open_pack(chunk) as pack:
        return packs.read_picture(pack, frame)
