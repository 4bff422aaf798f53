"""CVAT's limit of requests without credentials: sign-ins wait their turn, and are told when."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from portal.exceptions import TooManySignIns
from selector import sign_in_limits
from selector.services import connections
from selector.sign_in_limits import SignInQueue
from standin.server import StandIn
from tests.conftest import connect


@pytest.fixture
def url() -> str:
    """A server that nobody has signed in to."""
    return f"https://{uuid.uuid4()}.example.com"


def test_sign_ins_up_to_the_limit_do_not_wait(url: str, settings: Any) -> None:
    settings.CVAT_SIGN_INS_PER_MINUTE = 3
    for _ in range(3):
        assert SignInQueue(url)._reserve() == (0, True)


def test_sign_ins_wait_in_turn_and_a_long_wait_is_refused(
    url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CVAT_SIGN_INS_PER_MINUTE = 2
    monkeypatch.setattr(sign_in_limits, "WINDOW", 2)
    monkeypatch.setattr(sign_in_limits, "LONGEST_WAIT", 3.0)
    waits = [SignInQueue(url)._reserve() for _ in range(5)]

    assert [is_reserved for _, is_reserved in waits] == [True, True, True, True, False]
    assert waits[0][0] == waits[1][0] == 0
    assert 0 < waits[2][0] <= 2
    assert 3 < waits[4][0] <= 4
    with pytest.raises(TooManySignIns, match=r"only so many sign-ins a minute.*in 4 seconds"):
        SignInQueue(url).wait()
    assert SignInQueue(f"{url}:8080")._reserve() == (0, True)


def test_more_people_than_cvat_takes_go_one_window_after_the_other(
    url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_limits, "WINDOW", 1)
    settings.CVAT_SIGN_INS_PER_MINUTE = 4
    begun = time.monotonic()
    threads = [threading.Thread(target=SignInQueue(url).wait) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begun >= 2  # 4 at once, 4 after a second, 2 after another


def test_it_is_said_when_to_try_again(
    alice: User, standin: StandIn, settings: Any, api: APIClient
) -> None:
    settings.CVAT_SIGN_INS_PER_MINUTE = 1
    body = {"url": standin.url, "username": "demo", "password": "demo-password"}
    assert api.post("/api/test-connection", body).status_code == 200
    standin.requests.clear()

    answer = api.post("/api/test-connection", body)
    assert answer.status_code == 503
    assert answer.json()["code"] == "cvat_throttled"
    assert 50 <= int(answer["Retry-After"]) <= 60
    assert f"Try again in {answer['Retry-After']} seconds" in answer.json()["message"]
    assert len(standin.requests) == 0


def test_page_says_it_too(alice: User, standin: StandIn, settings: Any, client: Any) -> None:
    settings.CVAT_SIGN_INS_PER_MINUTE = 1
    client.force_login(alice)
    body = {"url": standin.url, "username": "demo", "password": "demo-password"}
    client.post("/connections", body)

    answer = client.post("/connections", body)
    assert answer.status_code == 503
    assert "accepts only so many sign-ins a minute" in answer.text
    assert int(answer["Retry-After"]) > 0


def test_retry_after_of_cvat_holds_for_everybody(alice: User, bob: User, standin: StandIn) -> None:
    """Others behind the same address have used up the limit."""
    standin.faults.fail(
        "/api/auth/login", status=429, body={"detail": "throttled"}, headers={"Retry-After": "40"}
    )
    with pytest.raises(TooManySignIns, match="in 40 seconds"):
        connect(alice, standin)
    standin.faults.clear()
    standin.requests.clear()

    with pytest.raises(TooManySignIns, match=r"in (39|40) seconds"):
        connect(bob, standin)
    assert len(standin.requests) == 0


def test_only_the_sign_in_is_sent_without_credentials(alice: User, standin: StandIn) -> None:
    """CVAT does not limit requests with credentials, not even for its version."""
    standin.throttle.limit = 1
    connect(alice, standin)


def test_access_token_needs_no_turn(alice: User, standin: StandIn, settings: Any) -> None:
    settings.CVAT_SIGN_INS_PER_MINUTE = 1
    connect(alice, standin)
    token = standin.world.access_token("demo").value
    assert connections.connect(owner=alice, url=standin.url, access_token=token)
