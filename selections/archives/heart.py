"""The heartbeat of a build, written by a thread of its own."""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, connections

from selections.models import Archive

logger = logging.getLogger(__name__)

PACE_BEATS = 15  # over how many beats the pace is taken


class Heart:
    """Writes heartbeat and progress from a thread, so that a long wait for CVAT or a long copy does
    not stop them. `over` is set once no thread may work for this build any more: it has ended, its
    deadline has passed, or the claim is lost (cancelled, taken over, or no heartbeat could be
    written for so long that another worker may have taken over)."""

    def __init__(self, archive: Archive, worker: uuid.UUID) -> None:
        self.frames_done = 0
        self.bytes_done = 0
        self.over = Event()
        self.at_beat: list[Callable[[], None]] = []
        self.waiting_for: Callable[[], str] = str  # what the build waits for, in words
        self._archive_id = archive.pk
        self._worker = worker
        self._end = Event()
        self._last = time.monotonic()
        self._pause = settings.ARCHIVE_HEARTBEAT_SECONDS
        self._history = deque([(self._last, 0, 0)], maxlen=PACE_BEATS)
        self._thread = Thread(target=self._run, name=f"heart-{archive.pk}", daemon=True)

    def __enter__(self) -> Heart:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._end.wait(self._pause):
                if not self._beat():
                    self.over.set()
                    return
                for also in self.at_beat:
                    also()
        finally:
            connections.close_all()

    def _beat(self) -> bool:
        close_old_connections()
        self._history.append((time.monotonic(), self.frames_done, self.bytes_done))
        # A row of its own: the build changes its copy while this thread writes.
        row = Archive(pk=self._archive_id)
        try:
            _bound_lock_wait()
            held = row.heartbeat(self._worker, **self._progress())
        except DatabaseError as error:
            logger.warning("archive %s: no heartbeat this time: %s", self._archive_id, error)
            # While SQLite is locked, no other worker can have taken the build over either. Try
            # again at once: the first moment without the lock is the heartbeat's.
            is_locked = connection.vendor == "sqlite" and "locked" in str(error)
            self._pause = 0.0 if is_locked else settings.ARCHIVE_HEARTBEAT_SECONDS
            silent = time.monotonic() - self._last
            return is_locked or silent < settings.ARCHIVE_STALE_SECONDS
        self._last = time.monotonic()
        self._pause = settings.ARCHIVE_HEARTBEAT_SECONDS
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


def _bound_lock_wait() -> None:
    """Let the heartbeat wait for SQLite's lock for a quarter of ARCHIVE_STALE_SECONDS at most: so
    one that comes through late is followed by the next in time."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {int(settings.ARCHIVE_STALE_SECONDS * 250)}")
