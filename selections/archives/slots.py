"""How many requests all workers together may have under way at one CVAT server.

Each takes one of a fixed number of places in the shared cache. A place that is not renewed falls
free after a few seconds, so a killed worker blocks nothing for long.
"""

from __future__ import annotations

import hashlib
import logging
import math
import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.1


class Slots:
    """`sleep` waits, and raises when the build is given up meanwhile."""

    def __init__(self, *, url: str, limit: int, sleep: Callable[[float], None]) -> None:
        self._server = hashlib.sha256(url.encode()).hexdigest()[:16]
        self._limit = limit
        self._sleep = sleep
        # A worker silent for so long counts as dead, and its places with it.
        self._lease = math.ceil(settings.ARCHIVE_STALE_SECONDS)
        self._me = uuid.uuid4().hex
        self._lock = Lock()
        self._held: set[str] = set()

    @contextmanager
    def one(self) -> Iterator[None]:
        try:
            place = self._take()
        except RedisError:
            # Politeness must not stop a build: progress and truth are in the database.
            logger.warning("no shared count of requests: the broker does not answer")
            place = None
        try:
            yield
        finally:
            self._give_back(place)

    def renew(self) -> None:
        """Keep what is held; called with every heartbeat."""
        with self._lock:
            held = list(self._held)
        try:
            for place in held:
                cache.touch(place, self._lease)
        except RedisError:
            logger.warning("the places at the server were not renewed this time")

    def _take(self) -> str:
        pause = FIRST_PAUSE
        while True:
            # From a place of its own on: side by side they would else all try the first.
            start = random.randrange(self._limit)  # noqa: S311
            for number in range(self._limit):
                place = f"slot:{self._server}:{(start + number) % self._limit}"
                if cache.add(place, self._me, self._lease):
                    with self._lock:
                        self._held.add(place)
                    return place
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _give_back(self, place: str | None) -> None:
        if place is None:
            return
        with self._lock:
            self._held.discard(place)
        try:
            # After a long silence it may be somebody else's by now.
            if cache.get(place) == self._me:
                cache.delete(place)
        except RedisError:
            logger.warning("a place at the server falls free by itself, later")
