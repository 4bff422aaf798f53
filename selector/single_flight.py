"""Done once when many ask at the same time, across the threads and processes of a machine."""

from __future__ import annotations

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TypeVar

from django.conf import settings

from selector.cvat.exceptions import CvatError, CvatUnauthorized
from selector.exceptions import Busy
from selector.keeping import keep, kept

T = TypeVar("T")

LOCKS = 4096
PATIENCE = 60.0  # seconds; CVAT itself may take 50 for a chunk (api-facts 7)
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.05
ERROR_SECONDS = 5


@contextmanager
def one_at_a_time(name: str, *, patience: float = PATIENCE) -> Iterator[None]:
    """Holds the lock of that name. Raises Busy when another keeps it for too long.

    The kernel frees the lock of a process that was killed. Names share a fixed number of files,
    so none is ever removed (a lock on a removed file holds nobody back); therefore do not nest.
    """
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % LOCKS
    folder = settings.THUMBNAILS_DIR / "locks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / f"{number:03x}").open("ab") as file:
        _take(file, patience)
        yield


def _take(file: IO[bytes], patience: float) -> None:
    end, pause = time.monotonic() + patience, FIRST_PAUSE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                raise Busy from None
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def raise_kept_error(key: str) -> None:
    """The error of a moment ago, so that many who wait do not all run into it one by one."""
    error = kept(f"{key}:error")
    if isinstance(error, CvatError):
        raise error


@contextmanager
def keeping_errors(
    key: str, *, but: tuple[type[CvatError], ...] = (CvatUnauthorized,)
) -> Iterator[None]:
    """Keeps what CVAT refuses or fails at for some seconds; see `raise_kept_error`.

    Not a refused credential: whoever connects again shall be heard at once.
    """
    try:
        yield
    except but:
        raise
    except CvatError as error:
        keep({f"{key}:error": error}, ERROR_SECONDS)
        raise


def remembered(key: str, seconds: float, make: Callable[[], T]) -> T:
    """What `make` answers, asked once and kept for so long; its CvatErrors for a few seconds."""
    found: T | None = kept(key)
    if found is not None:
        return found
    with one_at_a_time(key):
        found = kept(key)
        if found is not None:
            return found
        raise_kept_error(key)
        with keeping_errors(key):
            made = make()
        keep({key: made}, seconds)
        return made
