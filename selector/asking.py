"""Asking CVAT on behalf of somebody: with the connection's own credential, and no other.

Whatever in a web request waits for CVAT holds a place in the share of threads that may: while CVAT
is slow or away, the other threads go on answering what does not need it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from cvat.client import CvatClient
from cvat.exceptions import CvatUnauthorized
from portal.exceptions import Busy
from portal.thread_share import Limits, ThreadShare
from selector.models import Connection

ANSWER_SECONDS = 120.0  # for all that one `asking` asks; the meta of a million frames takes 100
PLACE_SECONDS = 4.0  # to wait for a place

_share = ThreadShare(
    waiting=lambda: max(1, settings.WEB_THREADS // 4), patience=lambda: PLACE_SECONDS
)
_thread = threading.local()


@contextmanager
def place(connection: Connection) -> Iterator[None]:
    """A place among the threads that may wait for CVAT; one is enough, however often it is taken
    again inside. Raises Busy."""
    if getattr(_thread, "has_place", False):
        yield
        return
    with _share.place(_limits(connection)) as is_there:
        if not is_there:
            raise Busy(
                "CVAT is slow to answer, and as many requests are waiting for it as may. "
                "Try again in a few seconds."
            )
        _thread.has_place = True
        try:
            yield
        finally:
            _thread.has_place = False


@contextmanager
def asking(connection: Connection) -> Iterator[CvatClient]:
    """A client. When CVAT refuses the credential the connection is marked; the error goes on.

    Raises Busy when too much waits for CVAT already.
    """
    with place(connection), connection.client(seconds=ANSWER_SECONDS) as client:
        try:
            yield client
        except CvatUnauthorized:
            connection.mark_refused()
            raise


def answer_key(connection: Connection, *what: object) -> str:
    """The key of an answer of CVAT to this connection, for the cache.

    Nobody else's: another connection, organization or account (connecting again moves
    `verified_at`) has another one.
    """
    whose = (connection.pk, connection.url, connection.organization, connection.verified_at)
    return "cvat:" + hashlib.sha256(repr((*map(str, whose), *what)).encode()).hexdigest()


def _limits(connection: Connection) -> Limits:
    """Half of the threads; a quarter more may wait for a place. One person never has all of the
    places. With 16 threads a person has 7: what a browser asks at a time, and a button beside."""
    most = max(1, settings.WEB_THREADS // 2)
    return {
        "all": most,
        f"server {connection.url}": most,
        f"person {connection.owner_id}": max(1, most * 7 // 8),
    }
