"""What happens around the attempts of a request, and requests that are broken off or put off."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from cvat.client import CvatClient
from cvat.exceptions import CvatBroken, CvatError, CvatTimeout, CvatUnreachable
from cvat.http import Report
from cvat.retries import PATIENT
from standin.samples import sample_world
from standin.server import StandIn
from tests.clocks import Clock
from tests.cvat.http_clients import ME, TOKEN, client
from tests.cvat.replaying import FAST, Answer, Replay, html_answer, json_answer
from tests.cvat.standin_clients import login


class Places:
    """Counts the attempts inside, and those ever begun."""

    inside = begun = 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self.inside += 1
        self.begun += 1
        try:
            yield
        finally:
            self.inside -= 1


class Refused(Exception):
    pass


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn(sample_world()) as server:
        yield server


def signed_in(server: StandIn, **options: Any) -> CvatClient:
    return client(server.url, credential=login(server).credential, **options)


def test_each_attempt_has_a_context_and_the_waits_between_have_none(cvat: Replay) -> None:
    cvat.route("/api/users/self", html_answer(502), html_answer(503), json_answer(ME))
    places = Places()
    inside_while_waiting: list[int] = []
    with CvatClient(
        url=cvat.url,
        credential=TOKEN,
        retries=FAST,
        sleep=lambda _: inside_while_waiting.append(places.inside),
        around_attempt=places,
    ) as asking:
        assert asking.whoami().id == 2
    assert inside_while_waiting == [0, 0]
    assert (places.begun, places.inside) == (3, 0)


def test_the_context_of_an_attempt_is_told_how_it_failed(cvat: Replay) -> None:
    cvat.route("/api/users/self", html_answer(503), Answer(429), json_answer(ME))
    reported: list[int | None] = []

    @contextmanager
    def around() -> Iterator[Report]:
        yield lambda error: reported.append(error.status)

    with CvatClient(
        url=cvat.url,
        credential=TOKEN,
        retries=FAST,
        sleep=lambda _: None,
        around_attempt=around,
    ) as asking:
        assert asking.whoami().id == 2
    assert reported == [503, 429]


def test_an_attempt_that_gets_no_place_asks_nothing(cvat: Replay) -> None:
    @contextmanager
    def refuse() -> Iterator[None]:
        raise Refused
        yield

    with (
        CvatClient(url=cvat.url, credential=TOKEN, around_attempt=refuse) as asking,
        pytest.raises(Refused),
    ):
        asking.whoami()
    assert cvat.asked == []


def test_the_wait_for_a_place_is_not_taken_for_the_servers(
    cvat: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("cvat.http.time", clock)
    cvat.route("/api/users/self", html_answer(503), json_answer(ME))

    @contextmanager
    def slowly() -> Iterator[None]:
        clock.sleep(1000)
        yield

    retries = replace(FAST, give_up_after=1500.0)
    with CvatClient(
        url=cvat.url, credential=TOKEN, retries=retries, sleep=clock.sleep, around_attempt=slowly
    ) as asking:
        assert asking.whoami().id == 2


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_a_server_that_puts_off_is_told_soon_to_who_can_come_back(
    cvat: Replay, status: int
) -> None:
    cvat.route("/api/tasks/1/data", Answer(status, headers={"retry-after": "10"}))
    clock = Clock()
    asking = client(cvat.url, retries=PATIENT, sleep=clock.sleep)
    with pytest.raises(CvatError) as caught:
        asking.save_frame(task_id=1, frame=0, into=io.BytesIO(), put_off_after=2.0)
    assert (caught.value.status, caught.value.retry_after) == (status, 10.0)
    assert len(cvat.asked) == 1
    assert clock.slept == []


def test_no_answer_in_time_is_put_off_too(server: StandIn) -> None:
    hold = server.faults.hold("type=frame")
    asking = signed_in(server, retries=PATIENT, timeout=(5, 0.1))
    with pytest.raises(CvatTimeout):
        asking.save_frame(task_id=1, frame=0, into=io.BytesIO(), put_off_after=0.0)
    hold.release()


@pytest.mark.parametrize("pattern", ["type=frame", "/api/users/self"])
def test_requests_that_hang_are_broken_off(server: StandIn, pattern: str) -> None:
    hold = server.faults.hold(pattern)
    errors: list[CvatError] = []
    asking = signed_in(server, retries=replace(FAST, attempts=2))

    def ask() -> None:
        try:
            if "frame" in pattern:
                asking.save_frame(task_id=1, frame=0, into=io.BytesIO())
            else:
                asking.whoami()
        except CvatError as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert hold.wait_for_request()
    asking.abort()
    thread.join(60)
    ended = not thread.is_alive()
    hold.release()
    thread.join()
    assert ended
    assert [type(error) for error in errors] == [CvatUnreachable]
    # Nothing more is asked through it, over new connections neither.
    with pytest.raises(CvatUnreachable):
        asking.whoami()


def test_a_body_that_hangs_is_broken_off() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000\r\n\r\nabc"
    errors: list[CvatError] = []
    into = io.BytesIO()
    with socket.create_server(("127.0.0.1", 0)) as dripping:
        asking = client(
            f"http://127.0.0.1:{dripping.getsockname()[1]}",
            retries=replace(FAST, attempts=1, damaged_attempts=1),
        )

        def ask() -> None:
            try:
                asking.save_frame(task_id=1, frame=0, into=into)
            except CvatError as error:
                errors.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        accepted, _ = dripping.accept()
        with accepted:
            accepted.recv(65536)
            accepted.sendall(head)
            time.sleep(0.2)  # into the body
            asking.abort()
            thread.join(60)
            assert not thread.is_alive()
    assert len(errors) == 1


def test_a_picture_is_written_to_a_file_within_its_bound(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = signed_in(server)
    into = io.BytesIO()
    into.write(b"before")
    got = asking.save_frame(task_id=1, frame=3, into=into)
    exact = server.world.original_bytes(1, 3)
    assert into.getvalue() == b"before" + exact
    assert got.length == len(exact)
    assert got.asked_at is not None
    monkeypatch.setattr("cvat.client.MAX_PICTURE", len(exact) - 1)
    with pytest.raises(CvatBroken, match="longer"):
        asking.save_frame(task_id=1, frame=3, into=io.BytesIO())
