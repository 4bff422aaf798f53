"""What cannot be chosen from is told: tasks, jobs, frames, connections, and CVAT's own trouble."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from selector.models import Connection
from standin.server import StandIn
from tests.conftest import api_of, connect
from tests.selector.api_errors import told, told_by_resource


def test_neither_task_nor_job(api: APIClient, connection: Connection) -> None:
    for path in ("load-images", "random-select"):
        answer = api.post(f"/api/{path}", {"count": 1} if path == "random-select" else {})
        told(answer, 400, "invalid", "Name a task by task_id, or a job by job_id.")


@pytest.mark.parametrize("task_id", ["abc", 0, -1, 1.5, True, 2**70])
def test_task_id_that_is_none(api: APIClient, connection: Connection, task_id: object) -> None:
    told(api.post("/api/load-images", {"task_id": task_id}), 400, "invalid", "task_id: ")


@pytest.mark.parametrize(
    ("source", "status", "code", "words"),
    [
        ({"task_id": 999}, 404, "cvat_not_found", "Task 999 does not exist"),
        ({"task_id": 2**53 - 1}, 404, "cvat_not_found", "does not exist"),
        ({"job_id": 999}, 404, "cvat_not_found", "Job 999 does not exist"),
        ({"task_id": 2, "job_id": 1}, 400, "cvat_rejected", "Job 1 belongs to task 1"),
        ({"task_id": 9}, 409, "cvat_no_data", "9"),
        ({"task_id": 14}, 409, "cvat_no_data", "14"),
    ],
)
@pytest.mark.parametrize("path", ["load-images", "random-select"])
def test_what_cannot_be_chosen_from(
    api: APIClient,
    connection: Connection,
    path: str,
    source: dict,
    status: int,
    code: str,
    words: str,
) -> None:
    answer = api.post(f"/api/{path}", {**source, "count": 1} if "random" in path else source)
    told(answer, status, code, words)


def test_task_being_created(api: APIClient, connection: Connection, standin: StandIn) -> None:
    standin.world.add_task("Still uploading", task_id=50, owner="demo", readiness="creating")
    told(api.post("/api/load-images", {"task_id": 50}), 409, "cvat_no_data", "50")


def test_task_one_may_not_see(bob: User, standin: StandIn) -> None:
    connect(bob, standin, "carol")
    told(api_of(bob).post("/api/load-images", {"task_id": 15}), 403, "cvat_forbidden", "15")


def test_cvat_that_is_down(api: APIClient, connection: Connection, standin: StandIn) -> None:
    standin.faults.down()
    answer = api.post("/api/load-images", {"task_id": 1})
    told(answer, 502, "cvat_unreachable")


def test_cvat_that_is_broken(api: APIClient, connection: Connection, standin: StandIn) -> None:
    standin.faults.fail("/api/tasks/1", status=500, body="<h1>Server Error /home/django</h1>")
    message = told(api.post("/api/load-images", {"task_id": 1}), 502, "cvat_broken")
    assert "django" not in message


def test_cvat_that_is_too_slow(api: APIClient, connection: Connection, standin: StandIn) -> None:
    standin.faults.fail("/api/tasks/1", status=429, headers={"Retry-After": "600"})
    told(api.post("/api/load-images", {"task_id": 1}), 504, "cvat_timeout", "600 seconds")


def test_not_connected(api: APIClient) -> None:
    for path, body in (
        ("load-images", {"task_id": 1}),
        ("random-select", {"task_id": 1, "count": 1}),
        ("download-images", {"frames": [{"task_id": 1, "frame": 0}]}),
    ):
        told(api.post(f"/api/{path}", body), 409, "not_connected", "Connect first")
    told_by_resource(api.get("/api/tasks"), 409, "not_connected")


def test_connection_of_someone_else(api: APIClient, bob: User, standin: StandIn) -> None:
    other = connect(bob, standin)
    answer = api.post("/api/load-images", {"task_id": 1, "connection": other.pk})
    told(answer, 404, "not_found", f"You have no connection {other.pk}.")
    told_by_resource(api.get(f"/api/tasks?connection={other.pk}"), 404, "not_found")


# --- frames and selections ---------------------------------------------------------------------


def test_the_place_of_an_error_is_named(api: APIClient, connection: Connection) -> None:
    frames = [{"task_id": 1, "frame": 0}, {"task_id": 1, "frame": -1}, {"task_id": "x"}]
    answer = api.post("/api/download-images", {"frames": frames})
    told(answer, 400, "invalid", "frames[1].frame: ")
    answer = api.post("/api/selections", {"frames": frames})
    body = told_by_resource(answer, 400, "invalid", "frames[1].frame: ")
    assert list(body["fields"]) == ["frames"]


@pytest.mark.parametrize(
    "frames",
    ["x", 5, {}, [5], [None], [[]], [{}], [{"task_id": 1}], [{"task_id": 1, "frame": True}]],
)
def test_frames_that_are_none(api: APIClient, connection: Connection, frames: object) -> None:
    told(api.post("/api/download-images", {"frames": frames}), 400, "invalid")


def test_frame_that_does_not_exist(api: APIClient, connection: Connection) -> None:
    frames = [{"task_id": 1, "frame": 17}, {"task_id": 1, "frame": 5000}]
    answer = api.post("/api/download-images", {"frames": frames})
    told(answer, 400, "invalid", "Task 1 offers no frame 17, 5000")


def test_too_many_frames(api: APIClient, connection: Connection, settings: object) -> None:
    settings.MAX_SELECTION_FRAMES = 3
    frames = [{"task_id": 1, "frame": n} for n in range(4)]
    answer = api.post("/api/download-images", {"frames": frames})
    told(answer, 400, "invalid", "4 frames are more than a selection may hold (3)")


def test_neither_frames_nor_selection(api: APIClient, connection: Connection) -> None:
    for body in ({}, {"frames": []}, {"selection": 1, "frames": [{"task_id": 1, "frame": 0}]}):
        told(api.post("/api/download-images", body), 400, "invalid", "Give either frames")
    answer = api.post("/api/download-images", {"selection": 1, "connection": connection.pk})
    told(answer, 400, "invalid", "A connection goes with frames")


def test_selection_that_does_not_exist(api: APIClient, connection: Connection) -> None:
    told(api.post("/api/download-images", {"selection": 999}), 404, "not_found", "selection 999")
