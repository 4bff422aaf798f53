"""What all kinds of TaskReading have in common: how one is begun, and how a worker reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.conf import settings
from django.db import transaction

from cvat.client import CvatClient
from cvat.types import Credential, FrameCatalog
from portal.exceptions import NotConnected
from portal.work.heartbeat import Heartbeat
from portal.work.slots import Slots
from portal.work.waiting import Waiting
from selector.models import Connection, TaskReading
from selector.services.catalogs import load_catalog

R = TypeVar("R", bound=TaskReading)


def begin_reading(work: R) -> R:
    """Save the new work, and send it to a worker on commit. Outdated works of the person are
    deleted. To be called in a transaction."""
    model = type(work)
    model.objects.for_user(work.requested_by).outdated().delete()
    work.save()
    # Robust: without a broker the row waits, and is handed out once there is one.
    transaction.on_commit(work.send, robust=True)
    return work


def read_catalog(work: TaskReading) -> tuple[Connection, FrameCatalog]:
    """The connection of the work, and the task or job as it is now. Raises NotConnected,
    CvatError."""
    connection = work.connection
    if connection is None:
        raise NotConnected("The connection was removed. Connect to the CVAT server again.")
    catalog = load_catalog(
        connection=connection,
        task_id=work.task_id if work.job_id is None else None,
        job_id=work.job_id,
    )
    return connection, catalog


@contextmanager
def worker_client(
    connection: Connection, heartbeat: Heartbeat, *, credential: Credential | None = None
) -> Iterator[CvatClient]:
    """A patient client, of which each request has a slot among those of all works at the server.
    Its waits raise Stopped when the work is stopped. `credential`: see Connection.client."""
    waiting = Waiting()
    heartbeat.waiting_for = waiting.text
    slots = Slots(
        url=connection.url,
        limit=settings.CVAT_MAX_REQUESTS,
        lease=heartbeat.limits.stale_seconds,
        sleep=heartbeat.sleep,
        waiting=waiting,
    )
    heartbeat.at_beat.append(slots.renew)
    with connection.client(
        credential=credential, patient=True, sleep=heartbeat.sleep, around_attempt=slots.one
    ) as client:
        yield client
