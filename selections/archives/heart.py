"""A build's sign of life."""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from selections.models import Archive

logger = logging.getLogger(__name__)

PACE_BEATS = 15  # over how many beats the pace is taken


class Heart:
    """Writes progress from a thread of its own, so that a long wait for CVAT or a long copy is no
    silence. `over` is set once nobody shall work for this build any more: it has ended, or the
    claim is gone (cancelled, taken over, or no beat got through for so long that another worker
    may have taken over)."""

    def __init__(self, archive: Archive, worker: uuid.UUID) -> None:
        self.frames_done = 0
        self.bytes_done = 0
        self.over = Event()
        self.at_beat: list[Callable[[], None]] = []
        self._archive_id = archive.pk
        self._worker = worker
        self._end = Event()
        self._last = time.monotonic()
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
            while not self._end.wait(settings.ARCHIVE_HEARTBEAT_SECONDS):
                if not self._beat():
                    self.over.set()
                    return
                for also in self.at_beat:
                    also()
        finally:
            connections.close_all()

    def _beat(self) -> bool:
        close_old_connections()
        now = time.monotonic()
        self._history.append((now, self.frames_done, self.bytes_done))
        # A row of its own: the build changes its copy while this thread writes.
        row = Archive(pk=self._archive_id)
        try:
            held = row.heartbeat(self._worker, **self._progress())
        except DatabaseError:
            logger.warning("archive %s: no heartbeat this time", self._archive_id, exc_info=True)
            return bool(now - self._last < settings.ARCHIVE_STALE_SECONDS)
        self._last = now
        return held

    def _progress(self) -> dict[str, float]:
        (first, frames, length), (last, frames_now, length_now) = (
            self._history[0],
            self._history[-1],
        )
        seconds = max(last - first, 1e-3)
        return {
            "frames_done": frames_now,
            "bytes_done": length_now,
            "frames_per_second": (frames_now - frames) / seconds,
            "bytes_per_second": (length_now - length) / seconds,
        }
