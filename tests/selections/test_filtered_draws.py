"""Draws and lists of frames that file names and assignees limit, over several tasks: by the API,
saved, and drawn again."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from selections.models import Selection
from selector.models import Connection
from standin.server import StandIn
from tests.selector.api_errors import told

TASKS = [12, 13]  # of two jobs with 15 frames each
ALL = {"frame_selection_method": "random_uniform", "frame_share": 1.0, "random_seed": 7}


def images(api: APIClient, path: str, **asked: object) -> list[dict]:
    answer = api.post(f"/api/{path}", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()["images"]


def test_jobs_that_nobody_is_assigned_to(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    jobs = [job for task_id in TASKS for job in standin.world.tasks[task_id].jobs]
    for job in jobs:
        job.assignee = standin.world.user("alice")
    jobs[1].assignee = jobs[2].assignee = None
    limits = {"task_ids": TASKS, "assignee": "no assignee"}
    for listed in (
        images(api, "load-images", **limits),
        images(api, "random-select", **limits, **ALL),
    ):
        assert {image["job_id"] for image in listed} == {jobs[1].id, jobs[2].id}
        assert len(listed) == 30


def test_names_like_a_pattern(api: APIClient, connection: Connection) -> None:
    every = [image["filename"] for image in images(api, "load-images", task_ids=TASKS)]
    wanted = [name for name in every if name.rpartition(".")[0][-1] in "012"]
    assert 0 < len(wanted) < len(every)
    limits = {"task_ids": TASKS, "filename_pattern": " *[0-2].* "}
    for listed in (
        images(api, "load-images", **limits),
        images(api, "random-select", **limits, **ALL),
    ):
        assert sorted(image["filename"] for image in listed) == sorted(wanted)


def test_a_pattern_is_kept_with_the_draw(
    api: APIClient, connection: Connection, client: Client
) -> None:
    limits = {"task_ids": TASKS, "filename_pattern": "*[0-2].*", "filename_contains": "0"}
    created = api.post("/api/selections", {**limits, **ALL})
    assert created.status_code == 201, created.content
    selection = Selection.objects.get(pk=created.json()["id"])
    assert created.json()["draw"] == {**limits, **ALL}
    client.force_login(connection.owner)
    page = client.get(selection.get_absolute_url()).content.decode()
    assert "whose file names contain “0” and are like “*[0-2].*”" in page
    assert "<dt>File name like</dt>" in page
    again = api.post(f"/api/selections/{selection.pk}/draw-again").json()
    assert (again["same"], again["new"]) == (selection.frames.count(), 0)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (
            {"filename_pattern": "*.bmp", "filename_contains": "a"},
            "no file name there contains “a” and is like “*.bmp”. Try another pattern",
        ),
        ({"filename_pattern": "x" * 201}, "filename_pattern"),
        ({"assignee": ""}, "assignee"),
        ({"assignee": "no assigne"}, "No job there has assignee “no assigne”"),
    ],
)
def test_what_nothing_is_like(
    api: APIClient, connection: Connection, limits: dict, words: str
) -> None:
    told(
        api.post("/api/random-select", {"task_ids": TASKS, **limits, **ALL}), 400, "invalid", words
    )
