"""Limits how many web threads slow work may hold: in all, per person and per server."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings

PLACE_SECONDS = 4.0  # to wait for a place in slow work

# Holder ("person 3", "server https://..." or "all") -> how many threads it may hold.
Limits = Mapping[str, int]


class ThreadShare:
    """Counts the threads of this process that hold a place; a place counts against every limit it
    is taken with.

    `waiting` is how many more threads may wait for a place, for at most `patience` seconds.
    """

    def __init__(
        self, *, waiting: Callable[[], int] = lambda: 0, patience: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._most_waiting = waiting
        self._patience = patience
        self._held: Counter[str] = Counter()
        self._waiting = 0
        self._changed = threading.Condition()

    @contextmanager
    def place(self, limits: Limits, *, may_wait: bool = True) -> Iterator[bool]:
        """True while a place is held; False when none is free."""
        if not self._take(limits, may_wait=may_wait):
            yield False
            return
        try:
            yield True
        finally:
            self._release(limits)

    def _take(self, limits: Limits, *, may_wait: bool) -> bool:
        with self._changed:
            if not self._fits(limits):
                if not may_wait or self._waiting >= self._most_waiting():
                    return False
                self._waiting += 1
                try:
                    if not self._changed.wait_for(lambda: self._fits(limits), self._patience()):
                        return False
                finally:
                    self._waiting -= 1
            self._held.update(limits.keys())
            return True

    def _release(self, limits: Limits) -> None:
        with self._changed:
            self._held.subtract(limits.keys())
            self._held += Counter()  # drops those at zero
            self._changed.notify_all()

    def _fits(self, limits: Limits) -> bool:
        return all(self._held[key] < most for key, most in limits.items())


def slow_work_limits() -> dict[str, int]:
    """Half of the threads, for what waits for CVAT or a build or counts splits and comparisons,
    all together."""
    return {"all": max(1, settings.WEB_THREADS // 2)}


def most_waiting_for_slow_work() -> int:
    """A quarter of the threads. With four or fewer none, so that one is left for other requests."""
    return settings.WEB_THREADS // 4 if settings.WEB_THREADS > 4 else 0


slow_work = ThreadShare(waiting=most_waiting_for_slow_work, patience=lambda: PLACE_SECONDS)
