"""The heartbeat of a work, written by a thread of its own."""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Any

from django.db import DatabaseError, close_old_connections, connection, connections

from portal.work.exceptions import Stopped
from portal.work.models import Work

logger = logging.getLogger(__name__)

PACE_BEATS = 15  # over how many beats the pace is taken


class Heartbeat:
    """Writes heartbeat and progress from a thread, so that a long wait for CVAT or a long copy does
    not stop them.

    `stopped` is set once no thread may do this work any more: it has ended, its deadline has
    passed, or the claim is lost (cancelled, taken over, or no heartbeat could be written for so
    long that another worker may have taken over).
    """

    def __init__(self, work: Work, worker: uuid.UUID) -> None:
        self.worker = worker
        self.frames_done = 0
        self.bytes_done = 0
        self.stopped = Event()
        self.at_beat: list[Callable[[], None]] = []
        self.waiting_for: Callable[[], str] = str  # what the work waits for, in words
        self._kind: Any = type(work)
        self._pk = work.pk
        self.limits = work.limits()
        self._ended = Event()
        self._last = time.monotonic()
        self._pause = self.limits.heartbeat_seconds
        self._history = deque([(self._last, 0, 0)], maxlen=PACE_BEATS)
        self._thread = Thread(
            target=self._run, name=f"{self._kind.__name__} {work.pk}", daemon=True
        )

    def say(self, text: str) -> None:
        """Show from now on what the work does or waits for, as a sentence; "" for nothing."""
        self.waiting_for = lambda: text

    def check(self) -> None:
        """Raises Stopped when the work may not go on."""
        if self.stopped.is_set():
            raise Stopped

    def sleep(self, seconds: float) -> None:
        """Raises Stopped when the work may not go on meanwhile."""
        if self.stopped.wait(seconds):
            raise Stopped

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopped.set()
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._ended.wait(self._pause):
                if not self._beat():
                    self.stopped.set()
                    return
                for call in self.at_beat:
                    call()
        finally:
            connections.close_all()

    def _beat(self) -> bool:
        close_old_connections()
        self._history.append((time.monotonic(), self.frames_done, self.bytes_done))
        # A row of its own: the worker changes its copy while this thread writes.
        row = self._kind(pk=self._pk)
        try:
            self._bound_lock_wait()
            held: bool = row.heartbeat(self.worker, **self._progress())
        except DatabaseError as error:
            logger.warning(
                "%s %s: no heartbeat this time: %s", self._kind.__name__, self._pk, error
            )
            # While SQLite is locked, no other worker can have taken the work over either. Try
            # again at once: the first moment without the lock is the heartbeat's.
            is_locked = connection.vendor == "sqlite" and "locked" in str(error)
            self._pause = 0.0 if is_locked else self.limits.heartbeat_seconds
            silent = time.monotonic() - self._last
            return is_locked or silent < self.limits.stale_seconds
        self._last = time.monotonic()
        self._pause = self.limits.heartbeat_seconds
        return held

    def _progress(self) -> dict[str, float | str]:
        (first, frames, length), (last, frames_now, length_now) = (
            self._history[0],
            self._history[-1],
        )
        seconds = max(last - first, 1e-3)
        return {
            "frames_done": frames_now,
            "progress_note": self.waiting_for(),
            "bytes_done": length_now,
            "frames_per_second": (frames_now - frames) / seconds,
            "bytes_per_second": (length_now - length) / seconds,
        }

    def _bound_lock_wait(self) -> None:
        """Let the heartbeat wait for SQLite's lock for a quarter of `stale_seconds` at most, so
        that after a late heartbeat the next one still comes before the work counts as abandoned."""
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout = {int(self.limits.stale_seconds * 250)}")
