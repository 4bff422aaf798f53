"""Draws from several tasks and from a project, by the API: drawn, saved, drawn again, adjusted."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from selections.models import Selection
from selector.models import Connection
from standin.server import StandIn
from tests.selector.api_errors import told

CROSSINGS = 2  # a project of the tasks 12 and 13, of two jobs with 15 frames each
OVER_ALL = {"frame_selection_method": "random_uniform", "frame_count": 9, "random_seed": 7}
PER_JOB = {"frame_selection_method": "random_per_job", "frames_per_job_count": 2}


def places(answer: dict) -> list[tuple[int, int]]:
    return [(image["task_id"], image["frame"]) for image in answer["images"]]


def drawn(api: APIClient, **asked: object) -> dict:
    answer = api.post("/api/random-select", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def saved(api: APIClient, **asked: object) -> Selection:
    answer = api.post("/api/selections", asked)
    assert answer.status_code == 201, answer.content
    return Selection.objects.get(pk=answer.json()["id"])


def test_several_tasks_and_their_project_give_the_same_frames(
    api: APIClient, connection: Connection
) -> None:
    tasks = drawn(api, task_ids=[13, 12, 13], **OVER_ALL)
    project = drawn(api, project_id=CROSSINGS, **OVER_ALL)
    assert places(tasks) == places(project)
    assert (tasks["source"], project["source"]) == ("tasks", "project")
    assert len(places(tasks)) == 9
    assert (tasks["total_available"], tasks["jobs_count"]) == (60, 4)
    assert [(each["task_id"], each["name"], each["total"]) for each in tasks["task_summary"]] == [
        (12, "Crossing, day", 30),
        (13, "Crossing, dusk", 30),
    ]
    for each in tasks["task_summary"]:
        count = sum(task_id == each["task_id"] for task_id, _ in places(tasks))
        jobs = [job for job in tasks["job_summary"] if job["task_id"] == each["task_id"]]
        assert (each["selected"], each["requested"]) == (count, None)
        assert sum(job["selected"] for job in jobs) == count


def test_one_of_several_tasks_is_that_task(api: APIClient, connection: Connection) -> None:
    one = drawn(api, task_ids=[12], **OVER_ALL)
    assert one == drawn(api, task_id=12, **OVER_ALL)
    assert one["source"] == "task"


def test_each_job_of_all_tasks_gives_what_it_gives_alone(
    api: APIClient, connection: Connection
) -> None:
    asked = {**PER_JOB, "random_seed": 3}
    both = drawn(api, project_id=CROSSINGS, **asked)
    assert places(both) == places(drawn(api, task_id=12, **asked)) + places(
        drawn(api, task_id=13, **asked)
    )


@pytest.mark.parametrize(
    "source", [{"task_ids": [12, 13]}, {"project_id": CROSSINGS}, {"task_id": 12}]
)
def test_only_from_jobs_that_are_so(
    api: APIClient, connection: Connection, standin: StandIn, source: dict
) -> None:
    wanted, other = standin.world.tasks[12].jobs
    wanted.stage, wanted.state = "validation", "in progress"
    wanted.assignee = standin.world.user("alice")
    other.assignee = standin.world.user("bob")
    for limits in (
        {"stage": "validation"},
        {"state": "in progress"},
        {"assignee": "alice"},
        {"stage": "validation", "state": "in progress", "assignee": "alice"},
        {"job_ids": [wanted.id]},
    ):
        answer = drawn(api, **source, **limits, **PER_JOB)
        assert [job["job_id"] for job in answer["job_summary"]] == [wanted.id]
        assert {image["job_id"] for image in answer["images"]} == {wanted.id}
    refused = api.post("/api/random-select", {**source, **PER_JOB, "stage": "acceptance"})
    told(refused, 400, "invalid", "Try")


def test_so_many_of_each_task(api: APIClient, connection: Connection, client: Client) -> None:
    asked = {"frame_selection_method": "random_per_task", "frames_per_task_count": 4}
    answer = drawn(api, project_id=CROSSINGS, **asked)
    assert [(each["selected"], each["requested"]) for each in answer["task_summary"]] == [
        (4, 4)
    ] * 2
    selection = saved(api, project_id=CROSSINGS, **asked, random_seed=5)
    client.force_login(connection.owner)
    page = client.get(selection.get_absolute_url()).content.decode()
    assert "4 frames from each task of project 2, drawn at random with seed 5" in page


def test_so_many_of_each_assignee(
    api: APIClient, connection: Connection, standin: StandIn, client: Client
) -> None:
    asked = {"frame_selection_method": "random_per_assignee", "frames_per_assignee_count": 4}
    for task_id in (12, 13):
        for job in standin.world.tasks[task_id].jobs:
            job.assignee = None
    refused = api.post("/api/random-select", {"project_id": CROSSINGS, **asked})
    told(refused, 400, "invalid", "is assigned to anybody. Assign jobs in CVAT")
    (first, second), (third, _) = (standin.world.tasks[number].jobs for number in (12, 13))
    first.assignee = third.assignee = standin.world.user("alice")
    second.assignee = standin.world.user("bob")
    standin.world.touch(standin.world.tasks[12])  # or the list of jobs may be a minute old
    answer = drawn(api, project_id=CROSSINGS, **asked)
    assert answer["assignee_summary"] == [
        {"assignee": "alice", "requested": 4, "selected": 4, "total": 30},
        {"assignee": "bob", "requested": 4, "selected": 4, "total": 15},
    ]
    selection = saved(api, project_id=CROSSINGS, **asked, random_seed=5)
    client.force_login(connection.owner)
    page = client.get(selection.get_absolute_url()).content.decode()
    assert "4 frames from each assignee of project 2, drawn at random with seed 5" in page


def test_only_a_range_of_each_task(api: APIClient, connection: Connection) -> None:
    limits = {"first_frame": 5, "last_frame": 8}
    answer = drawn(api, project_id=CROSSINGS, **limits, **OVER_ALL | {"frame_count": 100})
    assert places(answer) == [(task_id, n) for task_id in (12, 13) for n in range(5, 9)]
    refused = api.post("/api/random-select", {"task_id": 12, **OVER_ALL, "first_frame": 30})
    told(refused, 400, "invalid", "no frame there is in this range")


def test_selections_of_any_of_the_tasks_are_left_out(
    api: APIClient, connection: Connection
) -> None:
    first = saved(api, project_id=CROSSINGS, **OVER_ALL)
    rest = drawn(
        api,
        project_id=CROSSINGS,
        **OVER_ALL | {"frame_count": 100},
        exclude_selections=[first.pk],
    )
    earlier = set(first.frames.values_list("task_id", "frame"))
    assert len(earlier) == 9
    assert set(places(rest)) == {(t, n) for t in (12, 13) for n in range(30)} - earlier


def test_a_saved_draw_says_how_it_was_made_and_is_drawn_again(
    api: APIClient, connection: Connection, client: Client
) -> None:
    selection = saved(api, project_id=CROSSINGS, stage="annotation", first_frame=3, **OVER_ALL)
    counts = dict(selection.tasks.values_list("task_id", "frames_count"))
    assert sum(counts.values()) == 9
    assert set(counts) == set(selection.frames.values_list("task_id", flat=True))
    told_by_api = api.get(f"/api/selections/{selection.pk}").json()
    asked = {"project_id": CROSSINGS, "stage": "annotation", "first_frame": 3, "frame_count": 9}
    assert told_by_api["parameters"] == asked
    client.force_login(connection.owner)
    page = client.get(selection.get_absolute_url()).content.decode()
    assert (
        "9 frames of the jobs in stage annotation of project 2 with numbers from 3 on, "
        "drawn at random with seed 7" in page
    )
    assert "<dt>Project</dt>" in page
    again = api.post(f"/api/selections/{selection.pk}/draw-again").json()
    assert (again["same"], again["new"]) == (9, 0)
    assert again["selection"]["parameters"] == asked


def test_a_draw_adjusted_by_hand_over_several_tasks(api: APIClient, connection: Connection) -> None:
    source = {"task_ids": [12, 13]}
    frames = [*drawn(api, **source, **OVER_ALL)["images"][1:], {"task_id": 13, "frame": 29}]
    unlike = {(frame["task_id"], frame["frame"]) for frame in frames}
    selection = saved(api, **source, **OVER_ALL, frames=frames)
    assert selection.adjusted_by_hand
    assert set(selection.frames.values_list("task_id", "frame")) == unlike
    assert selection.parameters["adjusted_from"]["task_ids"] == [12, 13]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"task_ids": [12], "task_id": 12}, "Give only one of task_ids and task_id."),
        ({"task_ids": [12], "project_id": 2}, "Give only one of project_id and task_ids."),
        ({"project_id": 2, "job_id": 1}, "Give only one of project_id and job_id."),
        ({"task_ids": []}, "task_ids"),
        ({"task_ids": [0]}, "task_ids"),
        ({"task_ids": list(range(1, 1002))}, "1,001 tasks are more than"),
        ({"job_id": 2, "stage": "validation"}, "stage: goes with a task"),
        ({"task_id": 1, "stage": "validating"}, "Is validation meant?"),
        ({"task_id": 1, "first_frame": 9, "last_frame": 8}, "must not be smaller"),
        ({"task_id": 1, "first_frame": -1}, "first_frame"),
    ],
)
def test_a_scope_that_is_none(
    api: APIClient, connection: Connection, standin: StandIn, given: dict, words: str
) -> None:
    standin.requests.clear()
    told(api.post("/api/random-select", {**OVER_ALL, **given}), 400, "invalid", words)
    assert len(standin.requests) == 0
