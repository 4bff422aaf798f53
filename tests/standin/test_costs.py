"""Costs slow the stand-in down where the real server is slow. Lower bounds only."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from standin.costs import Costs
from standin.server import StandIn

FRAME = "/api/tasks/1/data?type=frame&number=0&quality=original"
CHUNK = "/api/jobs/1/data?type=chunk&index=0&quality=original"
TINY = 0.05


def seconds(call: Any, *arguments: Any, **options: Any) -> float:
    begun = time.monotonic()
    assert call(*arguments, **options).ok
    return time.monotonic() - begun


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("listing", "/api/tasks"),
        ("detail", "/api/tasks/1"),
        ("meta", "/api/tasks/1/data/meta"),
        ("frame", FRAME),
        ("chunk", CHUNK),
        ("small_frame", "/api/tasks/8/data?type=frame&number=0&quality=original"),
        ("compressed_chunk", CHUNK.replace("original", "compressed")),
        ("video_chunk", "/api/tasks/11/data?type=chunk&number=0&quality=original"),
        ("video_frame", "/api/tasks/11/data?type=frame&number=0&quality=original"),
    ],
)
def test_each_cost_is_paid_by_its_request(standin: StandIn, ask, name: str, path: str) -> None:
    spent = Spent(**{name: TINY})
    standin.costs = spent
    assert ask(path).ok
    assert spent.spent == [TINY]


class Spent(Costs):
    """Remembers what was paid instead of sleeping."""

    def __init__(self, **seconds: float) -> None:
        super().__init__(**seconds)
        self.spent: list[float] = []

    def spend(self, seconds: float) -> None:
        if seconds:
            self.spent.append(seconds)


def test_basic_is_dear_and_a_token_is_not(standin: StandIn, ask) -> None:
    spent = Spent(basic=TINY)
    standin.costs = spent
    ask("/api/users/self")
    assert spent.spent == []
    basic = ("demo", "demo-password")
    requests.get(f"{standin.url}/api/users/self", auth=basic, timeout=10).raise_for_status()
    assert spent.spent == [TINY]


def test_meta_costs_by_the_frame(standin: StandIn, ask) -> None:
    spent = Spent(meta=0.01, meta_per_frame=0.0001)
    standin.costs = spent
    ask("/api/tasks/8/data/meta")
    assert spent.spent == [pytest.approx(2.01)]


def test_gzip_of_chunks_costs(standin: StandIn, ask) -> None:
    spent = Spent(chunk_gzip=TINY)
    standin.costs = spent
    ask(CHUNK)
    assert spent.spent == []
    ask(CHUNK, headers={"Accept-Encoding": "gzip"})
    assert spent.spent == [TINY]


def test_spending_takes_time(standin: StandIn, ask) -> None:
    standin.costs = Costs(detail=TINY)
    assert seconds(ask, "/api/tasks/1") >= TINY


class Counting(Costs):
    """Counts the builds of chunks."""

    def __init__(self, **seconds: float) -> None:
        super().__init__(**seconds)
        self.builds = 0

    def build(self, task: Any, quality: str, make: Any) -> Any:
        self.builds += 1
        return super().build(task, quality, make)


def test_a_chunk_is_built_once_for_all_who_ask(standin: StandIn, ask) -> None:
    costs = Counting(cold=0.2, poll=0.02)
    standin.costs = costs
    standin.world.login_token("demo")
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: requests_to(standin, CHUNK), range(6)))
    assert costs.builds == 1
    assert len({answer.content for answer in answers}) == 1
    ask(CHUNK)
    ask(FRAME)
    assert costs.builds == 1
    ask(CHUNK.replace("index=0", "index=1"))
    assert costs.builds == 2


def requests_to(standin: StandIn, path: str) -> requests.Response:
    headers = {"Authorization": f"Token {standin.world.login_token('demo')}"}
    return requests.get(standin.url + path, headers=headers, timeout=20)


def test_cold_is_slower_than_warm_by_the_cost(standin: StandIn, ask) -> None:
    standin.costs = Costs(cold=4 * TINY)
    assert seconds(ask, CHUNK) >= 4 * TINY


def test_cold_waits_end_on_a_poll(standin: StandIn, ask) -> None:
    standin.costs = Costs(cold=0.11, poll=0.1)
    assert seconds(ask, CHUNK) >= 0.2


def test_two_workers_make_two_cold_chunks_at_a_time(standin: StandIn) -> None:
    costs = Costs(cold=2 * TINY, cores=2)
    task = standin.world.tasks[1]
    begun = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: costs.build(task, "original", lambda: None), range(6)))
    assert time.monotonic() - begun >= 3 * 2 * TINY


def test_only_so_many_things_are_computed_at_once() -> None:
    costs = Costs(cores=2)
    busy, most, lock, two = 0, 0, threading.Lock(), threading.Barrier(2)

    def work(_: int) -> None:
        nonlocal busy, most
        with costs.core():
            with lock:
                busy += 1
                most = max(most, busy)
            two.wait(30)
            time.sleep(0.02)  # for a third one to come, if there were room
            with lock:
                busy -= 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert most == 2


def test_a_slow_line_is_shared(standin: StandIn) -> None:
    size = len(requests_to(standin, CHUNK).content)
    standin.costs = Costs(bandwidth=size * 8)
    begun = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: requests_to(standin, CHUNK), range(2)))
    assert all(len(answer.content) == size for answer in answers)
    assert time.monotonic() - begun >= 2 / 8


def test_the_measured_figures() -> None:
    costs = Costs.measured(frame=0.5)
    assert (costs.basic, costs.chunk, costs.frame) == (0.118, 0.107, 0.5)
    with pytest.raises(TypeError):
        Costs(frames=1.0)
