"""Search: by words, numbers and links; and the tasks that were opened last."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from selector.models import Connection, RecentTask
from selector.services import connections
from standin.samples import sample_world
from standin.server import StandIn
from tests.conftest import connect
from tests.selector.picture_answers import catalog_of, refused, second_job

pytestmark = pytest.mark.usefixtures("folder")

# --- search ------------------------------------------------------------------------------------


def found(api: APIClient, text: str) -> list[tuple[str, int]]:
    response = api.get("/api/search", {"q": text})
    assert response.status_code == 200, response.content
    return [(hit["kind"], hit["id"]) for hit in response.json()["results"]]


def test_words(api: APIClient, connection: Connection, standin: StandIn) -> None:
    assert found(api, "north") == [("task", 1)]
    assert found(api, "dash CAM") == [("task", 11), ("task", 3)]
    crossing = found(api, "crossing")
    assert ("project", standin.world.tasks[12].project.id) in crossing
    assert {("task", 12), ("task", 13)} <= set(crossing)
    assert found(api, "nothing like it") == []


def test_twenty_at_most(api: APIClient, connection: Connection, standin: StandIn) -> None:
    for number in range(100, 122):
        standin.world.add_task(f"gate {number}", owner="demo", task_id=number, count=2)
    standin.world.add_project("gate", "demo")
    assert len(found(api, "gate")) == 20


def test_what_is_not_listed_is_counted_and_projects_have_room(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    for number in range(100, 142):
        standin.world.add_task(f"gate {number}", owner="demo", task_id=number, count=2)
    project = standin.world.add_project("gate", "demo")
    answer = api.get("/api/search", {"q": "gate"}).json()
    assert len(answer["results"]) == 20
    assert answer["count"] == 43
    assert ("project", project.id) in [(hit["kind"], hit["id"]) for hit in answer["results"]]
    assert api.get("/api/search", {"q": "north"}).json()["count"] == 1


def test_names_before_what_else_cvat_finds(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    standin.world.add_task("about demo", owner="bob", assignee="demo", task_id=99, count=3)
    standin.world.add_task("newer", owner="demo", task_id=100, count=3)
    assert found(api, "demo")[0] == ("task", 99)


@pytest.mark.parametrize("text", ["1", "#1", " 1 ", "task 1", "Task #1", "{url}/tasks/1"])
def test_task_by_number(
    api: APIClient, connection: Connection, standin: StandIn, text: str
) -> None:
    assert found(api, text.format(url=standin.url))[0] == ("task", 1)


def test_a_number_is_that_of_a_job_too(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    assert found(api, "3")[:2] == found(api, "#3")[:2] == [("task", 3), ("job", 3)]
    assert found(api, "30") == [("job", 30)]


def test_job_by_number_and_link(api: APIClient, connection: Connection, standin: StandIn) -> None:
    job_id = second_job(standin)
    assert found(api, f"job {job_id}") == [("job", job_id)]
    link = f"see {standin.url}/tasks/1/jobs/{job_id}?frame=50 please"
    assert found(api, link) == [("job", job_id), ("task", 1)]
    [job, _] = api.get("/api/search", {"q": link}).json()["results"]
    assert job["url"].endswith(f"connection={connection.pk}&task=1&job={job_id}&frame=50")
    assert job["name"] == f"Job {job_id} of task 1"


def test_what_a_hit_tells(api: APIClient, connection: Connection, standin: StandIn) -> None:
    [hit] = api.get("/api/search", {"q": "night drive"}).json()["results"]
    assert hit.pop("updated_date")
    assert hit == {
        "kind": "task",
        "id": 1,
        "name": "Night drive, north loop",
        "task_id": None,
        "size": 230,
        "jobs_count": 5,
        "tasks_count": None,
        "owner": "demo",
        "preview_url": f"/api/tasks/1/preview?connection={connection.pk}",
        "url": f"/choose?connection={connection.pk}&task=1",
        "cvat_url": f"{standin.url}/tasks/1",
    }
    assert api.get(hit["preview_url"]).status_code == 200


@pytest.mark.parametrize("text", ["north", "34", "job 3", "a b c", "{url}/tasks/1/jobs/2"])
def test_four_requests_at_most(
    api: APIClient, connection: Connection, standin: StandIn, text: str
) -> None:
    standin.requests.clear()
    found(api, text.format(url=standin.url))
    assert 1 <= len(standin.requests) <= 4


def test_links_that_lead_nowhere(api: APIClient, connection: Connection, standin: StandIn) -> None:
    for text, hint in (
        ("https://cvat.example.com/tasks/1", "the connection is to"),
        ("{url}/about", "names no task"),
        ("task 9999999999", "cannot be the number"),
        ("task 99999999999", "cannot be the number"),
        ("/nothing/here", "names no task"),
    ):
        answer = api.get("/api/search", {"q": text.format(url=standin.url)}).json()
        assert answer["results"] == []
        assert hint in answer["hint"]
    for text in ("task 99999", "job 99999", "project 99999", "{url}/tasks/99999"):
        assert found(api, text.format(url=standin.url)) == []


@pytest.mark.parametrize(
    ("text", "ids", "hint"),
    [
        ("'", [15], ""),  # bob's own task
        ("%", [], ""),
        ('"><script>', [], ""),
        ("\\", [], ""),
        ("..", [], ""),
        ("/", [], ""),
        ("://", [], "Only addresses with https:// or http://"),
        ("task", [], ""),
        ("99999999999", [], "99999999999 cannot be the number"),
        ("cats/dogs", [], ""),
        ("٣", [], ""),
        ("a" * 2000, [], ""),
    ],
)
def test_odd_words(
    api: APIClient, connection: Connection, text: str, ids: list[int], hint: str
) -> None:
    answer = api.get("/api/search", {"q": text})
    assert answer.status_code == 200
    assert [hit["id"] for hit in answer.json()["results"]] == ids
    assert answer.json()["hint"].startswith(hint)
    assert bool(hint) == bool(answer.json()["hint"])


@pytest.mark.parametrize(
    ("text", "words"),
    [("\x00", "q: Null characters are not allowed"), ("a" * 2001, "no more than 2000 characters")],
)
def test_words_that_are_none(
    api: APIClient, connection: Connection, standin: StandIn, text: str, words: str
) -> None:
    standin.requests.clear()
    assert words in refused(api.get("/api/search", {"q": text}), 400, "invalid")
    assert len(standin.requests) == 0


def test_search_shows_what_cvat_shows(
    api: APIClient, connection: Connection, carol: APIClient, standin: StandIn
) -> None:
    for text in ("1", "task 1", "north", "crossing", f"job {second_job(standin)}"):
        assert found(api, text) != []
        assert found(carol, text) == []
    own = standin.world.tasks[1].jobs[2].id
    assert found(carol, f"job {own}") == [("job", own)]


# --- recent tasks ------------------------------------------------------------------------------


def recent(api: APIClient) -> list[int]:
    return [task["id"] for task in api.get("/api/search").json()["recent"]]


def test_recent_tasks(api: APIClient, connection: Connection, carol: APIClient) -> None:
    assert recent(api) == []
    for task_id in (1, 2, 3, 1):
        catalog_of(api, task_id=task_id)
    assert recent(api) == [1, 3, 2]
    assert recent(carol) == []
    [first, *_] = api.get("/api/search").json()["recent"]
    assert (first["name"], first["kind"]) == ("Night drive, north loop", "task")
    assert api.get("/api/search?q=drive").json()["recent"] == []


def test_twenty_recent_tasks(api: APIClient, connection: Connection, standin: StandIn) -> None:
    for number in range(100, 123):
        standin.world.add_task(f"t{number}", owner="demo", task_id=number, count=2)
        catalog_of(api, task_id=number)
    assert recent(api) == list(range(122, 102, -1))
    assert RecentTask.objects.count() == 20


def test_recent_tasks_go_with_the_connection(api: APIClient, connection: Connection) -> None:
    catalog_of(api, task_id=1)
    connections.disconnect(connection=connection)
    assert RecentTask.objects.count() == 0


def test_recent_tasks_of_this_server(
    alice: User, api: APIClient, connection: Connection, settings: Any
) -> None:
    with StandIn(sample_world()) as other:
        settings.CVAT_ALLOWED_URLS = [connection.url, other.url]
        second = connect(alice, other)
        catalog_of(api, task_id=2, connection=second.pk)
        catalog_of(api, task_id=1, connection=connection.pk)
        answer = api.get("/api/search", {"connection": second.pk}).json()
        assert [task["id"] for task in answer["recent"]] == [2]
