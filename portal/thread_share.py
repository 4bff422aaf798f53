"""Limits how many web threads slow work may hold: in all, per person and per server."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

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
    def place(self, limits: Limits) -> Iterator[bool]:
        """True while a place is held; False when none is free."""
        if not self._take(limits):
            yield False
            return
        try:
            yield True
        finally:
            self._release(limits)

    def _take(self, limits: Limits) -> bool:
        with self._changed:
            if not self._fits(limits):
                if self._waiting >= self._most_waiting():
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
