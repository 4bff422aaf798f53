"""How many requests all workers together may have under way at one CVAT server.

The places are rows of a sorted set in Redis, changed by scripts that each run as one step. A build
holds its places as long as it renews its lease, so a killed worker blocks nothing for long.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import redis
from django.conf import settings
from redis.exceptions import RedisError

from selections.archives.waiting import Waiting

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.1
# A request that takes longer is one that CVAT holds back, 50 s for a chunk that is not made yet
# (cvat-api 10.2), or a long download.
SLOW_SECONDS = 3.0

# KEYS: places (member "build:request", score: since when), leases (member build, score: until
# when). ARGV: build, request, limit, lease and slow in seconds.
# Of the places of others that are slow, half the limit counts, so that builds that wait for chunks
# leave room for those that need not wait. What a build with slow requests adds counts in full.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local build, limit = ARGV[1], tonumber(ARGV[3])
redis.call('ZADD', KEYS[2], now + ARGV[4], build)
redis.call('EXPIRE', KEYS[2], 3600)
local alive = {}
for _, each in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], now, '+inf')) do alive[each] = true end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. now)
local fresh, slow, own_slow = 0, 0, 0
local places = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #places, 2 do
  local holder = string.match(places[i], '^[^:]+')
  if not alive[holder] then
    redis.call('ZREM', KEYS[1], places[i])
  elseif now - places[i + 1] < tonumber(ARGV[5]) then
    fresh = fresh + 1
  else
    slow = slow + 1
    if holder == build then own_slow = own_slow + 1 end
  end
end
local counted = slow
if own_slow == 0 then counted = math.min(slow, limit - math.floor(limit / 2)) end
if fresh + counted >= limit then return 0 end
redis.call('ZADD', KEYS[1], now, build .. ':' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], 3600)
return 1
"""
# KEYS: leases. ARGV: build, lease in seconds.
_RENEW = """
local time = redis.call('TIME')
return redis.call('ZADD', KEYS[1], 'XX', time[1] + time[2] / 1000000 + ARGV[2], ARGV[1])
"""


@cache
def _client(location: str) -> redis.Redis:
    """Of the cache that all workers share."""
    return redis.Redis.from_url(location)


class Slots:
    """The places of one build. `sleep` waits, and raises when the build is given up meanwhile."""

    def __init__(
        self,
        *,
        url: str,
        limit: int,
        sleep: Callable[[float], None],
        waiting: Waiting | None = None,
    ) -> None:
        server = hashlib.sha256(url.encode()).hexdigest()[:16]
        prefix = f"{settings.CACHES['default'].get('KEY_PREFIX', '')}:requests:{server}"
        self._places, self._leases = f"{prefix}:places", f"{prefix}:leases"
        self._limit = limit
        self._sleep = sleep
        self._waiting = waiting or Waiting()
        # A worker silent for so long counts as dead, and its places with it.
        self._lease = settings.ARCHIVE_STALE_SECONDS
        self._build = uuid.uuid4().hex

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place while the with-block runs."""
        request = None
        try:
            with self._waiting.for_turn():
                request = self._take()
        except RedisError:
            # Politeness must not stop a build: progress and truth are in the database.
            logger.warning("no shared count of requests: the broker does not answer")
        try:
            with self._waiting.for_answer():
                yield
        finally:
            self._give_back(request)

    def renew(self) -> None:
        """Keep what is held; called with every heartbeat."""
        try:
            self._redis.eval(_RENEW, 1, self._leases, self._build, self._lease)
        except RedisError:
            logger.warning("the places at the server were not renewed this time")

    @property
    def _redis(self) -> redis.Redis:
        return _client(str(settings.CACHES["default"]["LOCATION"]))

    def _take(self) -> str:
        pause = FIRST_PAUSE
        request = uuid.uuid4().hex
        arguments = (self._build, request, self._limit, self._lease, SLOW_SECONDS)
        while not self._redis.eval(_TAKE, 2, self._places, self._leases, *arguments):
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return request

    def _give_back(self, request: str | None) -> None:
        if request is None:
            return
        try:
            self._redis.zrem(self._places, f"{self._build}:{request}")
        except RedisError:
            logger.warning("a place at the server falls free by itself, later")
