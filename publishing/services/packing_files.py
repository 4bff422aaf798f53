"""The pictures of an upload in a ZIP, or its video, to be sent to CVAT as a new task."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from portal.work.exceptions import WorkFailed
from portal.work.heartbeat import Heartbeat
from publishing.models import Publication, Upload
from publishing.services.packing import size_in_cvat
from publishing.services.spools import (
    PACKED,
    disk_errors_explained,
    packed_lines,
    spool_of,
    unfinished_path,
)
from publishing.services.uploaded_replacements import PICTURES_GONE, find_upload
from publishing.stored_files import BrokenFile, UploadedPicture, read_pictures
from selections.archives import disk
from selections.archives.entries import Entry, Line
from selections.archives.spool import Spool
from selections.archives.zipping import ZipWriter

COPIED_AT_ONCE = 2**20  # bytes


def pack(publication: Publication, heartbeat: Heartbeat) -> tuple[Path, list[Line]]:
    """The ZIP of the pictures, byte for byte as they were uploaded, and the lines of its manifest;
    of a video the file, and one line. What an earlier attempt has packed is taken over. Raises
    WorkFailed, Stopped."""
    spool = spool_of(publication.pk)
    packed = spool.folder / PACKED
    with disk_errors_explained(publication):
        if not packed.exists():
            spool.prepare()
            write = _copied if publication.video else _packed
            os.replace(write(publication, spool, heartbeat), packed)
        if publication.video:
            return packed, [{"path": publication.video, "width": None, "height": None}]
        lines = packed_lines(packed)
    heartbeat.frames_done = len(lines)
    return packed, lines


def _packed(publication: Publication, spool: Spool, heartbeat: Heartbeat) -> Path:
    """The path of the finished ZIP."""
    upload, contents = find_upload(publication)
    guard = disk.Guard(frames_total=len(contents.pictures), spooled=0)
    heartbeat.frames_done = heartbeat.bytes_done = 0
    with ZipWriter(
        unfinished_path(spool, heartbeat), part_size=0, about={}, is_hashed=False
    ) as writer:
        for entry in _entries(upload, contents.pictures):
            heartbeat.check()
            guard.check_size(entry.size)
            writer.add(entry)
            heartbeat.frames_done += 1
            heartbeat.bytes_done += entry.size
        [part] = writer.finish([])
    return part.path


def _copied(publication: Publication, spool: Spool, heartbeat: Heartbeat) -> Path:
    """The path of the finished file of the video."""
    upload, contents = find_upload(publication)
    if contents.video is None:
        raise WorkFailed("The uploaded files have changed. No task was made. Ask again.")
    guard = disk.Guard(frames_total=1, spooled=0)
    guard.check_size(contents.video.size)
    heartbeat.bytes_done = 0
    path = unfinished_path(spool, heartbeat)
    with path.open("wb") as target:
        for entry in _entries(upload, [contents.video]):
            while block := entry.file.read(COPIED_AT_ONCE):
                heartbeat.check()
                target.write(block)
                heartbeat.bytes_done += len(block)
    return path


def _entries(upload: Upload, pictures: Iterable[UploadedPicture]) -> Iterable[Entry]:
    try:
        for picture, file in read_pictures(upload.stored, pictures):
            readable = cast(Any, file)  # a temporary file is none of io's classes
            line = size_in_cvat(readable)
            yield Entry(picture.path, readable, picture.size, line)
    except BrokenFile as error:
        raise WorkFailed(f"{error} No task was made.") from error
    except FileNotFoundError as error:
        raise WorkFailed(PICTURES_GONE) from error
