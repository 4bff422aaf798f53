"""A queue for requests to CVAT without credentials, shared by all processes of the portal.

CVAT takes 100 of them a minute from one address, which is the portal's for everybody who connects
through it (cvat-api 1.7). Each request reserves the next free moment in Redis and waits for it.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
import uuid

import redis
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from portal.exceptions import TooManySignIns

logger = logging.getLogger(__name__)

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


class Turns:
    """The queue of one CVAT server."""

    def __init__(self, url: str) -> None:
        self._url = url
        server = hashlib.sha256(url.encode()).hexdigest()[:32]
        self._taken = cache.make_key(f"sign-ins:{server}")
        self._closed = cache.make_key(f"sign-ins-closed:{server}")

    def wait(self) -> None:
        """Wait until one more request may be sent. Raises TooManySignIns if that takes long."""
        try:
            wait, is_reserved = self._reserve()
        except RedisError as error:
            logger.warning("no queue of sign-ins: the cache does not answer: %s", error)
            return
        if not is_reserved:
            raise TooManySignIns(self._url, seconds=math.ceil(wait))
        time.sleep(wait)

    def close(self, seconds: float) -> None:
        """Note that CVAT wants no such request for so long."""
        try:
            with _redis() as client:
                client.eval(_CLOSE, 1, self._closed, max(1, math.ceil(seconds * 1000)))
        except RedisError as error:
            logger.warning("CVAT's Retry-After is not noted: %s", error)

    def _reserve(self) -> tuple[float, bool]:
        limit = settings.CVAT_SIGN_INS_PER_MINUTE
        numbers = (WINDOW * 1000, limit, int(LONGEST_WAIT * 1000))
        with _redis() as client:
            wait, is_reserved = client.eval(
                _RESERVE, 2, self._taken, self._closed, *numbers, uuid.uuid4().hex
            )
        return wait / 1000, bool(is_reserved)


def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
