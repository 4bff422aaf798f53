"""The frames of a block that are fetched one by one, by whichever threads have time."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from threading import Lock
from typing import Self

from selections.archives.planning import Block


class Singles:
    """Safe for threads. `done` has the errors, frame -> why it cannot be had, once all frames
    are dealt with; or it raises what ended the fetching."""

    def __init__(self, block: Block, frames: list[int]) -> None:
        self.block = block
        self.errors: dict[int, str] = {}
        self.done: Future[dict[int, str]] = Future()
        self._waiting = deque(frames)
        self._left = len(frames)
        self._lock = Lock()
        if not frames:
            self.done.set_result(self.errors)

    def take(self) -> int | None:
        """A frame that nobody fetches yet."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def note(self, frame: int, error: str = "") -> None:
        """That a frame is dealt with."""
        with self._lock:
            if error:
                self.errors[frame] = error
            self._left -= 1
            if self._left == 0 and not self.done.done():
                self.done.set_result(self.errors)

    def given_up(self, error: str) -> Self:
        """That no frame that nobody fetches yet shall be fetched, and why."""
        while (frame := self.take()) is not None:
            self.note(frame, error)
        return self

    def fail(self, error: BaseException) -> None:
        with self._lock:
            self._waiting.clear()
            if not self.done.done():
                self.done.set_exception(error)
