"""All workers together keep within the number of requests that one CVAT server shall get."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import redis
from django.conf import settings as django_settings

from portal.work import slots as module
from portal.work.slots import Slots
from portal.work.waiting import NO_TURN, Waiting
from tests.conftest import eventually


class GivenUp(Exception):
    pass


def slots(url: str, *, limit: int = 3, **options: object) -> Slots:
    return Slots(**{"url": url, "limit": limit, "lease": 60.0, "sleep": time.sleep, **options})


@pytest.fixture
def url() -> str:
    return f"http://cvat-{uuid.uuid4().hex}"


@pytest.fixture
def grow_slow(url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes the requests under way slow. Without it none is, however busy the machine."""
    monkeypatch.setattr(module, "SLOW_SECONDS", 300.0)
    key = slots(url)._slots

    def grow() -> None:
        client = redis.Redis.from_url(str(django_settings.CACHES["default"]["LOCATION"]))
        begun = client.zrange(key, 0, -1, withscores=True)
        assert begun
        client.zadd(key, {member: since - 301 for member, since in begun})

    return grow


def refuse(_: float) -> None:
    raise GivenUp


def is_full(url: str, *, limit: int = 3) -> bool:
    """Whether another worker would have to wait."""
    try:
        with slots(url, limit=limit, sleep=refuse).one():
            return False
    except GivenUp:
        return True


def broken(settings: object) -> None:
    """From now on the broker does not answer."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }


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
    build = slots(url, limit=1)
    with pytest.raises(ConnectionError), build.one():
        raise ConnectionError
    assert not is_full(url, limit=1)


def test_who_is_given_up_waits_no_longer(url: str) -> None:
    with slots(url, limit=1).one(), pytest.raises(GivenUp):
        slots(url, limit=1, sleep=refuse).one().__enter__()


def test_the_slots_of_a_killed_worker_are_given_back(url: str) -> None:
    killed = slots(url, limit=1)
    killed._take()
    assert is_full(url, limit=1)
    killed._lease = 0.5
    killed.renew()
    eventually(lambda: not is_full(url, limit=1))


def test_a_living_worker_keeps_its_slots(url: str) -> None:
    living = slots(url, limit=1, lease=0.5)
    silent = slots(url + "-2", limit=1, lease=0.5)
    with living.one():
        living._lease = 60.0  # so that a busy machine has time between renewal and check
        living.renew()
        silent._take()  # later than the living one, for as long
        eventually(lambda: not is_full(url + "-2", limit=1))
        assert is_full(url, limit=1)
    assert not is_full(url, limit=1)


def test_a_late_worker_does_not_give_back_the_slot_of_another(url: str) -> None:
    late = slots(url, limit=1, lease=1.0)
    with late.one():
        eventually(lambda: not is_full(url, limit=1))  # it fell silent
        other = slots(url, limit=1, lease=60.0)
        other._take()
    assert is_full(url, limit=1)


def test_without_a_broker_it_goes_on(url: str, settings: object) -> None:
    broken(settings)
    build = slots(url, limit=1)
    with build.one(), build.one():
        build.renew()


def test_a_broker_that_dies_meanwhile(url: str, settings: object) -> None:
    build = slots(url, limit=1)
    with build.one():
        broken(settings)
        build.renew()


def test_places_are_kept_by_nobody_at_the_end(url: str) -> None:
    build = slots(url)
    with build.one():
        pass
    client = redis.Redis.from_url(str(django_settings.CACHES["default"]["LOCATION"]))
    assert client.zcard(build._slots) == 0


# --- requests that CVAT holds back ----------------------------------------------------------------


def test_builds_that_cvat_keeps_waiting_leave_room_for_others(
    url: str, grow_slow: Callable[[], None]
) -> None:
    stuck = [slots(url, limit=8) for _ in range(2)]
    with ExitStack() as stack:
        for number in range(8):
            stack.enter_context(stuck[number % 2].one())
        assert is_full(url, limit=8)
        grow_slow()
        healthy = slots(url, limit=8, sleep=refuse)
        for _ in range(4):
            stack.enter_context(healthy.one())
        with pytest.raises(GivenUp):
            stack.enter_context(healthy.one())


def test_a_build_that_is_kept_waiting_itself_takes_no_such_room(
    url: str, grow_slow: Callable[[], None]
) -> None:
    stuck = slots(url, limit=4, sleep=refuse)
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(stuck.one())
        grow_slow()
        with pytest.raises(GivenUp):
            stack.enter_context(stuck.one())


def test_a_limit_of_one_is_never_exceeded(url: str, grow_slow: Callable[[], None]) -> None:
    with slots(url, limit=1).one():
        grow_slow()
        assert is_full(url, limit=1)


def test_a_build_without_a_turn_says_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.work.waiting.WORTH_A_WORD", 0.1)
    waiting = Waiting()
    kept_out = slots(url, limit=1, waiting=waiting)
    done = threading.Event()

    def wait_for_turn() -> None:
        with kept_out.one():
            done.set()

    with slots(url, limit=1).one():
        thread = threading.Thread(target=wait_for_turn)
        thread.start()
        eventually(lambda: waiting.text() == NO_TURN)
    assert done.wait(60)
    thread.join()
    assert waiting.text() == ""
