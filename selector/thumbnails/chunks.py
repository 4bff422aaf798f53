"""Make packs of thumbnails from chunks: one request for dozens of frames (cvat-api 7.6)."""

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
from selector.thumbnails.packs import BROKEN, FAILED, MISSING, OK, Entry, encode
from selector.thumbnails.rendering import Thumbnail, UnreadableImage, render_image, render_video

logger = logging.getLogger(__name__)

PATIENCE = 20.0  # seconds to wait until another request to CVAT may begin
MAX_MEMBER = 2**27  # bytes of one image
FEW = 8  # frames that are requested one by one rather than by their chunk

# Raised when a damaged ZIP is read; RuntimeError for encrypted or oddly packed members.
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


class UnreadableChunk(Exception):
    """CVAT sent something else than a chunk."""


def make_pack(
    client: CvatClient,
    access: JobAccess,
    chunk: int,
    frames: Sequence[int],
    lasting: Sequence[Entry] = (),
) -> tuple[bytes, bool]:
    """The pack of a chunk, of whose frames some may be broken or missing, and whether it is
    complete: not if CVAT failed on some frames, which may succeed another time. `lasting` entries
    are taken over from such a pack.

    Raises CvatError, also when CVAT fails on all frames that are tried, and Busy when too many
    packs are being made already.
    """
    with _cvat_request_slot():
        by_frame = {entry.frame: entry for entry in lasting}
        wanted = [frame for frame in frames if frame not in by_frame]
        if lasting and len(wanted) <= FEW:
            entries = _from_frames(client, access.job.id, wanted)
        else:
            entries = _from_chunk_or_frames(client, access, chunk, frames, wanted)
        by_frame |= {entry.frame: entry for entry in entries}
    entries = [by_frame[frame] for frame in frames]
    first = access.job.start_frame + chunk * access.job.chunk_size
    content = encode(job_id=access.job.id, chunk=chunk, first=first, entries=entries)
    return content, all(entry.status != FAILED for entry in entries)


def _from_chunk_or_frames(
    client: CvatClient,
    access: JobAccess,
    chunk: int,
    frames: Sequence[int],
    wanted: Sequence[int],
) -> list[Entry]:
    """From the compressed chunk, which CVAT has in its cache for its own pages.

    CVAT refuses the whole chunk for one image that it cannot decode. Then the original chunk has
    the others, and the last resort are single frames: those `wanted`. A list-type ground-truth job
    has few frames, and cuts its chunks otherwise.
    """
    for quality in () if access.is_list else ("compressed", "original"):
        try:
            return _from_chunk(client, access.job.id, chunk, quality, frames)
        except (UnreadableChunk, CvatBroken, CvatRejected) as error:
            if not _is_about_content(error):
                raise
            logger.info("no %s chunk %s of job %s: %s", quality, chunk, access.job.id, error)
    return _from_frames(client, access.job.id, wanted)


def _from_frames(client: CvatClient, job_id: int, frames: Sequence[int]) -> list[Entry]:
    """From single frames, beginning with three that lie apart. If CVAT fails on each of these,
    raises the last CvatError: the fault is not in the frames, the others would fail too."""
    entries: dict[int, Entry] = {}
    probes = {0: None, len(frames) // 2: None, len(frames) - 1: None} if frames else {}
    for place in [*probes, *(place for place in range(len(frames)) if place not in probes)]:
        frame = frames[place]
        try:
            entries[frame] = _from_frame(client, job_id, frame)
        except (CvatBroken, CvatRejected) as error:
            entries[frame] = Entry(frame, FAILED)
            all_failed = all(entry.status == FAILED for entry in entries.values())
            if not _is_about_content(error) or (len(entries) == len(probes) and all_failed):
                raise
    return [entries[frame] for frame in frames]


def _is_about_content(error: Exception) -> bool:
    return not isinstance(error, CvatError) or error.status in (400, 500)


def _from_chunk(
    client: CvatClient, job_id: int, chunk: int, quality: str, frames: Sequence[int]
) -> list[Entry]:
    with TemporaryFile() as file:
        client.job_chunk(job_id=job_id, index=chunk, quality=quality, into=file)
        file.seek(0)
        with _processor_slot():
            if zipfile.is_zipfile(file):
                return _from_zip(file, frames)
            file.seek(0)
            return _from_video(file, frames)


def _from_zip(file: BinaryIO, frames: Sequence[int]) -> list[Entry]:
    """Members are named by their position in the chunk: 000000.jpeg."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = {PurePosixPath(info.filename).stem: info for info in archive.infolist()}
            return [
                _from_member(archive, members.get(f"{place:06d}"), frame)
                for place, frame in enumerate(frames)
            ]
    except _BAD_ZIP as error:
        raise UnreadableChunk(str(error)) from error


def _from_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo | None, frame: int) -> Entry:
    if info is None:
        return Entry(frame, MISSING)
    if info.file_size > MAX_MEMBER:
        return Entry(frame, BROKEN)
    return _rendered(frame, archive.read(info))


def _from_video(file: BinaryIO, frames: Sequence[int]) -> list[Entry]:
    """Where a video breaks off, the other frames are broken; where it ends early, missing."""
    thumbnails: list[Thumbnail] = []
    rest = MISSING
    try:
        for thumbnail in render_video(file):
            thumbnails.append(thumbnail)
            if len(thumbnails) == len(frames):
                break
    except UnreadableImage as error:
        if not thumbnails:
            raise UnreadableChunk(str(error)) from error
        rest = BROKEN
    rendered = zip(frames, thumbnails, strict=False)
    entries = [Entry(frame, OK, thumbnail) for frame, thumbnail in rendered]
    return entries + [Entry(frame, rest) for frame in frames[len(thumbnails) :]]


def _from_frame(client: CvatClient, job_id: int, frame: int) -> Entry:
    """Raises CvatError: a refusal of CVAT tells nothing about the image."""
    image = client.job_frame(job_id=job_id, frame=frame, quality="compressed")
    with _processor_slot():
        return _rendered(frame, image.content)


def _rendered(frame: int, content: bytes) -> Entry:
    try:
        return Entry(frame, OK, render_image(io.BytesIO(content)))
    except UnreadableImage:
        return Entry(frame, BROKEN)


# --- bounds of each process ---------------------------------------------------------------


@contextmanager
def _cvat_request_slot() -> Iterator[None]:
    """Bound the requests to CVAT side by side, and the threads that slow ones take. Raises Busy."""
    slots = _semaphore("requests", settings.THUMBNAILS_CVAT_REQUESTS)
    if not slots.acquire(timeout=PATIENCE):
        raise Busy
    try:
        yield
    finally:
        slots.release()


def _processor_slot() -> BoundedSemaphore:
    """Bound the renderings side by side to the cores of the machine: pages need time too."""
    return _semaphore("cores", max(1, _usable_cores() // settings.WEB_PROCESSES))


def _usable_cores() -> int:
    """The cores that this process may use; on macOS all cores."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _semaphore(name: str, number: int) -> BoundedSemaphore:
    return BoundedSemaphore(number)
