"""From a chunk of CVAT's to a pack: one request for dozens of pictures (cvat-api 7.6)."""

from __future__ import annotations

import io
import logging
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import BinaryIO

from django.conf import settings

from cvat.client import CvatClient
from cvat.exceptions import CvatBroken, CvatError, CvatRejected
from portal.exceptions import Busy
from selector.job_access import JobAccess
from selector.thumbnails.packs import BROKEN, FAILED, MISSING, OK, Entry, packed
from selector.thumbnails.rendering import Drawn, Undrawable, film, thumbnail

logger = logging.getLogger(__name__)

PATIENCE = 20.0  # seconds to wait for a turn
MAX_MEMBER = 2**27  # bytes of one picture
FEW = 8  # frames that are rather asked for one by one than by their chunk

# What reading a damaged one raises: encrypted or oddly packed members are a RuntimeError.
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


class Unreadable(Exception):
    """CVAT sent something else than a chunk."""


def make_pack(
    client: CvatClient,
    seen: JobAccess,
    chunk: int,
    frames: Sequence[int],
    known: Sequence[Entry] = (),
) -> tuple[bytes, bool]:
    """The pack of a chunk, of whose frames some may be broken or missing, and whether it is for
    good: not if CVAT failed on some frames, which another time may be had. `known` entries are
    taken over from such a pack.

    Raises CvatError, also when CVAT fails on all frames that are tried, and Busy when too many
    packs are being made already.
    """
    with _turn():
        by_frame = {entry.frame: entry for entry in known}
        asked = [frame for frame in frames if frame not in by_frame]
        if known and len(asked) <= FEW:
            made = _of_frames(client, seen.job.id, asked)
        else:
            made = _entries(client, seen, chunk, frames, asked)
        by_frame |= {entry.frame: entry for entry in made}
    entries = [by_frame[frame] for frame in frames]
    first = seen.job.start_frame + chunk * seen.job.chunk_size
    content = packed(job_id=seen.job.id, chunk=chunk, first=first, entries=entries)
    return content, all(entry.status != FAILED for entry in entries)


def _entries(
    client: CvatClient,
    seen: JobAccess,
    chunk: int,
    frames: Sequence[int],
    asked: Sequence[int],
) -> list[Entry]:
    """From the compressed chunk, which CVAT's own pages keep warm.

    One picture that cannot be decoded fails it whole; then the original chunk holds the others,
    and single frames are the last resort: those `asked`. A list-type ground-truth job has few
    frames, and cuts its chunks otherwise.
    """
    for quality in () if seen.is_list else ("compressed", "original"):
        try:
            return _of_chunk(client, seen.job.id, chunk, quality, frames)
        except (Unreadable, CvatBroken, CvatRejected) as error:
            if not _is_about_content(error):
                raise
            logger.info("no %s chunk %s of job %s: %s", quality, chunk, seen.job.id, error)
    return _of_frames(client, seen.job.id, asked)


def _of_frames(client: CvatClient, job_id: int, frames: Sequence[int]) -> list[Entry]:
    """One by one. Raises the CvatError of the last probe when CVAT fails on each of some that lie
    apart: then nothing is known about the frames, and asking for all of them would be in vain."""
    entries: dict[int, Entry] = {}
    probes = {0: None, len(frames) // 2: None, len(frames) - 1: None} if frames else {}
    for place in [*probes, *(place for place in range(len(frames)) if place not in probes)]:
        frame = frames[place]
        try:
            entries[frame] = _of_frame(client, job_id, frame)
        except (CvatBroken, CvatRejected) as error:
            entries[frame] = Entry(frame, FAILED)
            all_failed = all(entry.status == FAILED for entry in entries.values())
            if not _is_about_content(error) or (len(entries) == len(probes) and all_failed):
                raise
    return [entries[frame] for frame in frames]


def _is_about_content(error: Exception) -> bool:
    return not isinstance(error, CvatError) or error.status in (400, 500)


def _of_chunk(
    client: CvatClient, job_id: int, chunk: int, quality: str, frames: Sequence[int]
) -> list[Entry]:
    with TemporaryFile() as file:
        client.job_chunk(job_id=job_id, index=chunk, quality=quality, into=file)
        file.seek(0)
        with _core():
            if zipfile.is_zipfile(file):
                return _of_zip(file, frames)
            file.seek(0)
            return _of_film(file, frames)


def _of_zip(file: BinaryIO, frames: Sequence[int]) -> list[Entry]:
    """Members are named by their place in the chunk: 000000.jpeg."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = {PurePosixPath(info.filename).stem: info for info in archive.infolist()}
            return [
                _of_member(archive, members.get(f"{place:06d}"), frame)
                for place, frame in enumerate(frames)
            ]
    except _BAD_ZIP as error:
        raise Unreadable(str(error)) from error


def _of_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo | None, frame: int) -> Entry:
    if info is None:
        return Entry(frame, MISSING)
    if info.file_size > MAX_MEMBER:
        return Entry(frame, BROKEN)
    return _drawn(frame, archive.read(info))


def _of_film(file: BinaryIO, frames: Sequence[int]) -> list[Entry]:
    """A film that breaks off leaves the rest broken, one that ends early leaves it missing."""
    drawn: list[Drawn] = []
    rest = MISSING
    try:
        for picture in film(file):
            drawn.append(picture)
            if len(drawn) == len(frames):
                break
    except Undrawable as error:
        if not drawn:
            raise Unreadable(str(error)) from error
        rest = BROKEN
    entries = [Entry(frame, OK, picture) for frame, picture in zip(frames, drawn, strict=False)]
    return entries + [Entry(frame, rest) for frame in frames[len(drawn) :]]


def _of_frame(client: CvatClient, job_id: int, frame: int) -> Entry:
    """Raises CvatError: that CVAT refuses a frame tells nothing about its picture."""
    picture = client.job_frame(job_id=job_id, frame=frame, quality="compressed")
    with _core():
        return _drawn(frame, picture.content)


def _drawn(frame: int, content: bytes) -> Entry:
    try:
        return Entry(frame, OK, thumbnail(io.BytesIO(content)))
    except Undrawable:
        return Entry(frame, BROKEN)


# --- bounds, each of this process ---------------------------------------------------------------


@contextmanager
def _turn() -> Iterator[None]:
    """So many requests to CVAT at once, and no more threads than that taken by slow ones."""
    turns = _places("turns", settings.THUMBNAILS_CVAT_REQUESTS)
    if not turns.acquire(timeout=PATIENCE):
        raise Busy
    try:
        yield
    finally:
        turns.release()


def _core() -> BoundedSemaphore:
    """One drawing for each core of the machine: pages need the rest of the time."""
    return _places("cores", max(1, _usable_cores() // settings.WEB_PROCESSES))


def _usable_cores() -> int:
    """The cores that this process may use; macOS tells how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _places(name: str, number: int) -> BoundedSemaphore:
    return BoundedSemaphore(number)
