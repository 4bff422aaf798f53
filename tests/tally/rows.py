"""Rows of tallies, and what becomes of their workers."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone

from tests.tally import tasks
from tests.tally.models import Tally


def make_tally(user: User, frames: int = 3) -> Tally:
    return Tally.objects.create(requested_by=user, frames_total=frames)


def again(tally: Tally) -> Tally:
    """Its row, as the database has it now."""
    return Tally.objects.get(pk=tally.pk)


def begin(tally: Tally) -> uuid.UUID:
    """The worker that claimed it."""
    worker = uuid.uuid4()
    assert again(tally).claim(worker)
    return worker


def grow_stale(tally: Tally) -> None:
    """As an hour after the last heartbeat and the last message."""
    long_ago = timezone.now() - timedelta(hours=1)
    Tally.objects.filter(pk=tally.pk).update(heartbeat_at=long_ago, enqueued_at=long_ago)


def worker_died(tally: Tally, *, frames_done: int = 0, minutes: float = 0) -> None:
    """Claimed by a worker that falls silent after so many frames and minutes."""
    assert again(tally).heartbeat(begin(tally), frames_done=frames_done)
    grow_stale(tally)
    claimed = again(tally).heartbeat_at - timedelta(minutes=minutes)
    Tally.objects.filter(pk=tally.pk).update(claimed_at=claimed)


def in_thread(tally: Tally) -> threading.Thread:
    """A worker of its own does it."""
    return at_once([lambda: tasks.count(tally.pk)])[0]


def at_once(calls: list[Callable[[], object]]) -> list[threading.Thread]:
    """A thread for each call; they begin together."""
    together = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        try:
            together.wait()
            call()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    return threads


def answers(calls: list[Callable[[], bool]]) -> list[bool]:
    """What the calls answer that begin together."""
    collected: list[bool] = []
    for thread in at_once([lambda call=call: collected.append(call()) for call in calls]):
        thread.join()
    assert len(collected) == len(calls)
    return collected
