"""Cached values, locks, and values made once however many ask for them: all in Redis.

Redis makes the portal fast, it holds no truth. While it does not answer, every read is a miss,
nothing is stored, and a lock holds nobody back.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any, TypeVar

import redis
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

from cvat.exceptions import CvatError, CvatForbidden, CvatNotFound, CvatUnauthorized
from portal.exceptions import Busy

logger = logging.getLogger(__name__)

Value = TypeVar("Value")

LOCK_SECONDS = 10.0  # a lock outlasts a killed holder by this at most
POLL_SECONDS = 0.05
PATIENCE = 60.0  # seconds to wait for a lock; CVAT itself may take 50 for a chunk (cvat-api 10.2)
REFUSAL_SECONDS = 5  # how long a refusal of CVAT counts for those who ask after it
ERROR_SECONDS = 130  # how long an error is stored; longer than anybody waits for a lock


@contextmanager
def redis_optional(consequence: str) -> Iterator[None]:
    """Log a failure of Redis in the block, with its consequence, instead of raising it."""
    try:
        yield
    except RedisError as error:
        logger.warning("Redis does not answer, %s: %s", consequence, error)


def redis_client() -> redis.Redis:
    """A client of the cache's Redis, for scripts and locks; keys are those of `cache.make_key`."""
    return _client(str(settings.CACHES["default"]["LOCATION"]))


@functools.cache
def _client(location: str) -> redis.Redis:
    return redis.Redis.from_url(location)


def cache_get(key: str) -> Any:
    """The cached value, or None."""
    try:
        return cache.get(key)
    except RedisError as error:
        logger.warning("Redis does not answer, nothing is read from the cache: %s", error)
        return None


def cache_set(values: Mapping[str, Any], seconds: float) -> None:
    with redis_optional("nothing is cached"):
        cache.set_many(dict(values), int(seconds))


def cache_count(key: str, seconds: float) -> None:
    """Add 1 to a counter that expires so long after its first count."""
    with redis_optional("an event is not counted"):
        cache.add(key, 0, int(seconds))
        try:
            cache.incr(key)
        except ValueError:  # expired between the two commands
            return


@contextmanager
def lock(key: str, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock of this name, which holds across processes and machines, in the block.

    It is renewed until the end of the block. Raises Busy when others hold it for longer than
    `patience` seconds. Not reentrant.
    """
    held = redis_client().lock(
        cache.make_key(f"lock:{key}"),
        timeout=LOCK_SECONDS,
        sleep=POLL_SECONDS,
        blocking_timeout=patience,
        thread_local=False,  # renewed by a thread of its own
    )
    is_refused = False
    with redis_optional("a lock holds nobody back"):
        is_refused = not held.acquire()
    if is_refused:
        raise Busy
    released = threading.Event()
    threading.Thread(target=_renew, args=(held, released), daemon=True).start()
    try:
        yield
    finally:
        released.set()
        if held.local.token is not None:
            with redis_optional("a lock expires by itself"):
                held.release()


def _renew(held: Any, released: threading.Event) -> None:
    while held.local.token is not None and not released.wait(LOCK_SECONDS / 3):
        with redis_optional("a lock is not renewed"):
            held.reacquire()


def raise_shared_error(key: str, *, since: datetime) -> None:
    """Raise the CvatError of another request that `share_errors` stored after `since`; a refusal
    of access also when it was stored in the last REFUSAL_SECONDS.

    So those who waited for a value do not all run into the same error one by one, and a momentary
    failure does not concern those who ask after it.
    """
    at, error = cache_get(f"{key}:error") or (since, None)
    is_refusal = isinstance(error, (CvatForbidden, CvatNotFound))
    refused_since = timezone.now() - timedelta(seconds=REFUSAL_SECONDS)
    if error is not None and (at > since or (is_refusal and at > refused_since)):
        raise error


@contextmanager
def share_errors(
    key: str, *, but: tuple[type[CvatError], ...] = (CvatUnauthorized,)
) -> Iterator[None]:
    """Store a CvatError of the block for those who wait for its result.

    Not a refused credential: whoever connects again must be heard at once.
    """
    try:
        yield
    except but:
        raise
    except CvatError as error:
        seconds = max(REFUSAL_SECONDS, ERROR_SECONDS)
        cache_set({f"{key}:error": (timezone.now(), error)}, seconds)
        raise


def get_or_make(
    key: str,
    seconds: float,
    make: Callable[[], Value],
    *,
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Value:
    """The cached value, else the result of `make`, cached for so long; made once, however many
    ask at the same time. `waiting` is around all that may take long.

    Raises the CvatErrors of `make`, also those that another request got while this one waited,
    and Busy.
    """
    value: Value | None = cache_get(key)
    if value is not None:
        return value
    asked_at = timezone.now()
    with waiting(), lock(key):
        value = cache_get(key)
        if value is None:
            raise_shared_error(key, since=asked_at)
            with share_errors(key):
                value = make()
            cache_set({key: value}, seconds)
    return value
