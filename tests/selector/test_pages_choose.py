"""The chooser's page before its scripts run."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from selector.models import Connection
from standin.server import StandIn
from tests.conftest import connect
from tests.making import connected


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
    assert "Your jobs" not in answer.text
    assert "No task matches" in web.get("/choose", {"find": "nothing like it"}).text


def test_assigned_jobs_are_listed_beside_tasks(
    web: Client, connection: Connection, standin: StandIn
) -> None:
    """Also to people who see tasks; those of others in one's own tasks are not."""
    first, second, *_ = standin.world.tasks[1].jobs
    for job in standin.world.jobs.values():
        job.assignee = None
    first.assignee = standin.world.user(connection.username)
    second.assignee = standin.world.user("bob")
    text = web.get("/choose").text
    assert "Your jobs" in text
    assert f"Job {first.id} of task 1" in text
    assert f"Job {second.id} of task 1" not in text
    assert "Newest tasks" in text
    assert "Your jobs" not in web.get("/choose", {"page": "2"}).text


@pytest.mark.parametrize("account", ["alice", "bob"])
def test_assigned_jobs_outside_the_organization_are_listed(
    client: Client, alice: User, standin: StandIn, account: str
) -> None:
    """In the organization alice sees a task, bob nothing; both may not see task 1 itself."""
    inside = connected(alice, standin, account)
    inside.username, inside.organization = account, "acme"
    inside.save()
    client.force_login(alice)
    [job, *_] = standin.world.tasks[1].jobs
    job.assignee = standin.world.user(account)
    for query in ({}, {"find": "night"}):
        text = client.get("/choose", query).text
        assert "Your jobs" in text
        assert f"Job {job.id} of task 1" in text
    assert ("Loading bay 4" in client.get("/choose").text) == (account == "alice")
    opened = client.get("/choose", {"task": 1, "job": job.id})
    assert opened.status_code == 200
    assert "whose name is not shown to you" in opened.text


def test_projects_and_jobs_that_are_not_listed_are_counted(
    web: Client, connection: Connection, standin: StandIn
) -> None:
    for _ in range(12):
        standin.world.add_project("gate", "demo")
    task = standin.world.add_task(
        "gate", owner="demo", task_id=99, count=12, size=(32, 24), segment_size=1
    )
    for job in task.jobs:
        job.assignee = standin.world.user(connection.username)
    text = " ".join(web.get("/choose", {"find": "gate"}).text.split())
    assert "The newest 10 of 12: add a word to find others." in text
    assert "The newest 10 of 12: type “job” and its number for another" in text


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"find": "1"}, "task=1"),
        ({"find": "1", "job": "job 2"}, "task=1&job=2"),
        ({"find": "Job 2"}, "job=2"),
        ({"find": "look: {url}/tasks/1/jobs/2?frame=60."}, "task=1&job=2&frame=60"),
        ({"find": "{url}/projects/1"}, "project=1"),
        ({"find": "/tasks/1"}, "task=1"),
        ({"find": "project 2"}, "project=2"),
        ({"find": "30"}, "task=10&job=30"),
        ({"find": "#3"}, "task=3"),
        ({"find": "{host}/tasks/1"}, "task=1"),
    ],
)
def test_what_is_typed_becomes_an_address(
    web: Client, connection: Connection, given: dict[str, str], named: str
) -> None:
    url = connection.url
    host = url.partition("://")[2]
    typed = {name: text.format(url=url, host=host) for name, text in given.items()}
    answer = web.get("/choose", typed)
    assert answer.status_code == 302
    assert answer.url == f"/choose?{named}&connection={connection.pk}"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("task=1", 200),
        ("job=1", 200),
        ("task=99999", 404),
        ("project=2", 200),
        ("project=99999", 404),
        ("job=99999", 404),
        ("task=2&job=1", 400),
        ("task=abc", 400),
        ("task=0", 400),
        ("task=99999999999999999999", 400),
        ("find=https://elsewhere.example.com/tasks/1", 400),
        ("find=/nothing/here", 400),
        ("find=job 99999999999", 400),
        ("find=99999999999", 400),
        ("find=cats/dogs", 200),
        (f"find={'a' * 2001}", 400),
        ("frame=-1&task=1", 400),
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


def test_a_project_that_is_not_there_is_told(web: Client) -> None:
    assert "Project 99999 does not exist on" in web.get("/choose?project=99999").text


def test_a_project_that_is_closed_shows_the_tasks_that_are_open(
    client: Client, bob: User, standin: StandIn
) -> None:
    task = standin.world.tasks[12]
    connect(bob, standin, "carol")
    client.force_login(bob)
    url = f"/choose?project={task.project.id}"
    refused = client.get(url)
    assert refused.status_code == 403
    assert f"project {task.project.id}" in refused.text
    task.assignee = standin.world.user("carol")
    assert task.name in client.get(url).text


def test_a_number_of_nothing_is_told_as_that_of_a_task(web: Client) -> None:
    answer = web.get("/choose", {"find": "99999"}, follow=True)
    assert answer.status_code == 404
    assert "Task 99999 does not exist" in answer.text


def test_a_number_opens_the_job_where_the_task_is_closed(
    client: Client, bob: User, standin: StandIn
) -> None:
    connect(bob, standin, "carol")
    client.force_login(bob)
    assert client.get("/choose", {"find": "3"}).url.startswith("/choose?task=1&job=3&")
    assert client.get("/choose", {"find": "1"}).url.startswith("/choose?task=1&connection")


def test_words_find_jobs_where_no_task_is_open(client: Client, bob: User, standin: StandIn) -> None:
    connect(bob, standin, "carol")
    client.force_login(bob)
    assert "Job 3 of task 1" in client.get("/choose", {"find": "night"}).text
    assert "Job 3 of task 1" not in client.get("/choose", {"find": "bicycles"}).text


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
    answer = web.get("/choose?task=1&frame=2")
    assert answer.status_code == 502
    assert 'role="alert"' in answer.text
    assert 'href="/choose?task=1&amp;frame=2">Try again' in answer.text


def test_a_job_of_a_closed_task_is_called_by_its_number(
    client: Client, bob: User, standin: StandIn
) -> None:
    """And leads to the other jobs only if there are any."""
    carol = connect(bob, standin, "carol")
    client.force_login(bob)
    own = next(job for job in standin.world.tasks[1].jobs if job.assignee.username == "carol")
    text = client.get("/choose", {"job": own.id, "connection": carol.pk}).text
    assert f"<h1>Job {own.id}</h1>" in text
    assert "whose name is not shown to you" in text
    assert "Whole task" not in text
    assert "All jobs open to you" not in text
    other = next(job for job in standin.world.tasks[1].jobs if job is not own)
    other.assignee = standin.world.user("carol")
    assert "All jobs open to you" in client.get("/choose", {"job": own.id}).text
