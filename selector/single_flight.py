"""Asking CVAT once when many want the same at the same time, across the threads and processes of a
machine."""

from __future__ import annotations

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import IO, TypeVar

from django.conf import settings
from django.utils import timezone

from cvat.exceptions import CvatError, CvatForbidden, CvatNotFound, CvatUnauthorized
from portal.cache import keep, kept
from portal.exceptions import Busy
from selector.asking import place
from selector.models import Connection

T = TypeVar("T")

LOCKS = 4096
PATIENCE = 60.0  # seconds; CVAT itself may take 50 for a chunk (cvat-api 10.2)
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.05
ERROR_SECONDS = 5  # for what CVAT refuses
SHARED_SECONDS = 70  # longer than anybody waits for the lock


@contextmanager
def one_at_a_time(
    name: str, connection: Connection, *, patience: float = PATIENCE
) -> Iterator[None]:
    """Holds the lock of that name, to ask CVAT through the connection. Raises Busy when another
    keeps it for too long, and when too much waits for CVAT.

    The kernel frees the lock of a process that was killed. Names share a fixed number of files,
    so none is ever removed (a lock on a removed file holds nobody back); therefore do not nest.
    """
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % LOCKS
    folder = settings.THUMBNAILS_DIR / "locks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with place(connection), (folder / f"{number:03x}").open("ab") as file:
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


def raise_shared_error(key: str, *, since: datetime) -> None:
    """Raises the error that CVAT gave to another request after `since`, and for some seconds that
    it refuses access.

    So those who waited for an answer do not all run into the same error one by one. A failure of a
    moment is not held against those who ask after it.
    """
    at, error = kept(f"{key}:error") or (since, None)
    refused_since = timezone.now() - timedelta(seconds=ERROR_SECONDS)
    is_refusal = isinstance(error, (CvatForbidden, CvatNotFound)) and at > refused_since
    if error is not None and (at > since or is_refusal):
        raise error


@contextmanager
def errors_shared(
    key: str, *, but: tuple[type[CvatError], ...] = (CvatUnauthorized,)
) -> Iterator[None]:
    """Shares CvatErrors of the block with those who wait for its result already.

    Not a refused credential: whoever connects again shall be heard at once.
    """
    try:
        yield
    except but:
        raise
    except CvatError as error:
        keep({f"{key}:error": (timezone.now(), error)}, max(ERROR_SECONDS, SHARED_SECONDS))
        raise


def remembered(key: str, connection: Connection, seconds: float, make: Callable[[], T]) -> T:
    """What `make` asks CVAT through the connection, asked once and kept for so long."""
    found: T | None = kept(key)
    if found is not None:
        return found
    began = timezone.now()
    with one_at_a_time(key, connection):
        found = kept(key)
        if found is not None:
            return found
        raise_shared_error(key, since=began)
        with errors_shared(key):
            made = make()
        keep({key: made}, seconds)
        return made
