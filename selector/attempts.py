"""How often a person may have CVAT refuse a sign-in: nobody shall try passwords through the portal,
and to CVAT, which throttles by address, all of its people are one."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from redis.exceptions import RedisError

from cvat.exceptions import CvatLoginRefused
from portal.exceptions import TooManyAttempts

logger = logging.getLogger(__name__)

WITHIN = 900  # seconds


@contextmanager
def counted(owner: User, url: str) -> Iterator[None]:
    """Counts what CVAT refuses in the block. Raises TooManyAttempts instead of entering it."""
    key = f"refused:{owner.pk}:{hashlib.sha256(url.encode()).hexdigest()[:32]}"
    if _refusals(key) >= settings.LOGIN_FAILURE_LIMIT:
        raise TooManyAttempts(url, minutes=WITHIN // 60)
    try:
        yield
    except CvatLoginRefused:
        _count(key)
        raise


def _refusals(key: str) -> int:
    try:
        return int(cache.get(key, 0))
    except RedisError as error:
        logger.warning("the cache does not answer: %s", error)
        return 0


def _count(key: str) -> None:
    try:
        cache.add(key, 0, WITHIN)
        cache.incr(key)
    except (RedisError, ValueError) as error:  # ValueError: it fell due just now
        logger.warning("a refused sign-in is not counted: %s", error)
