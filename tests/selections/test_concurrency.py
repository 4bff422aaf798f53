"""How many requests a build has under way, tried on a simulated server with a simulated clock."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvat.exceptions import CvatError
from selections.archives.concurrency import (
    FEWEST,
    LEVELS,
    SLOW_SECONDS,
    START,
    STRICT_SECONDS,
    VIDEO_START,
    Concurrency,
    RequestGate,
)
from tests.clocks import Clock
from tests.conftest import eventually


@dataclass
class Server:
    """Answers each request after `delay`, `work` seconds of one of two cores, and the time that the
    bytes take on the line, which all answers share. Refuses when more than `takes` are under way.
    """

    delay: float
    bandwidth: float
    work: float
    length: int = 100_000
    takes: int = 1000
    _cores: list[float] = field(default_factory=lambda: [0.0, 0.0])
    _line_free: float = 0.0

    def answered_at(self, begun: float) -> float:
        ready = max(begun + self.delay, heapq.heappop(self._cores)) + self.work
        heapq.heappush(self._cores, ready)
        self._line_free = max(ready, self._line_free) + self.length / self.bandwidth
        return self._line_free


class Fixed:
    """The same number of requests all the time."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def note_answer(self, length: int, *, now: float) -> None:
        pass

    def note_refusal(self, *, begun: float, now: float) -> None:
        pass


def run(
    concurrency: Concurrency | Fixed, server: Server, requests: int, *, begin: float = 0.0
) -> float:
    """When so many requests have been answered, without those that are refused."""
    now = begin
    answers: list[tuple[float, float, bool]] = []  # when, begun when, is refused
    while requests:
        while len(answers) < min(concurrency.limit, requests):
            is_refused = len(answers) >= server.takes
            at = now + server.delay if is_refused else server.answered_at(now)
            heapq.heappush(answers, (at, now, is_refused))
        now, begun, is_refused = heapq.heappop(answers)
        if is_refused:
            concurrency.note_refusal(begun=begun, now=now)
        else:
            concurrency.note_answer(server.length, now=now)
            requests -= 1
    return now


LINES = (2e6, 20e6, 200e6)
DELAYS = (0.001, 0.05, 0.2)
WORK = (0.002, 0.023, 0.087)


@pytest.mark.parametrize(
    ("bandwidth", "delay", "work"), list(itertools.product(LINES, DELAYS, WORK))
)
def test_it_finds_a_number_that_is_about_as_fast_as_the_best(
    bandwidth: float, delay: float, work: float
) -> None:
    def seconds(concurrency: Concurrency | Fixed) -> float:
        return run(concurrency, Server(delay, bandwidth, work), requests=600)

    best = min(seconds(Fixed(limit)) for limit in LEVELS if limit <= 12)
    assert seconds(Concurrency(12)) <= 1.1 * best


def test_a_build_of_few_requests_begins_with_about_the_best_number() -> None:
    for bandwidth, delay in itertools.product(LINES, DELAYS):
        server, few = Server(delay, bandwidth, 0.087), 40
        assert run(Concurrency(12), replace(server), few) <= 1.1 * run(Fixed(8), server, few)


def test_more_requests_are_made_as_long_as_they_bring_more() -> None:
    concurrency = Concurrency(64)
    run(concurrency, Server(delay=2.0, bandwidth=200e6, work=0.001), requests=4000)
    assert concurrency.limit == 64


@pytest.mark.parametrize("bandwidth", LINES)
def test_no_more_requests_are_made_than_bring_more(bandwidth: float) -> None:
    """Two cores are busy with few requests: others would have to wait behind them."""
    concurrency = Concurrency(64)
    run(concurrency, Server(delay=0.001, bandwidth=bandwidth, work=0.087), requests=2000)
    assert concurrency.limit <= 4


def test_a_change_of_the_line_is_noticed() -> None:
    concurrency = Concurrency(32)
    now = run(concurrency, Server(delay=0.001, bandwidth=200e6, work=0.087), requests=2000)
    few = concurrency.limit
    run(concurrency, Server(delay=2.0, bandwidth=200e6, work=0.01), requests=4000, begin=now)
    assert concurrency.limit > 2 * few


def test_a_server_that_refuses_is_asked_less() -> None:
    server = Server(delay=0.05, bandwidth=200e6, work=0.001, takes=4)
    concurrency = Concurrency(16)
    now = run(concurrency, server, requests=40)
    assert concurrency.limit <= 4
    run(concurrency, server, requests=2000, begin=now)
    assert FEWEST <= concurrency.limit <= 6  # it tries again now and then


def test_refusals_of_requests_made_together_count_once() -> None:
    concurrency = Concurrency(8)
    for number in range(8):
        concurrency.note_refusal(begun=0.0, now=1.0 + number / 100)
    assert concurrency.limit == 4


notes = st.tuples(st.booleans(), st.floats(0.0, 10.0), st.integers(0, 10**9))


@given(st.integers(1, 100), st.lists(notes, max_size=300))
def test_the_limit_of_the_operator_holds(most: int, noted: list[tuple[bool, float, int]]) -> None:
    concurrency = Concurrency(most)
    now = 0.0
    for is_refused, seconds, length in noted:
        now += seconds
        if is_refused:
            concurrency.note_refusal(begun=now - seconds, now=now)
        else:
            concurrency.note_answer(length, now=now)
        assert min(most, FEWEST) <= concurrency.limit <= most


# --- the gate -------------------------------------------------------------------------------------


class Full(Exception):
    pass


def refuse_to_wait() -> None:
    raise Full


@pytest.fixture
def gate() -> RequestGate:
    return RequestGate(4, check=refuse_to_wait)


def assert_room(gate: RequestGate, expected: int) -> None:
    """So many requests pass, and the next one has to wait."""
    with ExitStack() as under_way:
        for _ in range(expected):
            under_way.enter_context(gate.one())
        with pytest.raises(Full):
            under_way.enter_context(gate.one())
        assert gate.under_way == expected
    assert gate.under_way == 0


def test_no_more_requests_pass_than_the_limit(gate: RequestGate) -> None:
    assert_room(gate, 4)
    assert_room(gate, 4)


@pytest.mark.parametrize(("status", "room"), [(429, 2), (503, 2), (502, 4), (404, 4)])
def test_less_requests_pass_when_the_server_is_overloaded(
    gate: RequestGate, status: int, room: int
) -> None:
    with gate.one() as report:
        report(CvatError("Try again later.", status=status))
    assert_room(gate, room)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("selections.archives.concurrency.time", clock)
    return clock


def fill(gate: RequestGate, under_way: ExitStack) -> int:
    """Begin as many requests as pass; how many are under way then."""
    with suppress(Full):
        while True:
            under_way.enter_context(gate.one())
    return gate.under_way


def test_beside_requests_that_are_held_back_pass_half_as_many_others(clock: Clock) -> None:
    gate = RequestGate(100, check=refuse_to_wait)
    with ExitStack() as under_way:
        assert fill(gate, under_way) == START
        for _ in range(5):
            clock.sleep(SLOW_SECONDS)
            assert fill(gate, under_way) == START + START // 2


def test_a_build_of_video_begins_with_fewer_requests(clock: Clock) -> None:
    gate = RequestGate(100, check=refuse_to_wait)
    gate.start_at(VIDEO_START)
    with ExitStack() as under_way:
        assert fill(gate, under_way) == VIDEO_START


def test_after_a_refusal_no_others_pass_beside_those_that_are_held_back(clock: Clock) -> None:
    gate = RequestGate(100, check=refuse_to_wait)
    with ExitStack() as under_way:
        assert fill(gate, under_way) == START
        clock.sleep(SLOW_SECONDS)
        with gate.one() as report:
            report(CvatError("Try again later.", status=503))
    limit = START // 2
    with ExitStack() as under_way:
        assert fill(gate, under_way) == limit
        clock.sleep(SLOW_SECONDS)
        assert fill(gate, under_way) == limit
        clock.sleep(STRICT_SECONDS - SLOW_SECONDS)
        assert fill(gate, under_way) == limit + limit // 2


def test_held_back_or_not_there_are_never_more_requests_than_the_operator_allows(
    clock: Clock,
) -> None:
    gate = RequestGate(4, check=refuse_to_wait)
    with ExitStack() as under_way:
        assert fill(gate, under_way) == 4
        clock.sleep(SLOW_SECONDS)
        assert fill(gate, under_way) == 4


def test_a_request_that_has_waited_for_its_slot_is_not_a_slow_one(clock: Clock) -> None:
    @contextmanager
    def slot() -> Iterator[None]:
        clock.sleep(SLOW_SECONDS)
        yield

    gate = RequestGate(100, check=refuse_to_wait, slot=slot)
    with ExitStack() as under_way:
        for _ in range(START):
            clock.now = 0.0  # all of them wait at the same time
            under_way.enter_context(gate.one())
        clock.sleep(SLOW_SECONDS / 2)
        assert fill(gate, under_way) == START


def test_a_request_that_got_its_slot_after_a_refusal_is_a_later_one(clock: Clock) -> None:
    refused = CvatError("Try again later.", status=503)
    refused_meanwhile: list[Callable[[CvatError], None]] = []

    @contextmanager
    def slot() -> Iterator[None]:
        clock.sleep(1.0)
        for report in refused_meanwhile:
            report(refused)
        yield

    gate = RequestGate(100, check=refuse_to_wait, slot=slot)
    with gate.one() as earlier:
        refused_meanwhile.append(earlier)
        with gate.one() as later:
            refused_meanwhile.clear()
            later(refused)
    with ExitStack() as under_way:
        assert fill(gate, under_way) == 2  # of 8, then 4


def test_requests_pass_in_the_order_in_which_they_come() -> None:
    gate = RequestGate(1, check=lambda: None)
    passed: list[int] = []

    def ask(number: int) -> None:
        with gate.one():
            passed.append(number)

    with ThreadPoolExecutor(5) as pool, gate.one():
        for number in range(5):
            pool.submit(ask, number)
            eventually(lambda many=number + 1: len(gate._waiting) == many)
    assert passed == list(range(5))
