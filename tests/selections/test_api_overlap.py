"""Draws from jobs that overlap, by the API: what each request of a real CVAT should have given."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from selections.models import Selection
from selector.models import Connection
from standin.server import StandIn

TASK, CAPPED = 60, 61


@pytest.fixture
def jobs(standin: StandIn) -> list[int]:
    """20 pictures in jobs of 10 that share 2: 0-9, 8-17, 16-19."""
    task = standin.world.add_task(
        "Overlap", task_id=TASK, owner="demo", count=20, size=(32, 24), segment_size=10, overlap=2
    )
    assert [(job.start, job.stop) for job in task.jobs] == [(0, 9), (8, 17), (16, 19)]
    return [job.id for job in task.jobs]


def draw(api: APIClient, **asked: object) -> dict:
    answer = api.post("/api/random-select", {"random_seed": 7, **asked})
    assert answer.status_code == 200, answer.content
    return answer.json()


def numbers(answer: dict) -> list[int]:
    return [row["frame"] for row in answer["images"]]


@pytest.mark.parametrize(("place", "expected"), [(1, range(8, 18)), (2, range(16, 20))])
@pytest.mark.parametrize(
    "amount", [{"count": 10}, {"frame_selection_method": "random_uniform", "frame_count": 10}]
)
def test_a_named_job_gives_its_whole_range(
    api: APIClient, connection: Connection, jobs: list[int], place: int, expected: range, amount
) -> None:
    named = draw(api, task_id=TASK, job_ids=[jobs[place]], **amount)
    assert numbers(named) == list(expected)
    assert (named["count"], named["total_available"]) == (len(expected), len(expected))
    alone = draw(api, job_id=jobs[place], **amount)
    assert alone["images"] == named["images"]
    assert alone["total_available"] == named["total_available"]


def test_a_saved_draw_from_a_named_job(
    api: APIClient, connection: Connection, jobs: list[int]
) -> None:
    asked = {"task_id": TASK, "job_ids": [jobs[1]], "frame_selection_method": "random_per_job"}
    answer = api.post("/api/selections", asked | {"frames_per_job_count": 10})
    kept = Selection.objects.get(pk=answer.json()["id"])
    assert list(kept.frames.values_list("frame", flat=True)) == list(range(8, 18))
    assert set(kept.frames.values_list("job_id", flat=True)) == {jobs[1]}


def test_images_sent_back_keep_their_job(
    api: APIClient, connection: Connection, jobs: list[int]
) -> None:
    drawn = draw(api, task_id=TASK, job_ids=[jobs[1]], count=10)
    kept = api.post("/api/selections", {"frames": drawn["images"]}).json()["id"]
    assert set(Selection.objects.get(pk=kept).frames.values_list("job_id", flat=True)) == {jobs[1]}


def test_why_a_job_gave_fewer_than_asked(
    api: APIClient, connection: Connection, jobs: list[int]
) -> None:
    answer = draw(api, task_id=TASK, count=10)
    assert numbers(answer) == list(range(20))
    assert (answer["requested"], answer["count"], answer["total_available"]) == (30, 20, 20)
    first, second, third = answer["job_summary"]
    assert first == {
        "job_id": jobs[0],
        "task_id": TASK,
        "selected": 10,
        "total": 10,
        "requested": 10,
        "counted_for_other_jobs": [],
        "reason": "",
        "near_duplicates": 0,
        "known_names": 0,
    }
    assert (second["selected"], second["reason"]) == (8, "counted_for_other_jobs")
    assert second["counted_for_other_jobs"] == [{"job_id": jobs[0], "frames_count": 2}]
    assert (third["selected"], third["total"], third["requested"]) == (2, 4, 10)
    alone = draw(api, task_id=TASK, job_ids=[jobs[2]], count=10)["job_summary"]
    assert [job["reason"] for job in alone] == ["too_few_frames"]


@pytest.mark.parametrize(("count", "selected"), [(2, 12), (3, 18), (6, 20)])
def test_jobs_that_share_half_of_their_frames(
    api: APIClient, connection: Connection, standin: StandIn, count: int, selected: int
) -> None:
    """As a real CVAT cuts 20 pictures in segments of 6 that should share 4: they share 3."""
    standin.world.add_task(
        "Half", task_id=CAPPED, owner="demo", count=20, size=(32, 24), segment_size=6, overlap=3
    )
    answer = draw(api, task_id=CAPPED, count=count)
    assert answer["count"] == selected
    assert len(set(numbers(answer))) == selected
    assert [job["total"] for job in answer["job_summary"]] == [6, 6, 6, 6, 6, 5]
    for job in answer["job_summary"]:
        elsewhere = sum(other["frames_count"] for other in job["counted_for_other_jobs"])
        assert job["selected"] == count or job["selected"] + elsewhere == job["total"]


def test_more_than_there_are_over_all(
    api: APIClient, connection: Connection, jobs: list[int]
) -> None:
    asked = {"frame_selection_method": "random_uniform", "frame_count": 5000}
    answer = draw(api, task_id=TASK, **asked)
    assert (answer["requested"], answer["count"]) == (5000, 20)


def test_file_names_limit_a_draw_and_are_recorded(api: APIClient, connection: Connection) -> None:
    names = {"filename_contains": "  cam_a\t00 "}
    answer = draw(api, task_id=2, count=100, **names)
    assert answer["count"] == answer["total_available"] == 10
    assert all(row["filename"].startswith("cam_a/img_00") for row in answer["images"])
    asked = {"task_id": 2, "frame_selection_method": "random_uniform", "frame_count": 4}
    kept = api.post("/api/selections", asked | names).json()
    assert kept["parameters"]["filename_contains"] == "cam_a 00"
    assert kept["frames_count"] == 4
    nothing = api.post("/api/random-select", {"task_id": 2, "count": 1, "filename_contains": "%"})
    assert nothing.status_code == 400
    assert "no file name there contains “%”" in nothing.json()["message"]
