"""Packs on disk: written whole or not at all; the least recently used ones are removed.

Any number of processes may use the folder. A file that is removed while it is being sent is sent to
its end all the same.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from threading import Lock
from typing import BinaryIO

from django.conf import settings

from selector.thumbnails.packs import DamagedPack, read_header

logger = logging.getLogger(__name__)

USE_SECONDS = 600  # precision of the noted last use
ABANDONED_SECONDS = 3600  # age of temporary files whose writer must have been killed
# A process removes packs, down to REMAINING_SHARE of THUMBNAILS_MAX_BYTES, when it has written
# WRITTEN_SHARE of it. So several processes stay below the bound together.
WRITTEN_SHARE, REMAINING_SHARE = 0.1, 0.8

_written = 0
_guard = Lock()


def path_of(key: str) -> Path:
    return Path(settings.THUMBNAILS_DIR) / key[:2] / f"{key}.pack"


def find(key: str) -> BinaryIO | None:
    """The pack, open at its beginning, or None. A damaged one (a full disk, a lost machine) is
    removed."""
    path = path_of(key)
    try:
        pack = path.open("rb")
    except FileNotFoundError:
        return None
    try:
        read_header(pack)
    except DamagedPack:
        logger.warning("the pack %s is damaged: it is made anew", path.name)
        pack.close()
        path.unlink(missing_ok=True)
        return None
    _note_use(pack)
    pack.seek(0)
    return pack


def save(key: str, content: bytes) -> BinaryIO:
    """Store a pack and open it at its beginning."""
    path = path_of(key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, name = mkstemp(dir=path.parent, suffix=".tmp")
    pack = os.fdopen(number, "w+b")
    try:
        pack.write(content)
        pack.seek(0)
        os.replace(name, path)
    except OSError:
        pack.close()
        os.unlink(name)
        raise
    _count(len(content))
    return pack


def remove_old() -> None:
    """Remove the least recently used packs, if all together are too large; unless another process
    does so already."""
    with _cleanup_lock() as is_locked:
        if is_locked:
            _remove_beyond(int(settings.THUMBNAILS_MAX_BYTES * REMAINING_SHARE))


def _count(size: int) -> None:
    global _written  # noqa: PLW0603  (of this process)
    share = settings.THUMBNAILS_MAX_BYTES * WRITTEN_SHARE / settings.WEB_PROCESSES
    with _guard:
        # Also at the first pack of a process: it may not live long enough to write that much.
        is_due = _written == 0 or _written + size > share
        _written = 1 if is_due else _written + size
    if is_due:
        remove_old()


def _note_use(pack: BinaryIO) -> None:
    now = time.time()
    if now - os.fstat(pack.fileno()).st_mtime > USE_SECONDS:
        os.utime(pack.fileno(), (now, now))


@contextmanager
def _cleanup_lock() -> Iterator[bool]:
    with (Path(settings.THUMBNAILS_DIR) / "tidy.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _remove_beyond(limit: int) -> None:
    packs = sorted(_stored(), reverse=True)
    total = 0
    for _, size, path in packs:
        total += size
        if total > limit:
            Path(path).unlink(missing_ok=True)


def _stored() -> Iterator[tuple[float, int, str]]:
    """(last use, size, path) of each pack; abandoned temporary files are removed on the way."""
    for folder in Path(settings.THUMBNAILS_DIR).glob("[0-9a-f][0-9a-f]"):
        for entry in os.scandir(folder):
            with suppress(FileNotFoundError):
                state = entry.stat()
                if entry.name.endswith(".pack"):
                    yield state.st_mtime, state.st_size, entry.path
                elif time.time() - state.st_mtime > ABANDONED_SECONDS:
                    os.unlink(entry.path)
