"""Clients that send or close slowly, without a proxy in front: the others are answered."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import requests
from django.contrib.auth.models import User

from standin.server import StandIn
from tests.making import connected
from tests.web_server import WebServer, web_server

pytestmark = pytest.mark.worker

# seconds; without a bound for slow clients, the clients of a test hold it up to its end
QUICK = 30.0
MANY = 48  # more than the server has threads
START = b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nus"


@pytest.fixture(scope="module")
def running(broker: None, worker_environment: dict[str, str]) -> Iterator[WebServer]:
    with web_server(worker_environment) as server:
        yield server


@pytest.fixture
def web(running: WebServer, transactional_db: None, standin: StandIn) -> WebServer:
    return running


@pytest.fixture
def fresh_web(
    transactional_db: None, broker: None, worker_environment: dict[str, str]
) -> Iterator[WebServer]:
    """A server whose memory has not grown by other tests."""
    with web_server(worker_environment) as server:
        yield server


@contextmanager
def clients(web: WebServer, beginning: bytes) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        opened = []
        for _ in range(MANY):
            client = socket.create_connection(("127.0.0.1", web.port))
            opened.append(stack.enter_context(client))
            client.sendall(beginning)
        yield opened


def slowest_health(web: WebServer, *, seconds: float = 3.0) -> float:
    end, slowest = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        slowest = max(slowest, web.health_seconds())
        time.sleep(0.1)
    return slowest


def test_uploads_that_stop_leave_health_quick(web: WebServer) -> None:
    with clients(web, START):
        assert slowest_health(web) < QUICK


def test_uploads_that_drip_leave_health_quick(web: WebServer) -> None:
    ended = threading.Event()

    def drip(opened: list[socket.socket]) -> None:
        while not ended.wait(0.3):
            for client in opened:
                with suppress(OSError):
                    client.sendall(b"x")

    with clients(web, START) as opened:
        thread = threading.Thread(target=drip, args=(opened,))
        thread.start()
        try:
            assert slowest_health(web) < QUICK
        finally:
            ended.set()
            thread.join()


def test_clients_that_do_not_close_leave_health_quick(web: WebServer) -> None:
    whole = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with clients(web, whole):
        assert slowest_health(web) < QUICK


def test_a_slow_upload_arrives(web: WebServer, alice: User) -> None:
    body = b'{"task_id": 1, "count": 1, "unknown": 1}'
    head = (
        f"POST /api/random-select HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: application/json\r\nConnection: close\r\n"
        f"Authorization: {web.session(alice).headers['Authorization']}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", web.port)) as client:
        client.sendall(head.encode())
        for place in range(0, len(body), 10):
            time.sleep(0.2)
            client.sendall(body[place : place + 10])
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 4")
    assert b"unknown" in answer


def test_a_connection_goes_on_after_a_slow_upload(web: WebServer, alice: User) -> None:
    body = b'{"task_id": 1, "count": 1, "unknown": 1}'
    head = (
        f"POST /api/random-select HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: application/json\r\n"
        f"Authorization: {web.session(alice).headers['Authorization']}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", web.port)) as client:
        client.settimeout(20)
        for _ in range(2):
            client.sendall(head.encode() + body[:10])
            time.sleep(0.6)  # longer than the web server waits in the first place
            client.sendall(body[10:])
            answer = http.client.HTTPResponse(client)
            answer.begin()
            assert answer.status == 400
            assert b"unknown" in answer.read()


def test_large_bodies_of_strangers_are_refused_unread(web: WebServer) -> None:
    answer = requests.post(f"{web.url}/accounts/login/", data=b"x" * 2**20, timeout=20)
    assert answer.status_code == 413
    answer = requests.post(f"{web.url}/api/selections", data=b"x" * 2**20, timeout=20)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


@pytest.mark.parametrize(
    ("path", "size"), [("/api/selections", 2**24 + 1), ("/api/load-images", 2**20 + 1)]
)
def test_bodies_beyond_the_bound_of_their_address(
    web: WebServer, alice: User, path: str, size: int
) -> None:
    session = web.session(alice)
    session.headers["Content-Type"] = "application/json"
    answer = session.post(f"{web.url}{path}", data=b"[" + b" " * size + b"]", timeout=20)
    assert answer.status_code == 413
    assert "message" in answer.json() or "detail" in answer.json()


def test_small_objects_by_the_million_cost_no_memory(fresh_web: WebServer, alice: User) -> None:
    web = fresh_web
    session = web.session(alice)
    session.get(f"{web.url}/api/selections", timeout=20)
    before = web.memory()
    body = b'{"frames": [' + b"{}," * 5_000_000 + b"{}]}"
    for _ in range(4):
        answer = session.post(
            f"{web.url}/api/selections",
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=60,
        )
        assert answer.status_code == 413
    assert web.memory() - before < 150 * 2**20


def test_two_hundred_thousand_frames_are_taken(
    web: WebServer, alice: User, standin: StandIn
) -> None:
    connected(alice, standin)
    frames = [{"task_id": 99, "frame": number, "job_id": 1} for number in range(200_000)]
    answer = web.session(alice).post(
        f"{web.url}/api/selections", json={"name": "all", "frames": frames}, timeout=120
    )
    assert answer.status_code == 404  # the body was read: there is no such task in CVAT
