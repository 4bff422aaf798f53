"""What a work waits for, in words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, get_ident

# A wait that is shorter than this is not worth a word.
WORTH_A_WORD = 5.0  # seconds

PREPARING = (
    "CVAT is still preparing pictures; its chunk worker may be slow or down. "
    "The work goes on with others and asks again."
)
FAILING = (
    "CVAT fails on some pictures (status 500). The work goes on with others and asks again soon."
)
NO_TURN = "Other work uses all requests that this CVAT server is to get at a time."


class Waiting:
    """Collects what the threads of a work wait for. Safe for threads."""

    def __init__(self) -> None:
        self.put_off = 0  # blocks of frames to be asked for again later
        self.failing = 0  # of these, those that CVAT fails on
        self._turns: dict[int, float] = {}  # thread -> since when
        self._answers: dict[int, float] = {}
        self._lock = Lock()

    @contextmanager
    def for_turn(self) -> Iterator[None]:
        """This thread waits for a slot among the requests to the server."""
        with self._during(self._turns):
            yield

    @contextmanager
    def for_answer(self) -> Iterator[None]:
        """This thread waits for an answer of the server, or reads it; see answer_began."""
        with self._during(self._answers):
            yield

    def answer_began(self) -> None:
        """The answer that this thread waited for is coming in."""
        with self._lock:
            self._answers.pop(get_ident(), None)

    def text(self) -> str:
        """ "" while there is nothing to say."""
        with self._lock:
            longest_answer, longest_turn = map(_longest, (self._answers, self._turns))
        if self.put_off > self.failing or longest_answer > WORTH_A_WORD:
            return PREPARING
        if self.failing:
            return FAILING
        return NO_TURN if longest_turn > WORTH_A_WORD else ""

    @contextmanager
    def _during(self, since: dict[int, float]) -> Iterator[None]:
        with self._lock:
            since[get_ident()] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                since.pop(get_ident(), None)


def _longest(since: dict[int, float]) -> float:
    return time.monotonic() - min(since.values()) if since else 0.0
