"""Requests to CVAT by a worker, through the connection with which its work was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings

from cvat.client import CvatClient
from cvat.types import Credential
from portal.exceptions import NotConnected
from portal.work.heartbeat import Heartbeat
from portal.work.models import Work
from portal.work.slots import Slots
from portal.work.waiting import Waiting
from selector.models import Connection


def connection_of(work: Work) -> Connection:
    """The connection of the work. Raises NotConnected once it was removed."""
    connection: Connection | None = work.connection
    if connection is None:
        raise NotConnected("The connection was removed. Connect to the CVAT server again.")
    return connection


def request_slots(
    connection: Connection,
    heartbeat: Heartbeat,
    *,
    sleep: Callable[[float], None],
    waiting: Waiting | None = None,
) -> Slots:
    """The slots of a work among those that all works share for requests to the server, held for as
    long as the heartbeat goes on. `sleep`, `waiting`: see Slots."""
    slots = Slots(
        url=connection.url,
        limit=settings.CVAT_MAX_REQUESTS,
        lease=heartbeat.limits.stale_seconds,
        sleep=sleep,
        waiting=waiting,
    )
    heartbeat.at_beat.append(slots.renew)
    return slots


@contextmanager
def worker_client(
    connection: Connection, heartbeat: Heartbeat, *, credential: Credential | None = None
) -> Iterator[CvatClient]:
    """A patient client, of which each request has a slot among those of all works at the server.
    Its waits raise Stopped when the work is stopped. `credential`: see Connection.client."""
    waiting = Waiting()
    heartbeat.waiting_for = waiting.text
    slots = request_slots(connection, heartbeat, sleep=heartbeat.sleep, waiting=waiting)
    with connection.client(
        credential=credential, patient=True, sleep=heartbeat.sleep, around_attempt=slots.one
    ) as client:
        yield client
