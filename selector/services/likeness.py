"""The likeness of the pictures of a task: read from the folder of thumbnails, computed if missing.

That of each chunk is stored beside its thumbnails, for all who may see the job. A few chunks are
read at once, others by a worker (PictureReading).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from django.db import transaction

from cvat.client import CvatClient
from cvat.exceptions import CvatBroken, CvatRejected
from cvat.types import Frame, FrameCatalog, Place
from portal.exceptions import Conflict, InvalidInput, PicturesNotRead
from portal.work.models import lock_person
from selector.job_access import JobAccess, job_access, shown_access
from selector.models import Connection, PictureReading
from selector.services.task_reading import begin_reading
from selector.services.thumbnails import Chunk, chunk_likeness, chunk_of, stored_likeness
from selector.thumbnails import store
from selector.thumbnails.likeness import Likeness

F = TypeVar("F")

MOST_CHUNKS_AT_ONCE = 4  # that a request reads itself; workers read more
MOST_TASKS = 100  # whose pictures are read by workers for one draw


@dataclass(frozen=True, slots=True)
class PictureFacts(Generic[F]):
    """A value that is computed of each picture of a chunk, such as its likeness: how it is read
    from the store and computed."""

    find: Callable[[str], Mapping[int, F] | None]  # the stored values of the chunk with this key
    # Computes the values of a chunk; CVAT is asked for pictures that are not stored.
    read: Callable[[Chunk], Mapping[int, F]]
    stored: Callable[[Chunk], Mapping[int, F]]  # the same of stored pictures alone, without CVAT
    at_once: int  # chunks that a request reads itself


def read_likeness(
    *,
    connection: Connection,
    catalogs: Iterable[FrameCatalog],
    job_id: int | None,
    frames: Sequence[Frame],
) -> dict[Place, Likeness]:
    """The likeness of those of the frames that have a picture. The catalogues are those of their
    tasks, or that of the job. Raises PicturesNotRead while workers read them; InvalidInput for too
    many tasks, Conflict, Busy, CvatError."""
    of_thumbnails = PictureFacts(
        find=store.find_likeness,
        read=readable_likeness,
        stored=stored_likeness,
        at_once=MOST_CHUNKS_AT_ONCE,
    )
    return read_facts(of_thumbnails, connection, catalogs, job_id, frames)


def read_facts(
    facts: PictureFacts[F],
    connection: Connection,
    catalogs: Iterable[FrameCatalog],
    job_id: int | None,
    frames: Sequence[Frame],
) -> dict[Place, F]:
    """What is computed of those of the frames that have a picture; see read_likeness()."""
    by_task: dict[int, list[Frame]] = {}
    for frame in frames:
        by_task.setdefault(frame.task_id, []).append(frame)
    known: dict[Place, F] = {}
    missing: list[_Missing] = []
    is_any_stored = False
    for catalog in catalogs:
        absent = []
        chunks = chunks_of(connection, catalog, by_task.get(catalog.task_id, []))
        for chunk in chunks:
            stored = facts.find(chunk.key)
            if stored is None:
                absent.append(chunk)
            else:
                is_any_stored = True
                known |= {(catalog.task_id, number): each for number, each in stored.items()}
        if absent:
            missing.append(_Missing(catalog, absent))
    read_chunk = facts.read
    if sum(len(each.chunks) for each in missing) > facts.at_once:
        _wait_for_workers(
            connection, missing, job_id, is_any_stored=is_any_stored, stored=facts.stored
        )
        read_chunk = facts.stored  # the workers could not read the rest just now
    for each in missing:
        for chunk in each.chunks:
            read = read_chunk(chunk)
            known |= {(each.catalog.task_id, number): fact for number, fact in read.items()}
    wanted = {(frame.task_id, frame.frame) for frame in frames}
    return {place: each for place, each in known.items() if place in wanted}


class _Missing(NamedTuple):
    """Chunks of a catalogue of which something is not stored."""

    catalog: FrameCatalog
    chunks: list[Chunk]


def chunks_of(
    connection: Connection, catalog: FrameCatalog, frames: Sequence[Frame]
) -> list[Chunk]:
    """The chunks that hold these frames of a catalogue which CVAT has just shown. Raises
    CvatError."""
    jobs = {job.id: job for job in catalog.jobs}
    accesses: dict[int, JobAccess] = {}
    numbers: dict[tuple[int, int], None] = {}
    for frame in frames:
        access = accesses.get(frame.job_id)
        if access is None:
            job = jobs.get(frame.job_id)
            if job is not None and job.is_annotation:
                access = shown_access(catalog, job)
            else:
                access = job_access(connection, frame.job_id)
            accesses[frame.job_id] = access
        numbers[frame.job_id, access.chunk_of(frame.frame)] = None
    return [chunk_of(connection, accesses[job_id], number) for job_id, number in numbers]


def readable_likeness(chunk: Chunk, client: CvatClient | None = None) -> Mapping[int, Likeness]:
    """The likeness of the frames of a chunk; empty if CVAT cannot read its pictures. Raises Busy
    and other CvatErrors."""
    try:
        return chunk_likeness(chunk, client)
    except (CvatBroken, CvatRejected):
        return {}


def _wait_for_workers(
    connection: Connection,
    missing: Sequence[_Missing],
    job_id: int | None,
    *,
    is_any_stored: bool,
    stored: Callable[[Chunk], Mapping[int, object]],
) -> None:
    """Have workers read the missing chunks, and raise PicturesNotRead until they have ended.

    Returns once they have: what is still missing cannot be read. Raises Conflict if the reading
    failed a moment ago, or has stored nothing although nothing was stored before, and InvalidInput
    for more than MOST_TASKS.
    """
    if len(missing) > MOST_TASKS:
        raise InvalidInput(
            f"The pictures of {len(missing):,} tasks are more than can be read at once "
            f"({MOST_TASKS}). Take fewer tasks, or jobs of one stage, state or assignee."
        )
    readings = [(each, _reading(connection, each, job_id)) for each in missing]
    works = [work for _, work in readings if work.is_active]
    if works:
        raise PicturesNotRead(
            [work.task_id for work in works],
            frames_read=sum(work.frames_done for work in works),
            frames_count=sum(work.frames_total for work in works),
        )
    if not is_any_stored and all(
        _left_nothing(work, each.chunks, stored) for each, work in readings
    ):
        name = readings[0][1].task_name
        what = name if len(readings) == 1 else f"{len(readings):,} tasks"
        raise Conflict(
            f"The pictures of {what} were read, but nothing of them is in the portal's folder of "
            "thumbnails: CVAT failed on all of them, or the folder has no room, or web servers and "
            "workers do not share it. Ask the operator of the portal, or try again in a minute."
        )


def _left_nothing(
    work: PictureReading,
    chunks: Sequence[Chunk],
    stored: Callable[[Chunk], Mapping[int, object]],
) -> bool:
    is_same = work.status == work.Status.READY and work.digest == _digest(chunks)
    return is_same and not any(map(stored, chunks))


def _digest(chunks: Sequence[Chunk]) -> str:
    return hashlib.sha256("".join(chunk.key for chunk in chunks).encode()).hexdigest()


def _reading(connection: Connection, missing: _Missing, job_id: int | None) -> PictureReading:
    """The work that reads the pictures of the task or job, or has just done so. Raises Conflict if
    it failed or was cancelled just now."""
    user, catalog = connection.owner, missing.catalog
    with transaction.atomic():
        lock_person(user.pk)  # of two requests at once, the second finds the work of the first
        own = PictureReading.objects.for_user(user)
        last = own.filter(connection=connection, task_id=catalog.task_id, job_id=job_id).first()
        if last is not None and (last.is_active or last.ended_just_now):
            if last.status in (last.Status.FAILED, last.Status.CANCELLED):
                ended = f"failed: {last.error}" if last.error else "was cancelled."
                raise Conflict(
                    f"Reading the pictures of {last.task_name} {ended} Try again in a minute."
                )
            return last
        return begin_reading(
            PictureReading(
                requested_by=user,
                connection=connection,
                task_id=catalog.task_id,
                job_id=job_id,
                task_name=catalog.task_name[:500],
                digest=_digest(missing.chunks),
                frames_total=len(catalog.frames),
            )
        )
