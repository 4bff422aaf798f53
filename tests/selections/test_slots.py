"""All workers together keep within the number of requests that one CVAT server shall get."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache

from selections.archives.slots import Slots
from tests.conftest import eventually


class GivenUp(Exception):
    pass


def slots(url: str, *, limit: int = 3) -> Slots:
    return Slots(url=url, limit=limit, sleep=time.sleep)


@pytest.fixture
def url() -> str:
    return f"http://cvat-{uuid.uuid4().hex}"


def refuse(_: float) -> None:
    raise GivenUp


def is_full(url: str, *, limit: int = 3) -> bool:
    """Whether another worker would have to wait."""
    try:
        with Slots(url=url, limit=limit, sleep=refuse).one():
            return False
    except GivenUp:
        return True


def test_never_more_than_the_limit_over_several_builds(url: str) -> None:
    builds = [slots(url) for _ in range(4)]
    under_way, most = 0, 0
    lock = threading.Lock()

    def one_request(number: int) -> None:
        nonlocal under_way, most
        with builds[number % 4].one():
            with lock:
                under_way += 1
                most = max(most, under_way)
            time.sleep(0.003)
            with lock:
                under_way -= 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one_request, range(200)))
    assert most == 3
    assert not is_full(url)


def test_another_server_has_places_of_its_own(url: str) -> None:
    with slots(url, limit=1).one():
        assert is_full(url, limit=1)
        assert not is_full(url + "-2", limit=1)


def test_a_request_that_fails_gives_its_place_back(url: str) -> None:
    mine = slots(url, limit=1)
    with pytest.raises(ConnectionError), mine.one():
        raise ConnectionError
    assert not is_full(url, limit=1)


def test_who_is_given_up_waits_no_longer(url: str) -> None:
    with slots(url, limit=1).one(), pytest.raises(GivenUp):
        Slots(url=url, limit=1, sleep=refuse).one().__enter__()


def test_the_places_of_a_killed_worker_fall_free(url: str, settings: object) -> None:
    settings.ARCHIVE_STALE_SECONDS = 0.5
    killed = slots(url, limit=1)
    killed._take()
    assert is_full(url, limit=1)
    eventually(lambda: not is_full(url, limit=1), seconds=10)


def test_a_living_worker_keeps_its_places(url: str, settings: object) -> None:
    settings.ARCHIVE_STALE_SECONDS = 3.0
    mine, silent = slots(url, limit=1), slots(url + "-2", limit=1)

    def outlived() -> bool:
        mine.renew()
        return not is_full(url + "-2", limit=1)

    with mine.one():
        silent._take()  # later than mine, for as long
        eventually(outlived)
        assert is_full(url, limit=1)
    assert not is_full(url, limit=1)


def test_a_late_worker_does_not_give_away_the_place_of_another(url: str, settings: object) -> None:
    settings.ARCHIVE_STALE_SECONDS = 1.0
    late, other = slots(url, limit=1), slots(url, limit=1)
    with late.one():
        eventually(lambda: not is_full(url, limit=1), seconds=10)  # it fell silent
        settings.ARCHIVE_STALE_SECONDS = 60
        other = slots(url, limit=1)
        other._take()
    assert is_full(url, limit=1)


def test_without_a_broker_it_goes_on(url: str, settings: object) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    mine = slots(url, limit=1)
    with mine.one(), mine.one():
        mine.renew()


def test_a_broker_that_dies_meanwhile(url: str, settings: object) -> None:
    mine = slots(url, limit=1)
    with mine.one():
        settings.CACHES = {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": "redis://127.0.0.1:1/0",
            }
        }
        mine.renew()


def test_places_are_kept_by_nobody_at_the_end(url: str) -> None:
    with slots(url).one():
        pass
    server = slots(url)._server
    assert [cache.get(f"slot:{server}:{number}") for number in range(3)] == [None] * 3
