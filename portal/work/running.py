"""What a worker does with a message: claims a work, does it, and writes how it ended."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError

from cvat.exceptions import CvatUnauthorized
from portal.exceptions import Explained
from portal.work.exceptions import Stopped
from portal.work.heartbeat import Heartbeat
from portal.work.models import Work
from portal.work.recovery import hand_out_next
from portal.work.values import WorkStatus

logger = logging.getLogger(__name__)

# Does a work of its kind and calls its `finish`. Raises Stopped, or any other error, which ends the
# work as failed: those of `Explained` with their own words.
Perform = Callable[[Any, Heartbeat], None]


def take_turn(kind: type[Work], pk: int, run_one: Callable[[int], bool]) -> None:
    """Do the work whose turn it is, see WorkQuerySet.in_turn. The one of the message goes first
    only when it is abandoned: a message says that there is something to do, not what.

    `run_one` calls `run` for the kind.
    """
    _run_in_turn(kind, pk, run_one)
    hand_out_next()


def _run_in_turn(kind: type[Work], pk: int, run_one: Callable[[int], bool]) -> None:
    if kind.objects.abandoned().filter(pk=pk).exists() and run_one(pk):
        return
    queued = kind.objects.filter(status=WorkStatus.QUEUED)
    while work := kind.objects.in_turn().first():
        if work.enqueued_at is None:
            # It has no message of its own: this one is used up for it.
            queued.filter(pk=pk).exclude(pk=work.pk).update(enqueued_at=None)
        if run_one(work.pk):
            return
    if queued.exists():
        # They wait for other works of their persons: handed out when one of these ends.
        queued.update(enqueued_at=None)


def run(kind: type[Work], pk: int, perform: Perform) -> bool:
    """Do the work if it still waits to be done; the outcome is in its row. False if it does not
    wait, or waits for other works of its person."""
    work = kind.objects.filter(pk=pk).first()
    worker = uuid.uuid4()
    if work is None or not work.claim(worker):
        logger.info("%s %s is not waiting for a worker", kind.__name__, pk)
        return False
    try:
        work.refresh_from_db()  # the claim may have waited for a lock while a relation was deleted
        with Heartbeat(work, worker) as heartbeat:
            _perform(work, heartbeat, perform)
    except Stopped:
        work.fail_overdue()
        logger.info("%s %s was stopped while a worker did it", kind.__name__, pk)
    except Explained as error:
        if isinstance(error, CvatUnauthorized) and work.connection:
            work.connection.mark_refused()
        work.fail(worker, str(error))
    except DatabaseError:
        # While it is away this raises as well, and the work is taken over as from a dead worker.
        logger.exception("%s %s: the database failed", kind.__name__, pk)
        work.fail(worker, "The database of the portal failed. Try again.")
    except Exception:
        # The edge of the worker: whatever it was, the person who waits must be told.
        logger.exception("%s %s failed", kind.__name__, pk)
        work.fail(worker, "Something unexpected went wrong. The log of the worker has details.")
    return True


def _perform(work: Work, heartbeat: Heartbeat, perform: Perform) -> None:
    while True:
        heartbeat.frames_done = heartbeat.bytes_done = 0
        try:
            return perform(work, heartbeat)
        except CvatUnauthorized:
            # Connecting again makes a new token and revokes the one that this work began with.
            if not (work.connection and work.connection.was_renewed()):
                raise
            logger.info("%s %s goes on with the renewed access", type(work).__name__, work.pk)
