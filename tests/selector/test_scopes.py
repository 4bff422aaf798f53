"""The tasks of several tasks and of projects: what is asked of CVAT, and who sees what."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from cvat.exceptions import CvatForbidden, CvatNotFound
from portal.exceptions import InvalidInput
from selector.models import Connection
from selector.scope import Scope
from selector.services.scopes import list_several, load_catalogs
from standin.model import Project
from standin.server import StandIn
from tests.making import connected


@pytest.fixture
def gates(standin: StandIn) -> Project:
    """A project of five tasks, each with two jobs of ten frames."""
    project = standin.world.add_project("Gates", "demo")
    for number in range(5):
        standin.world.add_task(
            f"Gate {number}",
            task_id=50 + number,
            owner="demo",
            project=project,
            count=20,
            segment_size=10,
        )
    return project


def tasks_of(connection: Connection, **scope: object) -> list[int]:
    several = list_several(connection=connection, scope=Scope(**scope))
    return [task.id for task in several.tasks]


def asked(standin: StandIn, path: str) -> int:
    return len(standin.requests.matching(f"^/api/{path}$"))


def test_a_project_is_two_lists_and_the_frames_of_its_tasks(
    connection: Connection, standin: StandIn, gates: Project
) -> None:
    standin.requests.clear()
    scope = Scope(project_id=gates.id)
    catalogs = load_catalogs(connection=connection, scope=scope)
    assert [each.task_id for each in catalogs] == [50, 51, 52, 53, 54]
    assert [len(each.frames) for each in catalogs] == [20] * 5
    assert (asked(standin, "tasks"), asked(standin, "jobs")) == (1, 1)
    assert asked(standin, r"tasks/\d+/data/meta") == 5
    assert asked(standin, r"tasks/\d+") == 0
    standin.requests.clear()
    load_catalogs(connection=connection, scope=scope)
    assert [seen.path for seen in standin.requests] == [f"/api/projects/{gates.id}", "/api/tasks"]


def test_a_deleted_frame_is_seen_at_once(
    connection: Connection, standin: StandIn, gates: Project
) -> None:
    scope = Scope(project_id=gates.id)
    load_catalogs(connection=connection, scope=scope)
    standin.world.set_deleted(52, [3])
    standin.requests.clear()
    catalogs = load_catalogs(connection=connection, scope=scope)
    assert [len(each.frames) for each in catalogs] == [20, 20, 19, 20, 20]
    assert asked(standin, r"tasks/\d+/data/meta") == 1


def test_only_tasks_with_jobs_that_take_part_are_read(
    connection: Connection, standin: StandIn, gates: Project
) -> None:
    standin.world.tasks[53].jobs[1].stage = "acceptance"
    standin.requests.clear()
    scope = Scope(project_id=gates.id, stage="acceptance")
    assert tasks_of(connection, project_id=gates.id, stage="acceptance") == [53]
    assert [each.task_id for each in load_catalogs(connection=connection, scope=scope)] == [53]
    assert asked(standin, r"tasks/\d+/data/meta") == 1
    with pytest.raises(InvalidInput, match="No job there has assignee “nobody”"):
        load_catalogs(connection=connection, scope=Scope(project_id=gates.id, assignee="nobody"))


def test_a_member_draws_from_the_jobs_that_are_his(
    bob: User, standin: StandIn, gates: Project
) -> None:
    jobs = [standin.world.tasks[number].jobs[0] for number in (51, 54)]
    for job in jobs:
        job.assignee = standin.world.user("carol")
    his = connected(bob, standin, "carol")
    for scope in (Scope(project_id=gates.id), Scope(task_ids=(51, 54))):
        catalogs = load_catalogs(connection=his, scope=scope)
        assert [[job.id for job in each.jobs] for each in catalogs] == [[job.id] for job in jobs]
        assert [len(each.frames) for each in catalogs] == [10, 10]
        several = list_several(connection=his, scope=scope)
        assert [(task.id, task.name, task.size) for task in several.tasks] == [
            (51, "", 10),
            (54, "", 10),
        ]
        assert several.project_name == ""
    with pytest.raises(CvatForbidden):
        load_catalogs(connection=his, scope=Scope(task_ids=(50, 51)))


def test_what_is_not_there_or_closed(
    connection: Connection, bob: User, standin: StandIn, gates: Project
) -> None:
    with pytest.raises(CvatNotFound):
        tasks_of(connection, project_id=999)
    with pytest.raises(CvatNotFound):
        tasks_of(connection, task_ids=(50, 999))
    with pytest.raises(CvatForbidden):
        tasks_of(connected(bob, standin, "carol"), project_id=gates.id)


def test_tasks_without_pictures_are_passed_over_in_a_project(
    connection: Connection, standin: StandIn, gates: Project
) -> None:
    world = standin.world
    world.add_task("Later", task_id=60, owner="demo", project=gates, readiness="empty")
    clouds = {"dimension": "3d", "images": ["a.pcd"]}
    world.add_task("Clouds", task_id=61, owner="demo", project=gates, **clouds)
    assert tasks_of(connection, project_id=gates.id) == [50, 51, 52, 53, 54]
    bare = world.add_project("Bare", "demo")
    with pytest.raises(InvalidInput, match=r"\(Bare\) has no task with pictures"):
        tasks_of(connection, project_id=bare.id)


def test_more_tasks_than_may_be(
    connection: Connection, standin: StandIn, gates: Project, settings: object
) -> None:
    settings.MAX_SCOPE_TASKS = 4
    standin.requests.clear()
    with pytest.raises(InvalidInput, match=r"5 tasks are more than .*\(4\)"):
        load_catalogs(connection=connection, scope=Scope(project_id=gates.id))
    assert asked(standin, r"tasks/\d+/data/meta") == 0


@pytest.fixture
def web(client: Client, alice: User, connection: Connection) -> Client:
    client.force_login(alice)
    return client


def workspace(page: str) -> dict:
    [data] = re.findall(r'<script id="workspace-data"[^>]*>(.*?)</script>', page)
    return json.loads(data)


def test_the_workspace_over_several_tasks(web: Client, gates: Project) -> None:
    answer = web.get("/choose", {"tasks": "52,50,52"})
    assert answer.status_code == 200
    data = workspace(answer.text)
    assert data["tasks"] == [
        {"id": 50, "name": "Gate 0", "size": 20},
        {"id": 52, "name": "Gate 2", "size": 20},
    ]
    assert data["scope"] == {"task_ids": [50, 52]}
    assert (data["taskId"], data["jobId"]) == (None, None)
    assert "2 tasks" in answer.text


def test_the_workspace_over_a_project(web: Client, gates: Project) -> None:
    answer = web.get("/choose", {"project": gates.id, "all": "1"})
    data = workspace(answer.text)
    assert [task["id"] for task in data["tasks"]] == [50, 51, 52, 53, 54]
    assert data["scope"] == {"project_id": gates.id}
    assert "<h1>Gates</h1>" in answer.text
    listed = web.get("/choose", {"project": gates.id}).text
    assert "workspace-data" not in listed


def test_opening_a_project_asks_for_no_jobs(web: Client, standin: StandIn, gates: Project) -> None:
    standin.requests.clear()
    assert web.get("/choose", {"project": gates.id, "all": "1"}).status_code == 200
    assert [seen.path for seen in standin.requests] == [f"/api/projects/{gates.id}", "/api/tasks"]
    standin.requests.clear()
    assert web.get("/choose", {"tasks": "50,51"}).status_code == 200
    assert sorted(seen.path for seen in standin.requests) == ["/api/tasks/50", "/api/tasks/51"]


def test_one_of_several_tasks_is_the_workspace_of_that_task(web: Client, gates: Project) -> None:
    data = workspace(web.get("/choose", {"tasks": "52"}).text)
    assert data["taskId"] == 52
    assert "tasks" not in data


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        ("1,x", "“x” is not the number of a task."),
        (",".join(map(str, range(1, 1002))), "1,001 tasks are more than can be opened at once"),
        ("50,999", "Task 999 does not exist"),
    ],
)
def test_tasks_that_cannot_be_opened(web: Client, gates: Project, tasks: str, words: str) -> None:
    answer = web.get("/choose", {"tasks": tasks})
    assert answer.status_code in (400, 404)
    assert words in answer.text


def loaded(api: APIClient, **asked: object) -> dict:
    answer = api.post("/api/load-images", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_images_of_a_project_are_loaded(
    api: APIClient, connection: Connection, gates: Project
) -> None:
    answer = loaded(api, project_id=gates.id)
    assert (answer["count"], answer["source"], answer["task_id"]) == (100, "project", None)
    assert [(task["id"], task["frames_count"]) for task in answer["tasks"]] == [
        (number, 20) for number in range(50, 55)
    ]
    assert [job["task_id"] for job in answer["jobs"]] == [n for n in range(50, 55) for _ in "12"]
    assert answer["images"] == [
        image for number in range(50, 55) for image in loaded(api, task_id=number)["images"]
    ]


def test_images_are_loaded_by_the_page(
    api: APIClient, connection: Connection, gates: Project
) -> None:
    whole = loaded(api, project_id=gates.id)["images"]
    for page, part in ((1, whole[:30]), (4, whole[90:]), (5, [])):
        answer = loaded(api, project_id=gates.id, page=page, page_size=30)
        assert (answer["images"], answer["count"]) == (part, 100)
    assert loaded(api, project_id=gates.id, page_size=7)["images"] == whole[:7]


def test_images_of_jobs_and_ranges_are_loaded(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    """Of overlapping jobs the first that takes part holds the frame: 45 to 94 are the second's."""
    second = standin.world.tasks[1].jobs[1]
    answer = loaded(api, task_id=1, job_ids=[second.id], first_frame=40, last_frame=47)
    places = [(image["frame"], image["job_id"]) for image in answer["images"]]
    assert places == [(n, second.id) for n in (45, 46, 47)]
    assert [job["id"] for job in answer["jobs"]] == [second.id]
    named = loaded(api, task_id=2, filename_contains="cam_b night")
    assert all("cam_b/night" in image["filename"] for image in named["images"])
    assert named["count"] == 10
    refused = api.post("/api/load-images", {"task_id": 1, "job_ids": [77777]})
    assert "no job 77777" in refused.json()["message"]
