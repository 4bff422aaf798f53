"""What happens to works without a person asking: dead workers, lost messages, deadlines."""

from __future__ import annotations

import time

from django.db import transaction

from portal.housekeeping import for_each, logger
from portal.work.models import Work, kinds
from portal.work.values import WorkStatus

SECOND_LOOK = 0.3  # seconds


def recover() -> None:
    """Hand out abandoned works and lost messages again. Fail the works that have ended their
    worker too often, and those past their deadline."""
    seconds = _seconds_for_a_write()
    for kind in kinds():
        if not kind.objects.active().exists():
            continue  # as most of the time; building the queries below takes far longer
        if seconds > kind.limits().heartbeat_seconds:
            # Whoever held the database has held up the heartbeats too: silence proves nothing.
            logger.warning("recovery: the database was locked, %s waits", kind.__name__)
        else:
            _recover(kind)


def hand_out_next() -> None:
    """Hand out the work of each kind whose turn it is among those that are not handed out: the end
    of another may have made room for it."""
    for kind in kinds():
        if not kind.objects.filter(status=WorkStatus.QUEUED, enqueued_at__isnull=True).exists():
            continue  # as most of the time; building the query of the turn takes far longer
        work = kind.objects.in_turn().filter(enqueued_at__isnull=True).first()
        if work is not None and work.hand_out_again():
            work.send()


def _recover(kind: type[Work]) -> None:
    for_each(kind.objects.overdue(), kind.fail_overdue)
    abandoned = list(kind.objects.abandoned())
    if abandoned:
        time.sleep(SECOND_LOOK)  # the lock may just have been released, the heartbeats come now
    for_each(abandoned, _fail_or_hand_out)
    for_each(list(kind.objects.to_hand_out().startable()), _fail_or_hand_out)


def _fail_or_hand_out(work: Work) -> None:
    if not work.fail_exhausted() and work.hand_out_again():
        work.send()


def _seconds_for_a_write() -> float:
    begun = time.monotonic()
    with transaction.atomic():  # begins with the lock for writing on SQLite
        pass
    return time.monotonic() - begun
