"""A slow CVAT harms only who waits for it: the other pages of a real web server stay quick."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from django.contrib.auth.models import User
from django.db import transaction

from selections import services
from selections.models import Archive
from standin.server import StandIn
from tests.conftest import eventually
from tests.making import connected, make_archive, make_selection
from tests.web_server import WebServer, web_server

pytestmark = pytest.mark.worker

QUICK = 30.0  # seconds; where requests hold all threads, it is until a test lets them go
MANY = 48  # more than the server has threads


@pytest.fixture(scope="module")
def running(broker: None, worker_environment: dict[str, str]) -> Iterator[WebServer]:
    with web_server(worker_environment) as server:
        yield server


@pytest.fixture
def web(running: WebServer, transactional_db: None, standin: StandIn) -> WebServer:
    return running


def under_way(user: User, standin: StandIn) -> Archive:
    """A build that no worker ends."""
    selection = make_selection(user, connected(user, standin))
    with transaction.atomic():
        options = services.request_archive(user=user, selection=selection).options
        transaction.set_rollback(True)  # nothing is handed out
    return make_archive(user, selection, "running", options=options)


@contextmanager
def many(ask: object, count: int = MANY) -> Iterator[list[Future[requests.Response]]]:
    """`ask()` from so many threads at once."""
    with ThreadPoolExecutor(count) as pool:
        yield [pool.submit(ask) for _ in range(count)]


def done(asked: list[Future[requests.Response]]) -> list[requests.Response]:
    return [each.result() for each in asked if each.done()]


def test_health_is_quick_beside_requests_that_wait_for_cvat(
    web: WebServer, standin: StandIn, alice: User, bob: User
) -> None:
    connected(alice, standin)
    connected(bob, standin)
    people = [web.session(alice), web.session(bob)]
    hold = standin.faults.hold("/api/tasks")
    with many(lambda: people[0].get(f"{web.url}/api/tasks", timeout=60)) as asked:
        try:
            eventually(lambda: hold.waiting and len(done(asked)) > MANY // 2)
            assert max(web.health_seconds() for _ in range(10)) < QUICK
            started = time.monotonic()
            assert people[1].get(f"{web.url}/api/selections", timeout=60).status_code == 200
            assert time.monotonic() - started < QUICK
            refused = done(asked)
            assert {answer.status_code for answer in refused} == {503}
            assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
            assert all("waiting" in answer.json()["detail"] for answer in refused)
            # One person has not taken all of the places.
            held = hold.waiting
            with many(lambda: people[1].get(f"{web.url}/api/tasks", timeout=60), 2):
                eventually(lambda: hold.waiting > held)
                hold.release()
        finally:
            hold.release()
    assert 200 in {answer.status_code for answer in done(asked)}


def test_health_is_quick_beside_requests_that_prefer_to_wait(
    web: WebServer, standin: StandIn, alice: User
) -> None:
    archive = under_way(alice, standin)
    session = web.session(alice)

    def ask() -> requests.Response:
        return session.post(
            f"{web.url}/api/download-images",
            json={"selection": archive.selection_id},
            headers={"Prefer": "wait=60"},
            timeout=120,
        )

    with many(ask) as asked:
        eventually(lambda: len(done(asked)) >= MANY - 1)
        assert {answer.status_code for answer in done(asked)} == {202}
        assert max(web.health_seconds() for _ in range(10)) < QUICK
        assert MANY - len(done(asked)) == 1  # one of this person waits
        assert archive.cancel()


def test_waiting_ends_when_the_client_hangs_up(
    web: WebServer, standin: StandIn, alice: User
) -> None:
    archive = under_way(alice, standin)
    session = web.session(alice)

    def waits() -> bool:
        """Whether a request waits, and then hangs up: else it is answered 202 at once."""
        try:
            session.post(
                f"{web.url}/api/download-images",
                json={"selection": archive.selection_id},
                headers={"Prefer": "wait=60"},
                timeout=0.5,
            )
        except requests.Timeout:
            return True
        return False

    # One of a person waits: another one does only if that before has ended, sooner than it would by
    # itself.
    for _ in range(3):
        eventually(waits, seconds=40)
