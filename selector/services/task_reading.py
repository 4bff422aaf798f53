"""What all kinds of TaskReading have in common: how one is begun, and what a worker reads first."""

from __future__ import annotations

from typing import TypeVar

from django.db import transaction

from cvat.types import FrameCatalog
from selector.models import Connection, TaskReading
from selector.services.catalogs import load_catalog
from selector.worker_requests import connection_of

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
    connection = connection_of(work)
    catalog = load_catalog(
        connection=connection,
        task_id=work.task_id if work.job_id is None else None,
        job_id=work.job_id,
    )
    return connection, catalog
