"""Requests to CVAT on behalf of a person: with the connection's own credential, and no other.

A web request that waits for CVAT holds a place in the share of threads that may: while CVAT is
slow or away, the other threads answer what does not need it.
"""

from __future__ import annotations

import functools
import hashlib
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden, CvatNotFound, CvatUnauthorized
from portal.caching import get_or_make
from portal.exceptions import Busy
from portal.thread_share import Limits, slow_work, slow_work_limits
from selector.models import Connection

Item = TypeVar("Item")
Answer = TypeVar("Answer")

ANSWER_SECONDS = 120.0  # for all requests of one client; the meta of a million frames takes 100
SIDE_BY_SIDE = 4  # requests to CVAT at a time, for one request to the portal
# Errors that concern one connection alone: share_errors() does not pass them on to others who ask
# for the same.
OF_ONE_CONNECTION = (CvatUnauthorized, CvatForbidden, CvatNotFound)

_thread = threading.local()


@contextmanager
def waiting_place(connection: Connection) -> Iterator[None]:
    """Hold a place among the threads that may wait for CVAT. A block inside needs no second one.

    Raises Busy.
    """
    if getattr(_thread, "has_place", False):
        yield
        return
    with slow_work.place(_limits(connection)) as has_place:
        if not has_place:
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
def cvat_client(connection: Connection) -> Iterator[CvatClient]:
    """A client, with a place to wait in. When CVAT refuses the credential, the connection is marked
    and the error goes on. In a thread of `side_by_side` the client of its caller. Raises Busy."""
    if (shared := getattr(_thread, "client", None)) is not None:
        yield shared
        return
    with waiting_place(connection), connection.client(seconds=ANSWER_SECONDS) as client:
        try:
            yield client
        except CvatUnauthorized:
            connection.mark_refused()
            raise


def side_by_side(
    connection: Connection, ask: Callable[[Item], Answer], items: Collection[Item]
) -> list[Answer]:
    """What `ask` returns for each of the items, in their order; a few at a time, by threads that
    share the place of the caller and a client. The first error ends it. Raises Busy, and what `ask`
    raises. `ask` must not use the database.
    """
    if not items:
        return []
    with (
        cvat_client(connection) as client,
        ThreadPoolExecutor(SIDE_BY_SIDE, initializer=_share, initargs=(client,)) as threads,
    ):
        return list(threads.map(ask, items))


def _share(client: CvatClient) -> None:
    _thread.has_place, _thread.client = True, client


def cached_answer(
    connection: Connection,
    question: tuple[object, ...],
    seconds: float,
    ask: Callable[[CvatClient], Answer],
) -> Answer:
    """What `ask` gets from CVAT, cached for this connection alone; asked once, however many want
    it at the same time. `question` tells its answers apart. Raises Busy, CvatError."""

    def make() -> Answer:
        with cvat_client(connection) as client:
            return ask(client)

    return get_or_make(
        answer_key(connection, *question),
        seconds,
        make,
        waiting=functools.partial(waiting_place, connection),
    )


def answer_key(connection: Connection, *question: object) -> str:
    """The cache key of an answer of CVAT to this connection.

    Another connection, organization or account (connecting again moves `verified_at`) has another
    key.
    """
    access = (connection.pk, connection.url, connection.organization, connection.verified_at)
    return "cvat:" + hashlib.sha256(repr((*map(str, access), *question)).encode()).hexdigest()


def _limits(connection: Connection) -> Limits:
    """Half of the threads; a quarter more may wait for a place. One person never has all of the
    places. With 16 threads a person has 7: what a browser asks at a time, and a button beside."""
    all_places = slow_work_limits()
    most = all_places["all"]
    return all_places | {
        f"server {connection.url}": most,
        f"person {connection.owner_id}": max(1, most * 7 // 8),
    }
