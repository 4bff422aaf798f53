"""Annotations of jobs on disk, so that the objects of one frame can be read without the others.

A SQLite file in the folder ANNOTATIONS_DIR of a limited size holds what CVAT answered about one job
in one state, untouched but for its order.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from django.conf import settings

from cvat.annotation_json import LISTS, frame_of
from cvat.json_items import items
from portal.exceptions import FolderUnusable
from selector.bounded_folder import BoundedFolder

logger = logging.getLogger(__name__)

_NOTHING = b"null"

# `ends`: the frame of the last keyframe, if the object is not seen from there on.
_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE object (frame INTEGER, list TEXT, item BLOB);
    CREATE TABLE track (first INTEGER, ends INTEGER, item BLOB);
"""
_INDEX = "CREATE INDEX object_frame ON object (frame)"


class AnnotationFile:
    """The annotations of a job. Close it."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)

    def on_frames(self, frames: Sequence[int], *, deleted: Collection[int]) -> bytes:
        """The part of CVAT's JSON that concerns these frames, at least one: their tags and shapes,
        and the tracks that may show something there. A track whose end is on a deleted frame goes
        on.

        Raises sqlite3.DatabaseError if the file is damaged.
        """
        lists: dict[str, list[bytes]] = {name: [] for name in LISTS}
        objects = "SELECT list, item FROM object WHERE frame = ? ORDER BY rowid"
        for frame in frames:
            for name, item in self._database.execute(objects, (frame,)):
                lists[name].append(item)
        for number, _, _ in self._tracks(frames, deleted):
            row = self._database.execute("SELECT item FROM track WHERE rowid = ?", (number,))
            lists["tracks"].append(row.fetchone()[0])
        joined = (b'"%s":[%s]' % (name.encode(), b",".join(lists[name])) for name in lists)
        return b"{%s}" % b",".join(joined)

    def counts(self, frames: Sequence[int], *, deleted: Collection[int]) -> Counter[int]:
        """How many objects each of these frames has at most; a track counts on every frame from its
        first keyframe to its end.

        Raises sqlite3.DatabaseError if the file is damaged.
        """
        counts: Counter[int] = Counter()
        objects = "SELECT count(*) FROM object WHERE frame = ?"
        for frame in frames:
            counts[frame] = self._database.execute(objects, (frame,)).fetchone()[0]
        for _, first, end in self._tracks(frames, deleted):
            counts.update(
                frame for frame in frames if first <= frame and (end is None or frame < end)
            )
        return counts

    def _tracks(
        self, frames: Sequence[int], deleted: Collection[int]
    ) -> Iterator[tuple[int, int, int | None]]:
        """Row, first frame and end of each track that may be seen on one of the frames."""
        tracks = "SELECT rowid, first, ends FROM track WHERE first <= ? ORDER BY rowid"
        least = min(frames)
        for number, first, ends in self._database.execute(tracks, (max(frames),)):
            end = None if ends in deleted else ends
            if end is None or end > least:
                yield number, first, end

    def close(self) -> None:
        self._database.close()


def folder() -> BoundedFolder:
    return BoundedFolder(
        Path(settings.ANNOTATIONS_DIR), suffix=".sqlite3", max_bytes=settings.ANNOTATIONS_MAX_BYTES
    )


@contextmanager
def explain_disk_errors() -> Iterator[None]:
    """Turn an error of the disk in the block into FolderUnusable."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        logger.exception("the folder of annotations cannot be used")
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise FolderUnusable("annotations", reason=reason) from error


@explain_disk_errors()
def find(key: str) -> AnnotationFile | None:
    """The file, or None if there is none."""
    path = folder().path_of(key)
    folder().note_use(path)
    try:
        return AnnotationFile(path)
    except sqlite3.OperationalError:
        return None


@contextmanager
def temporary() -> Iterator[BinaryIO]:
    """A file for CVAT's answer, which may be large: on the disk of the folder, and gone after the
    block. Raises FolderUnusable, also for errors of the disk in the block."""
    with explain_disk_errors(), folder().temporary_file() as file:
        yield file


@explain_disk_errors()
def save(key: str, answer: BinaryIO) -> AnnotationFile:
    """Store CVAT's JSON with the annotations of a job, read piece by piece from a file, and open
    what was stored. Raises CvatBroken if it is no such JSON, and FolderUnusable."""
    with folder().new_file(key) as path:
        with closing(sqlite3.connect(path)) as database:
            database.executescript(_TABLES)
            _write(database, answer)
            database.execute(_INDEX)
            database.commit()
        return AnnotationFile(path)


def remove(key: str) -> None:
    """Remove a file that is damaged."""
    logger.warning("the annotations in %s are damaged: they are read anew", key)
    folder().remove(key)


def _write(database: sqlite3.Connection, answer: BinaryIO) -> None:
    for name, item in items(answer, keys=LISTS):
        encoded = _encoded(item)
        if name == "tracks" or encoded == _NOTHING:
            first, ends = _range(item)
            database.execute("INSERT INTO track VALUES (?, ?, ?)", (first, ends, encoded))
        elif (frame := frame_of(item)) is not None:
            database.execute("INSERT INTO object VALUES (?, ?, ?)", (frame, name, encoded))


def _encoded(item: Any) -> bytes:
    """The item as JSON; _NOTHING if it cannot be read. It is then stored as a track of every frame,
    so that each frame counts it among its problems."""
    if not isinstance(item, dict):
        return _NOTHING
    try:
        return msgspec.json.encode(item)
    except (ValueError, OverflowError, RecursionError):
        pass
    try:
        return json.dumps(item).encode()  # slower, but takes halves of characters and any number
    except (ValueError, RecursionError):
        return _NOTHING


def _range(track: Any) -> tuple[int, int | None]:
    """The first frame of a track, and where it ends. One that cannot be read is on every frame, so
    that each counts it among its problems."""
    keyframes = track.get("shapes") if isinstance(track, dict) else None
    if not isinstance(keyframes, list) or not keyframes:
        return 0, None
    numbers = {
        frame: each.get("outside") is True
        for each in keyframes
        if (frame := frame_of(each)) is not None
    }
    if len(numbers) < len(keyframes):
        return 0, None
    last = max(numbers)
    return min(numbers), last if numbers[last] else None
