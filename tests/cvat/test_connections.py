"""TCP connections to CVAT stay open between requests and between people; credentials never do."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from cvat import sessions
from cvat.client import CvatClient
from cvat.types import Credential, CredentialKind
from standin.server import StandIn
from tests.cvat.http_clients import ME
from tests.cvat.replaying import Replay, json_answer


def client(url: str, secret: str | None) -> CvatClient:
    credential = Credential(CredentialKind.ACCESS_TOKEN, secret) if secret else None
    return CvatClient(url=url, credential=credential, keep_alive=True)


def test_connections_stay_open_between_clients(standin: StandIn) -> None:
    for _ in range(20):
        with client(standin.url, None) as cvat:
            cvat.server_version()
    assert len(standin.requests) == 20
    assert standin.accepted == 1


def test_so_many_connections_as_are_used_at_once(standin: StandIn) -> None:
    def ask(_: int) -> None:
        with client(standin.url, None) as cvat:
            cvat.server_version()

    standin.throttle.limit = None
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(80)))
    assert len(standin.requests) == 80
    assert standin.accepted <= 4


def test_threads_that_begin_together_share_one_session(monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2, timeout=5)

    def slow_session() -> sessions.Session:
        with suppress(threading.BrokenBarrierError):  # the second thread waits for the first
            both.wait(0.5)
        return new_session()

    new_session = sessions.new_session
    monkeypatch.setattr(sessions, "new_session", slow_session)
    with ThreadPoolExecutor(2) as pool:
        url = "http://begin-together.example.com"
        first, second = pool.map(lambda _: sessions.shared_session(url, True), range(2))
    assert first is second


def test_each_request_has_the_credential_of_its_own_client(cvat: Replay) -> None:
    cookies = {"set-cookie": "sessionid=of-alice; Path=/"}
    cvat.route("/api/users/self", json_answer(ME, **cookies))
    people = [client(cvat.url, "alice"), client(cvat.url, "bob")]
    for person in people * 2:
        person.whoami()
    with client(cvat.url, None) as anonymous:
        cvat.route("/api/server/about", json_answer({"version": "2"}))
        anonymous.server_version()
    sent = [asked.headers.get("authorization") for asked in cvat.asked]
    assert sent == ["Bearer alice", "Bearer bob", "Bearer alice", "Bearer bob", None]
    assert not [asked for asked in cvat.asked if "cookie" in asked.headers]


def test_a_connection_that_the_server_closed_is_opened_again(standin: StandIn) -> None:
    with client(standin.url, None) as cvat:
        cvat.server_version()
    standin.stop()
    standin.start()
    with client(standin.url, None) as cvat:
        assert cvat.server_version()
