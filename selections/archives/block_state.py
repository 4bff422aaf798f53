"""The progress of fetching one block, shared by the threads that fetch it."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future
from threading import Lock
from typing import NamedTuple

from selections.archives.planning import Block


class Missing(NamedTuple):
    """Why a frame cannot be fetched."""

    reason: str  # can be shown
    is_late: bool = False  # CVAT may serve it later


class BlockState:
    """Safe for threads. `done` is resolved once each frame of the block is in the spool or missing,
    with what is missing (frame -> why), or with the error that ended the fetching."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.missing: dict[int, Missing] = {}
        self.done: Future[dict[int, Missing]] = Future()
        self.by_frames = False  # fetched frame by frame, not as a chunk
        # CVAT failed on the chunk, from which it reads each frame (cvat-api 10.3): if it fails on
        # some of them too, it will on the others.
        self.is_doubtful = False
        self.is_put_off = False  # CVAT put a request off, to be repeated later
        self.put_offs = 0  # how often
        self._first_asked: float | None = None
        self._not_taken: deque[int] = deque()
        self._remaining = 0
        self._lock = Lock()

    def waited(self) -> float:
        """Seconds since the first call, which is made when CVAT puts off the first request."""
        with self._lock:
            if self._first_asked is None:
                self._first_asked = time.monotonic()
            return time.monotonic() - self._first_asked

    def finish(self) -> None:
        """The whole block is in the spool."""
        with self._lock:
            self._resolve()

    def go_by_frames(self, frames: list[int]) -> None:
        """From now on threads take these frames one by one."""
        with self._lock:
            self._start_frames(frames)
            if not frames:
                self._resolve()

    def count_not_taken(self) -> int:
        return len(self._not_taken)

    def take(self) -> int | None:
        """A frame that no thread has taken yet; None if there is none."""
        with self._lock:
            return self._not_taken.popleft() if self._not_taken else None

    def put_back(self, frame: int) -> None:
        with self._lock:
            self._not_taken.appendleft(frame)

    def put_off(self) -> bool:
        """Mark the block as put off. False if it is already, or if its fetching has ended."""
        with self._lock:
            was_put_off, self.is_put_off = self.is_put_off, True
            self.put_offs += not was_put_off
            return not was_put_off and not self.done.done()

    def note(self, frame: int, missing: Missing | None = None) -> None:
        """A taken frame is in the spool, or missing for this reason."""
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
