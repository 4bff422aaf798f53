"""The limit of requests that all workers together may have under way at one CVAT server.

The slots are members of a sorted set in Redis, changed by scripts that each run as one step. A work
holds its slots as long as it renews its lease, so a killed worker blocks nothing for long.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings

from portal.caching import redis_client, redis_optional
from portal.work.waiting import Waiting

FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.1
# A request that takes longer is one that CVAT holds back, 50 s for a chunk that is not made yet
# (cvat-api 10.2), or a long download.
SLOW_SECONDS = 3.0

# KEYS: slots (member "work:request", score: since when), leases (member work, score: until when).
# ARGV: work, request, limit, lease and slow in seconds.
# Of the slow requests of other works, half the limit counts, so that works that wait for chunks
# leave room for those that need not wait. What a work with slow requests adds counts in full.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local work, limit = ARGV[1], tonumber(ARGV[3])
redis.call('ZADD', KEYS[2], now + ARGV[4], work)
redis.call('EXPIRE', KEYS[2], 3600)
local alive = {}
for _, each in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], now, '+inf')) do alive[each] = true end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. now)
local fresh, slow, own_slow = 0, 0, 0
local slots = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #slots, 2 do
  local holder = string.match(slots[i], '^[^:]+')
  if not alive[holder] then
    redis.call('ZREM', KEYS[1], slots[i])
  elseif now - slots[i + 1] < tonumber(ARGV[5]) then
    fresh = fresh + 1
  else
    slow = slow + 1
    if holder == work then own_slow = own_slow + 1 end
  end
end
local counted = slow
if own_slow == 0 then counted = math.min(slow, limit - math.floor(limit / 2)) end
if fresh + counted >= limit then return 0 end
redis.call('ZADD', KEYS[1], now, work .. ':' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], 3600)
return 1
"""
# KEYS: leases. ARGV: work, lease in seconds.
_RENEW = """
local time = redis.call('TIME')
return redis.call('ZADD', KEYS[1], 'XX', time[1] + time[2] / 1000000 + ARGV[2], ARGV[1])
"""


class Slots:
    """The slots of one work. `sleep` waits, and raises when the work is stopped meanwhile. A work
    that does not call `renew` for `lease` seconds counts as dead, and gives back its slots."""

    def __init__(
        self,
        *,
        url: str,
        limit: int,
        lease: float,
        sleep: Callable[[float], None],
        waiting: Waiting | None = None,
    ) -> None:
        server = hashlib.sha256(url.encode()).hexdigest()[:16]
        prefix = f"{settings.CACHES['default'].get('KEY_PREFIX', '')}:requests:{server}"
        self._slots, self._leases = f"{prefix}:places", f"{prefix}:leases"
        self._limit = limit
        self._sleep = sleep
        self._waiting = waiting or Waiting()
        self._lease = lease
        self._work = uuid.uuid4().hex

    @contextmanager
    def one(self) -> Iterator[None]:
        """A slot while the with-block runs."""
        request = None
        # The limit protects CVAT; without it the work can still be done.
        with redis_optional("requests to CVAT are not counted"), self._waiting.for_turn():
            request = self._take()
        try:
            with self._waiting.for_answer():
                yield
        finally:
            self._give_back(request)

    def renew(self) -> None:
        """Keep the slots; called with every heartbeat."""
        with redis_optional("slots at the server are not renewed"):
            redis_client().eval(_RENEW, 1, self._leases, self._work, self._lease)

    def _take(self) -> str:
        pause = FIRST_PAUSE
        request = uuid.uuid4().hex
        arguments = (self._work, request, self._limit, self._lease, SLOW_SECONDS)
        while not redis_client().eval(_TAKE, 2, self._slots, self._leases, *arguments):
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return request

    def _give_back(self, request: str | None) -> None:
        if request is None:
            return
        with redis_optional("a slot at the server is given back when its lease ends"):
            redis_client().zrem(self._slots, f"{self._work}:{request}")
