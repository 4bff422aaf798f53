"""Limits of sign-ins to CVAT, shared by all processes of the portal.

`refusals_counted` limits how often a person may have CVAT refuse a sign-in: nobody should try
passwords through the portal, and to CVAT, which throttles by address, all of its people are one.

`SignInQueue` spreads requests without credentials: CVAT takes 100 of them a minute from one
address, which is the portal's for everybody who connects through it (cvat-api 1.7). Each request
reserves the next free moment in Redis and waits for it.
"""

from __future__ import annotations

import hashlib
import math
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache

from cvat.exceptions import CvatLoginRefused
from portal.caching import cache_count, cache_get, redis_client, redis_optional
from portal.exceptions import TooManyAttempts, TooManySignIns

REFUSALS_SECONDS = 900  # how long refusals count
WINDOW = 60  # seconds
LONGEST_WAIT = 5.0  # seconds that a web thread may wait for its moment

# Moments are milliseconds of the Redis server's clock, one for each request of the last window.
# Returns the wait and whether it is at most the longest one allowed, that is, reserved.
_RESERVE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local window, limit, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local moment = math.max(now, tonumber(redis.call('GET', KEYS[2]) or '0'))
local earlier = redis.call('ZREVRANGE', KEYS[1], limit - 1, limit - 1, 'WITHSCORES')
if earlier[2] then moment = math.max(moment, tonumber(earlier[2]) + window) end
local wait = moment - now
if wait > longest then return {wait, 0} end
redis.call('ZADD', KEYS[1], moment, ARGV[4])
redis.call('PEXPIRE', KEYS[1], window + longest)
return {wait, 1}
"""
_CLOSE = """
local clock = redis.call('TIME')
local until_ = clock[1] * 1000 + math.floor(clock[2] / 1000) + tonumber(ARGV[1])
redis.call('SET', KEYS[1], until_, 'PX', ARGV[1])
"""


@contextmanager
def refusals_counted(owner: User, url: str) -> Iterator[None]:
    """Count the sign-ins of the block that CVAT refuses. Raises TooManyAttempts at the start."""
    key = f"refused:{owner.pk}:{_hash(url)}"
    if int(cache_get(key) or 0) >= settings.LOGIN_FAILURE_LIMIT:
        raise TooManyAttempts(url, minutes=REFUSALS_SECONDS // 60)
    try:
        yield
    except CvatLoginRefused:
        cache_count(key, REFUSALS_SECONDS)
        raise


class SignInQueue:
    """The queue of one CVAT server."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._taken = cache.make_key(f"sign-ins:{_hash(url)}")
        self._closed = cache.make_key(f"sign-ins-closed:{_hash(url)}")

    def wait(self) -> None:
        """Wait until one more request may be sent. Raises TooManySignIns if that takes long."""
        wait, is_reserved = 0.0, True
        with redis_optional("sign-ins are not queued"):
            wait, is_reserved = self._reserve()
        if not is_reserved:
            raise TooManySignIns(self._url, seconds=math.ceil(wait))
        time.sleep(wait)

    def close(self, seconds: float) -> None:
        """Send no such request for so long, as CVAT has asked."""
        with redis_optional("CVAT's Retry-After is not noted"):
            redis_client().eval(_CLOSE, 1, self._closed, max(1, math.ceil(seconds * 1000)))

    def _reserve(self) -> tuple[float, bool]:
        limit = settings.CVAT_SIGN_INS_PER_MINUTE
        numbers = (WINDOW * 1000, limit, int(LONGEST_WAIT * 1000))
        wait, is_reserved = redis_client().eval(
            _RESERVE, 2, self._taken, self._closed, *numbers, uuid.uuid4().hex
        )
        return wait / 1000, bool(is_reserved)


def _hash(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:32]
