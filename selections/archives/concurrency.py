"""Adapts the number of concurrent requests of a build to the throughput that is measured."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Condition, Lock
from typing import NamedTuple

from cvat.exceptions import CvatError

FEWEST = 2
LEVELS = (FEWEST, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
START = 8
# For chunks of video, which are decoded here two at a time: one more than that, so that CVAT has
# something to do meanwhile. With more, CVAT may make the chunks of all before it answers the first,
# and the decoders are idle until then.
VIDEO_START = 3
# More requests must bring so much more in a second to be kept, and fewer may bring so much less.
GAIN, LOSS = 1.1, 0.95
# What a number of requests brings is measured over so many answers for each of them, at least.
ANSWERS, SECONDS = 2, 0.25
HOLD = 8  # measurements between two trials
REDUCTION = 2  # levels: about half of the requests
OVERLOADED = (429, 503)
# A request that is under way for longer is one that CVAT holds back, 50 s for a chunk that is not
# made yet (cvat-api 10.2), or a long download. Some others go on beside it, but none
# for STRICT_SECONDS after CVAT has answered that it gets too many.
SLOW_SECONDS = 3.0
STRICT_SECONDS = 10.0
CHECK_SECONDS = 0.2  # how often a thread that waits checks for slow requests and the end


class Speed(NamedTuple):
    """What arrives in a second. Bytes tell how full the line is, answers how busy CVAT is; a build
    that changes from chunks to frames or back has more of one and less of the other."""

    answers: float
    bytes: float


class Measurement:
    """What arrives while `limit` requests are under way, from the time `since` on. The first `skip`
    answers do not count."""

    def __init__(self, *, limit: int, skip: int, since: float) -> None:
        self._enough = ANSWERS * limit
        self._skip = skip
        self._since = since
        self._answers = self._bytes = 0

    def add(self, length: int, now: float) -> Speed | None:
        """Count an answer. The result, once there are enough of them."""
        if self._skip:
            self._skip -= 1
            self._since = now
            return None
        self._answers += 1
        self._bytes += length
        seconds = now - self._since
        if self._answers < self._enough or seconds < SECONDS:
            return None
        return Speed(self._answers / seconds, self._bytes / seconds)


class Concurrency:
    """The number of requests to have under way, found by trials: the next higher or lower level is
    kept if it pays. Not safe for threads; times are values of one clock."""

    def __init__(self, most: int) -> None:
        self._levels = [level for level in LEVELS if level < most] + [most]
        self._settled: Speed | None = None  # what the settled level brings
        self._is_trial = False
        self._direction = 1  # of this trial, or of the next one
        self._hold = 0  # measurements until the next trial
        self._reduced_at = float("-inf")
        self.start_at(START)

    @property
    def limit(self) -> int:
        return self._levels[self._level]

    def start_at(self, start: int) -> None:
        """Begin with so many requests, or with the next lower level."""
        self._level = max(sum(level <= start for level in self._levels) - 1, 0)
        self._settled_level = self._level
        self._measurement = Measurement(limit=self.limit, skip=1, since=0.0)

    def note_answer(self, length: int, *, now: float) -> None:
        """An answer of so many bytes has arrived."""
        speed = self._measurement.add(length, now)
        if speed is None:
            return
        if self._is_trial and not self._pays(speed):
            self._end_trials()
            self._go_to(self._settled_level, now)
        else:
            self._settle(speed)
            self._go_to(self._next_level(), now)

    def note_refusal(self, *, begun: float, now: float) -> None:
        """CVAT answered a request of the time `begun` that it gets too many."""
        if begun < self._reduced_at:
            return  # it was under way when an earlier refusal reduced the number
        self._reduced_at = now
        self._end_trials()
        self._direction = 1
        self._settled_level = max(self._level - REDUCTION, 0)
        self._go_to(self._settled_level, now)

    def _pays(self, speed: Speed) -> bool:
        settled = self._settled or speed
        gains = [new / old for new, old in zip(speed, settled, strict=True) if old]
        return max(gains) >= GAIN if self._direction > 0 else min(gains) >= LOSS

    def _settle(self, speed: Speed) -> None:
        # Trials downwards are all compared with the level above them: each may lose a little.
        if not (self._is_trial and self._direction < 0):
            self._settled = speed
        self._settled_level = self._level

    def _next_level(self) -> int:
        if self._hold:
            self._hold -= 1
            return self._level
        level = self._level + self._direction
        self._is_trial = 0 <= level < len(self._levels)
        if not self._is_trial:
            self._end_trials()
            return self._level
        return level

    def _end_trials(self) -> None:
        self._is_trial = False
        self._direction = -self._direction
        self._hold = HOLD

    def _go_to(self, level: int, now: float) -> None:
        """Measure the level next, without the answers that were under way before."""
        skip = self.limit if level != self._level else 0
        self._level = level
        self._measurement = Measurement(limit=self.limit, skip=skip, since=now)


class RequestGate:
    """Lets the requests of a build through, as many at a time as its Concurrency says, and never
    more than `most`. Safe for threads.

    `check` is called while a thread waits, and raises to end the waiting. Each request that is let
    through runs inside a new context from `slot`, which may wait as well.
    """

    def __init__(
        self,
        most: int,
        *,
        check: Callable[[], None],
        slot: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._most = most
        self._concurrency = Concurrency(most)
        self._check = check
        self._slot = slot
        # Requests let through: since when they are under way, infinity until they have a slot.
        self._begun: dict[object, float] = {}
        self._refused_at = float("-inf")
        self._lock = Lock()
        # Threads pass in the order in which they come: the first frames are wanted first.
        self._waiting: deque[Condition] = deque()

    @property
    def under_way(self) -> int:
        return len(self._begun)

    @contextmanager
    def one(self) -> Iterator[Callable[[CvatError], None]]:
        """A request is under way. Yields a function to call with the error if it fails."""
        request = object()

        def report(error: CvatError) -> None:
            if error.status in OVERLOADED:
                with self._lock:
                    self._refused_at = time.monotonic()
                    self._concurrency.note_refusal(begun=self._begun[request], now=self._refused_at)

        self._enter(request)
        try:
            with self._slot():
                with self._lock:
                    self._begun[request] = time.monotonic()
                yield report
        finally:
            with self._lock:
                del self._begun[request]
                self._wake_next()

    def start_at(self, start: int) -> None:
        """Let so many requests through at a time, until their answers tell what is better. Called
        before the first request."""
        with self._lock:
            self._concurrency.start_at(start)

    def note_answer(self, length: int) -> None:
        """A chunk or a frame of so many bytes has arrived."""
        with self._lock:
            self._concurrency.note_answer(length, now=time.monotonic())
            self._wake_next()

    def _enter(self, request: object) -> None:
        with self._lock:
            turn = Condition(self._lock)
            self._waiting.append(turn)
            try:
                while self._waiting[0] is not turn or self._is_full():
                    turn.wait(CHECK_SECONDS)
                    self._check()
            finally:
                self._waiting.remove(turn)
                self._wake_next()
            self._begun[request] = float("inf")

    def _wake_next(self) -> None:
        if self._waiting:
            self._waiting[0].notify()

    def _is_full(self) -> bool:
        limit = self._concurrency.limit
        counted = len(self._begun) - min(self._count_slow(), limit // 2)
        return counted >= limit or len(self._begun) >= self._most

    def _count_slow(self) -> int:
        """How many requests are slow; 0 while none may go on beside them."""
        now = time.monotonic()
        if now < self._refused_at + STRICT_SECONDS:
            return 0
        return sum(begun <= now - SLOW_SECONDS for begun in self._begun.values())
