"""The chooser's page before its scripts run."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from selector.models import Connection
from standin.server import StandIn
from tests.conftest import connect


@pytest.fixture
def web(client: Client, alice: User, connection: Connection) -> Client:
    client.force_login(alice)
    return client


def test_it_lists_tasks(web: Client) -> None:
    answer = web.get("/choose")
    assert answer.status_code == 200
    assert "Night drive, north loop" in answer.text


def test_words_search(web: Client) -> None:
    answer = web.get("/choose", {"find": "folders"})
    assert "Two cameras" in answer.text
    assert "Night drive" not in answer.text
    assert "No task matches" in web.get("/choose", {"find": "nothing like it"}).text


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"find": "1"}, "task=1"),
        ({"find": "1", "job": "job 2"}, "task=1&job=2"),
        ({"find": "Job 2"}, "job=2"),
        ({"find": "look: {url}/tasks/1/jobs/2?frame=60."}, "task=1&job=2&frame=60"),
        ({"find": "{url}/projects/1"}, "project=1"),
        ({"find": "/tasks/1"}, "task=1"),
    ],
)
def test_what_is_typed_becomes_an_address(
    web: Client, connection: Connection, given: dict[str, str], named: str
) -> None:
    typed = {name: text.format(url=connection.url) for name, text in given.items()}
    answer = web.get("/choose", typed)
    assert answer.status_code == 302
    assert answer.url == f"/choose?{named}&connection={connection.pk}"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("task=1", 200),
        ("job=1", 200),
        ("task=99999", 404),
        ("job=99999", 404),
        ("task=2&job=1", 400),
        ("task=abc", 400),
        ("task=0", 400),
        ("task=99999999999999999999", 400),
        ("find=https://elsewhere.example.com/tasks/1", 400),
        ("find=/nothing/here", 400),
        ("page=1000", 404),
        ("page=x", 400),
        ("connection=999", 404),
        (f"connection={'9' * 30}", 404),
    ],
)
def test_statuses_are_honest(web: Client, query: str, status: int) -> None:
    answer = web.get(f"/choose?{query}")
    assert answer.status_code == status
    if status >= 400:
        assert 'role="alert"' in answer.text


def test_a_closed_task_with_an_open_job(client: Client, bob: User, standin: StandIn) -> None:
    """carol is nothing but the assignee of a job of task 1."""
    connect(bob, standin, "carol")
    client.force_login(bob)
    assert client.get("/choose?task=1").status_code == 200
    assert client.get("/choose?task=2").status_code == 403


def test_without_a_connection_one_is_asked_to_connect(client: Client, bob: User) -> None:
    client.force_login(bob)
    answer = client.get("/choose")
    assert answer.status_code == 409
    assert "Connect to a CVAT server" in answer.text


def test_an_access_that_cvat_no_longer_takes(
    web: Client, connection: Connection, standin: StandIn
) -> None:
    connection.credential = "revoked-meanwhile"
    connection.save()
    answer = web.get("/choose")
    assert answer.status_code == 401
    assert "connect again" in answer.text.lower()
    connection.refresh_from_db()
    assert connection.needs_reconnect
    assert web.get("/choose").status_code == 409


def test_cvat_is_down(web: Client, standin: StandIn) -> None:
    standin.stop()
    answer = web.get("/choose?task=1")
    assert answer.status_code == 502
    assert 'role="alert"' in answer.text
