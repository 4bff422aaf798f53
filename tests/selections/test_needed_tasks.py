"""A draw over all of many tasks reads only those that it takes frames of."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from selections.services import drawing
from selector.models import Connection
from standin.server import StandIn

COUNT = 60  # tasks, of two jobs that share 2 frames
DELETED = tuple(range(1, 8))
OVER_ALL = {"frame_selection_method": "random_uniform", "frame_count": 12, "random_seed": 7}


@pytest.fixture
def project(standin: StandIn) -> int:
    made = standin.world.add_project("Many", "demo")
    for number in range(COUNT):
        standin.world.add_task(
            f"Part {number}",
            task_id=100 + number,
            owner="demo",
            project=made,
            count=10,
            segment_size=6,
            overlap=2,
            deleted=DELETED,
        )
    return made.id


def drawn(api: APIClient, **asked: object) -> dict:
    answer = api.post("/api/random-select", {**OVER_ALL, **asked})
    assert answer.status_code == 200, answer.content
    return answer.json()


def metas(standin: StandIn) -> set[int]:
    return {int(seen.path.split("/")[3]) for seen in standin.requests.matching("/data/meta$")}


@pytest.mark.parametrize("limits", [{}, {"stage": "validation"}, {"last_frame": 8}])
def test_the_frames_are_those_of_a_draw_that_reads_all(
    api: APIClient,
    connection: Connection,
    standin: StandIn,
    project: int,
    limits: dict,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for task_id in range(100, 140):
        standin.world.tasks[task_id].jobs[1].stage = "validation"
    earlier = api.post("/api/selections", {**OVER_ALL, "project_id": project}).json()["id"]
    limits = {**limits, "exclude_selections": [earlier], "random_seed": 11}
    monkeypatch.setattr(drawing, "ALWAYS_READ", 5)
    few = drawn(api, project_id=project, **limits)
    monkeypatch.setattr(drawing, "ALWAYS_READ", COUNT)
    every = drawn(api, project_id=project, **limits)
    assert few["images"] == every["images"]
    assert len(few["images"]) == 12
    assert few["total_available"] > every["total_available"]  # deleted frames not known of


def test_what_was_not_read_is_told_as_cvat_counts_it(
    api: APIClient, connection: Connection, standin: StandIn, project: int
) -> None:
    standin.requests.clear()
    answer = drawn(api, project_id=project)
    read = metas(standin)
    assert 0 < len(read) < COUNT
    summary = {each["task_id"]: each for each in answer["task_summary"]}
    assert list(summary) == list(range(100, 100 + COUNT))
    for task_id, each in summary.items():
        assert each["total"] == (10 - len(DELETED) if task_id in read else 10)
        assert each["name"] == f"Part {task_id - 100}"
    jobs = [(each["task_id"], each["job_id"]) for each in answer["job_summary"]]
    assert jobs == sorted(jobs)
    assert len(jobs) == answer["jobs_count"] == 2 * COUNT
    assert answer["total_available"] == sum(each["total"] for each in summary.values())


def test_as_many_as_there_are_reads_all(
    api: APIClient, connection: Connection, standin: StandIn, project: int
) -> None:
    standin.requests.clear()
    answer = drawn(api, project_id=project, frame_count=1000)
    assert len(answer["images"]) == COUNT * (10 - len(DELETED)) == answer["total_available"]
    assert len(metas(standin)) == COUNT
