"""How far the fetching of one block is."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future
from threading import Lock
from typing import NamedTuple

from selections.archives.planning import Block


class Missing(NamedTuple):
    """Why a frame cannot be had."""

    reason: str  # fit to be shown
    is_late: bool = False  # CVAT may give it later


class BlockState:
    """Safe for threads. `done` has what is missing (frame -> why) once all frames of the block are
    dealt with, or raises what ended the fetching."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.missing: dict[int, Missing] = {}
        self.done: Future[dict[int, Missing]] = Future()
        self.by_frames = False  # fetched frame by frame, not as a chunk
        self.is_put_off = False  # asked for in vain, and to be asked for again later
        self.put_offs = 0
        self._first_asked: float | None = None
        self._not_taken: deque[int] = deque()
        self._remaining = 0
        self._lock = Lock()

    def waited(self) -> float:
        """Seconds since the first call of this, which is made when the server is asked first."""
        with self._lock:
            if self._first_asked is None:
                self._first_asked = time.monotonic()
            return time.monotonic() - self._first_asked

    def finish(self) -> None:
        """All of it is in the spool."""
        with self._lock:
            self._resolve()

    def go_by_frames(self, frames: list[int]) -> None:
        """From now on these frames are taken one by one, by whichever threads have time."""
        with self._lock:
            self._start_frames(frames)
            if not frames:
                self._resolve()

    def count_not_taken(self) -> int:
        return len(self._not_taken)

    def take(self) -> int | None:
        """A frame that no thread fetches yet."""
        with self._lock:
            return self._not_taken.popleft() if self._not_taken else None

    def put_back(self, frame: int) -> None:
        with self._lock:
            self._not_taken.appendleft(frame)

    def put_off(self) -> bool:
        """Whether this call was the one that changed `is_put_off`."""
        with self._lock:
            was_put_off, self.is_put_off = self.is_put_off, True
            self.put_offs += not was_put_off
            return not was_put_off and not self.done.done()

    def note(self, frame: int, missing: Missing | None = None) -> None:
        """A taken frame is in the spool, or cannot be had for this reason."""
        with self._lock:
            self._note(frame, missing)

    def give_up(self, missing: Missing) -> None:
        """Give up all frames that no thread has taken yet, with this reason."""
        with self._lock:
            if not self.by_frames:
                self._start_frames(list(self.block.frames))
            while self._not_taken:
                self._note(self._not_taken.popleft(), missing)

    def fail(self, error: BaseException) -> None:
        """End the fetching with this error."""
        with self._lock:
            self._not_taken.clear()
            if not self.done.done():
                self.done.set_exception(error)

    def _start_frames(self, frames: list[int]) -> None:
        self.by_frames = True
        self._not_taken.extend(frames)
        self._remaining = len(frames)

    def _note(self, frame: int, missing: Missing | None) -> None:
        if missing is not None:
            self.missing[frame] = missing
        self._remaining -= 1
        if self._remaining == 0:
            self._resolve()

    def _resolve(self) -> None:
        if not self.done.done():
            self.done.set_result(self.missing)
