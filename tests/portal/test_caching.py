"""Locks hold across processes and end with their holder; without Redis nothing fails."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache, caches

from cvat.exceptions import CvatBroken, CvatUnauthorized
from portal import caching
from portal.caching import cache_count, cache_get, cache_set, get_or_make, lock, redis_client
from portal.exceptions import Busy
from tests.clocks import Clock
from tests.conftest import eventually


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def redis_away(settings: Any) -> Iterator[None]:
    """No Redis at the address of the cache."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}}
    yield
    del caches["default"]


def milliseconds_left(key: str) -> int:
    return int(redis_client().pttl(cache.make_key(f"lock:{key}")))


def test_a_lock_is_waited_for_no_longer_than_told(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("redis.lock.mod_time", clock)
    with lock(key), pytest.raises(Busy), lock(key, patience=2.0):
        pass
    assert 2.0 - caching.POLL_SECONDS <= sum(clock.slept) <= 2.0


def test_a_lock_is_free_after_an_error(key: str) -> None:
    with pytest.raises(ValueError, match="inside"), lock(key):
        raise ValueError("inside")
    with lock(key, patience=0):
        pass


def test_a_lock_is_renewed_while_it_is_held(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "LOCK_SECONDS", 3.0)
    with lock(key):
        redis_client().pexpire(cache.make_key(f"lock:{key}"), 60_000)
        eventually(lambda: 0 < milliseconds_left(key) <= 3000)
        with pytest.raises(Busy), lock(key, patience=0):
            pass
    assert milliseconds_left(key) == -2  # there is none


def test_a_lock_whose_holder_is_killed_expires(key: str) -> None:
    with lock(key):
        assert 0 < milliseconds_left(key) <= caching.LOCK_SECONDS * 1000


def test_a_lock_that_was_lost_is_left_to_its_new_holder(key: str) -> None:
    with lock(key):
        redis_client().delete(cache.make_key(f"lock:{key}"))
        other = lock(key, patience=0)
        other.__enter__()
    assert milliseconds_left(key) > 0
    other.__exit__(None, None, None)
    assert milliseconds_left(key) == -2


def test_a_value_is_made_once(key: str) -> None:
    assert get_or_make(key, 60, lambda: "first") == "first"
    assert get_or_make(key, 60, lambda: "second") == "first"


def test_what_waits_is_inside_waiting(key: str) -> None:
    """And a cached value needs no place."""
    places = threading.BoundedSemaphore(1)
    inside = []

    def make() -> int:
        inside.append(places.acquire(blocking=False))
        return 1

    for _ in range(2):
        get_or_make(key, 60, make, waiting=lambda: places)  # type: ignore[arg-type]
    assert inside == [False]


@pytest.mark.parametrize(
    ("error", "made"), [(CvatBroken("down", status=502), 1), (CvatUnauthorized("no"), 2)]
)
def test_an_error_is_shared_with_those_who_wait(key: str, error: Exception, made: int) -> None:
    calls = []
    asleep = threading.Event()

    def make() -> None:
        calls.append(1)
        if len(calls) == 1:
            assert asleep.wait(30)
        raise error

    def ask() -> None:
        with pytest.raises(type(error)):
            get_or_make(key, 60, make)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    threads[0].start()
    eventually(lambda: calls)
    with pytest.MonkeyPatch.context() as monkeypatch:
        watched = Clock()
        watched.sleep = lambda seconds: asleep.set()  # type: ignore[method-assign]
        monkeypatch.setattr("redis.lock.mod_time", watched)
        threads[1].start()
        for thread in threads:
            thread.join()
    assert len(calls) == made


@pytest.mark.usefixtures("redis_away")
def test_without_redis_values_are_made_each_time(key: str) -> None:
    cache_set({key: 1}, 60)
    assert cache_get(key) is None
    cache_count(key, 60)
    calls = []
    for _ in range(2):
        assert get_or_make(key, 60, lambda: calls.append(1) or "value") == "value"
    assert len(calls) == 2
    with pytest.raises(CvatBroken):
        get_or_make(key, 60, lambda: (_ for _ in ()).throw(CvatBroken("down", status=502)))


def test_a_count_ends_with_its_time(key: str) -> None:
    cache_count(key, 60)
    cache_count(key, 60)
    assert cache_get(key) == 2
    assert 0 < redis_client().pttl(cache.make_key(key)) <= 60_000
