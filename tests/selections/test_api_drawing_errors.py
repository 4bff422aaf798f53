"""Bad input to a draw is told, not guessed: counts, seeds, shares, jobs and selections."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from selector.models import Connection
from standin.server import StandIn
from tests.selector.api_errors import told, told_by_resource


def test_it_works(api: APIClient, connection: Connection) -> None:
    answer = api.post("/api/random-select", {"task_id": 1, "count": 10, "random_seed": 1})
    assert answer.status_code == 200
    assert answer.json()["success"] is True


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "whole number, 1 or more"),
        (-3, "whole number, 1 or more"),
        ("abc", "whole number, 1 or more"),
        ("", "whole number, 1 or more"),
        (1.5, "whole number, 1 or more"),
        ("1.5", "whole number, 1 or more"),
        ("1_0", "whole number, 1 or more"),
        (True, "whole number, 1 or more"),
        (None, "whole number, 1 or more"),
        ([5], "whole number, 1 or more"),
        ({}, "whole number, 1 or more"),
        (10**9, "1,000,000 at most"),
        (10**400, "whole number"),
        ("9" * 2000, "whole number"),
    ],
)
def test_count_that_is_none(
    api: APIClient, connection: Connection, standin: StandIn, count: object, words: str
) -> None:
    standin.requests.clear()
    answer = api.post("/api/random-select", {"task_id": 1, "count": count})
    told(answer, 400, "invalid", "count: how many frames to take must be a", words)
    assert len(standin.requests) == 0  # CVAT is not bothered with it


def test_count_is_needed(api: APIClient, connection: Connection) -> None:
    told(api.post("/api/random-select", {"task_id": 1}), 400, "invalid", "say how many frames")


@pytest.mark.parametrize("count", ["10", 10, 10.0])
def test_count_that_is_one(api: APIClient, connection: Connection, count: object) -> None:
    assert api.post("/api/random-select", {"task_id": 1, "count": count}).json()["count"] == 50


@pytest.mark.parametrize("seed", [-1, 2**32, "x", 0.5, True])
def test_seed_that_is_none(api: APIClient, connection: Connection, seed: object) -> None:
    answer = api.post("/api/random-select", {"task_id": 1, "count": 1, "random_seed": seed})
    told(answer, 400, "invalid", "the seed must be a whole number, 0 to 4294967295")


@pytest.mark.parametrize("share", [0, -1, 1.1, True, "x", None])
def test_share_that_is_none(api: APIClient, connection: Connection, share: object) -> None:
    answer = api.post("/api/random-select", {"task_id": 1, "frames_per_job_share": share})
    told(answer, 400, "invalid", "share above 0 and at most 1")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"job_ids": []}, "job_ids"),
        ({"job_ids": "x"}, "job_ids"),
        ({"job_ids": [0]}, "job_ids"),
        ({"job_ids": [True]}, "job_ids"),
        ({"job_ids": [2], "job_id": 2}, "Give either job_id or job_ids."),
        ({"job_ids": [2], "task_id": None}, "Name the task of job_ids by task_id."),
        ({"job_ids": list(range(1, 10_002))}, "10000"),
    ],
)
def test_jobs_to_draw_from_that_are_none(
    api: APIClient, connection: Connection, standin: StandIn, given: dict, words: str
) -> None:
    standin.requests.clear()
    told(api.post("/api/random-select", {"task_id": 1, "count": 1} | given), 400, "invalid", words)
    kept = {"frame_selection_method": "random_per_job", "frames_per_job_count": 1}
    told_by_resource(api.post("/api/selections", {"task_id": 1} | kept | given), 400, "invalid")
    assert len(standin.requests) == 0


def test_selections_to_leave_out(api: APIClient, connection: Connection) -> None:
    asked = {"task_id": 1, "count": 10, "random_seed": 7}
    first = api.post("/api/random-select", asked).json()
    kept = api.post("/api/selections", {"frames": first["images"]}).json()["id"]
    without = api.post("/api/random-select", asked | {"exclude_selections": [kept]}).json()
    assert without["count"] == 50
    assert without["total_available"] == 227 - 50
    assert not {row["frame"] for row in first["images"]} & {
        row["frame"] for row in without["images"]
    }
    for given, words in (
        ([kept + 1], "cannot be left out"),
        (["x"], "whole number"),
        ([1] * 101, "100"),
    ):
        answer = api.post("/api/random-select", asked | {"exclude_selections": given})
        told(answer, 400, "invalid", words)


def test_jobs_to_draw_from(api: APIClient, connection: Connection) -> None:
    """As JSON and as a form; each job once however often it is named."""
    for data in ({"job_ids": [3, 2, 3]}, "task_id=1&count=10&random_seed=1&job_ids=3&job_ids=2"):
        if isinstance(data, str):
            form = "application/x-www-form-urlencoded"
            answer = api.generic("POST", "/api/random-select", data, form).json()
        else:
            named = {"task_id": 1, "count": 10, "random_seed": 1} | data
            answer = api.post("/api/random-select", named).json()
        assert [job["job_id"] for job in answer["job_summary"]] == [2, 3]
        assert (answer["count"], answer["jobs_count"]) == (20, 2)
        assert answer["total_available"] == 94  # all that is in the ranges of the two
    answer = api.post("/api/random-select", {"task_id": 1, "count": 1, "job_ids": [77777]})
    told(answer, 400, "invalid", "no annotation job 77777")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"count": 5, "frame_share": 0.5}, "frame_share: goes with"),
        ({"count": 5, "frame_count": 5}, "frame_count: goes with"),
        ({"frames_per_job_count": 5, "frame_count": 5}, "frame_count: goes with"),
        ({"count": 5, "frames_per_job_count": 5}, "Give only one of"),
        ({"frames_per_job_count": 5, "frames_per_job_share": 0.5}, "Give only one of"),
        (
            {"frame_selection_method": "random_uniform", "frames_per_job_count": 5, "count": 5},
            "not with random_uniform, which takes frame_count or frame_share.",
        ),
        (
            {"frame_selection_method": "balanced_by_label", "frame_count": 5},
            "frame_count: goes with frame_selection_method random_uniform, "
            "not with balanced_by_label, which takes frames_per_label_count.",
        ),
        (
            {"frame_selection_method": "random_uniform", "frames_per_label_count": 5},
            "frames_per_label_count: goes with frame_selection_method balanced_by_label, "
            "not with random_uniform, which takes frame_count or frame_share.",
        ),
    ],
)
def test_amounts_that_contradict_each_other(
    api: APIClient, connection: Connection, standin: StandIn, given: dict, words: str
) -> None:
    standin.requests.clear()
    told(api.post("/api/random-select", {"task_id": 1} | given), 400, "invalid", words)
    assert len(standin.requests) == 0


@pytest.mark.parametrize(
    "given",
    [
        {"frame_count": 5},
        {"frames_per_job_share": 0.5},
        {"random_seed": 0},
        {"job_ids": [2]},
        {"exclude_selections": [1]},
        {"filename_contains": "a"},
    ],
)
def test_frames_by_hand_are_no_draw(api: APIClient, connection: Connection, given: dict) -> None:
    by_hand = {"frames": [{"task_id": 1, "frame": 0}]}
    answer = api.post("/api/selections", by_hand | given)
    assert next(iter(given)) in str(told_by_resource(answer, 400, "invalid"))


def test_amounts_of_another_method_in_a_selection(api: APIClient, connection: Connection) -> None:
    asked = {"task_id": 1, "frame_selection_method": "random_per_job", "frame_share": 0.5}
    for given in ({}, {"frames_per_job_count": 5}):
        answer = api.post("/api/selections", asked | given)
        assert "frame_share: goes with" in told_by_resource(answer, 400, "invalid")["detail"]
