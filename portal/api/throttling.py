"""The bound on the requests of a person to the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

from portal.caching import redis_client

if TYPE_CHECKING:
    from rest_framework.views import APIView  # its module loads this one


class CountingThrottle(UserRateThrottle):
    """Counts the requests in periods that begin with the first request of a person.

    DRF's UserRateThrottle stores the time of each request: up to 54 kB, read and written with every
    request, at the default of API_RATE.
    """

    cache_format = "requests_of_%(scope)s_%(ident)s"  # under DRF's own key are lists of times
    num_requests: int | None  # of API_RATE
    duration: int  # seconds
    seconds_left = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        key = self.get_cache_key(request, view)
        if self.num_requests is None or key is None:
            return True
        count, self.seconds_left = _count(cache.make_key(key), self.duration)
        return count <= self.num_requests

    def wait(self) -> float:
        """Seconds until the next request is allowed."""
        return max(1.0, self.seconds_left)


def _count(key: str, seconds: int) -> tuple[int, int]:
    """The requests of the period, with this one, and the seconds that are left of it."""
    client = redis_client()
    commands: Any = client.pipeline()
    commands.incr(key)
    commands.ttl(key)
    count, remaining = commands.execute()
    if remaining < 0:  # the first of the period, or its process ended before the next line
        client.expire(key, seconds)
        remaining = seconds
    return count, remaining
