"""What is annotated on frames of a task, through the API: jobs that overlap, outlines of many
frames, rights, limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from selector.models import Connection
from selector.services import outlines
from standin.server import StandIn
from tests.annotated import WITH_IMAGES, Case, differences
from tests.recorded import FOLDER
from tests.selector.annotation_answers import compared, opened, without
from tests.selector.picture_answers import refused

RECORDED = FOLDER / "annotated"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where annotations are kept, of this test alone."""
    settings.ANNOTATIONS_DIR = tmp_path / "annotations"
    return settings.ANNOTATIONS_DIR


def task_of(case: Case) -> int:
    return int(case.task["id"])


def on_frame(api: APIClient, case: Case, frame: int, **query: int) -> dict[str, Any]:
    response = api.get(f"/api/tasks/{task_of(case)}/annotations", {"frame": frame, **query})
    assert response.status_code == 200, response.content
    assert response["Cache-Control"] == "private, no-store"
    return dict(response.json())


def outlined(api: APIClient, case: Case, frames: str, **query: int) -> dict[str, Any]:
    response = api.get(f"/api/tasks/{task_of(case)}/outlines", {"frames": frames, **query})
    assert response.status_code == 200, response.content
    assert response["Cache-Control"] == "private, no-store"
    return dict(response.json())


@pytest.mark.parametrize("name", ["overlap", "honeypots", "tracks_images"])
def test_a_frame_has_the_objects_of_all_its_jobs_each_once(
    api: APIClient, connection: Connection, standin: StandIn, name: str
) -> None:
    case = opened(standin, RECORDED / name)
    expected = case.objects()
    for frame in case.frames:
        own = [without(each) for each in expected[frame]]
        assert differences(compared(on_frame(api, case, frame)), own) == ([], []), frame


def test_the_jobs_of_the_objects_are_named(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    case = opened(standin, RECORDED / "overlap")
    assert on_frame(api, case, 0)["job_ids"] == [863]
    assert on_frame(api, case, 4)["job_ids"] == [863, 864]


@pytest.mark.parametrize("case_name", ["ground_truth", "consensus"])
def test_a_job_of_another_kind_has_its_own_objects(
    api: APIClient, connection: Connection, standin: StandIn, case_name: str
) -> None:
    case = opened(standin, RECORDED / case_name)
    other = next(job for job in case.jobs if not job.is_annotation)
    annotation = next(job for job in case.jobs if job.is_annotation)
    frame = next(frame for frame, objects in case.objects([other]).items() if objects)
    answer = on_frame(api, case, frame, job_id=other.id)
    assert answer["job_ids"] == [other.id]
    own = [without(each) for each in case.objects([other])[frame]]
    assert differences(compared(answer), own) == ([], [])
    assert other.id not in on_frame(api, case, frame, job_id=annotation.id)["job_ids"]
    [drawn] = outlined(api, case, str(frame), job_id=other.id)["frames"]
    assert drawn["objects_count"] == len(own)


@pytest.mark.parametrize("recorded", WITH_IMAGES, ids=lambda path: path.name)
def test_outlines_count_the_objects_of_each_frame(
    api: APIClient, connection: Connection, standin: StandIn, recorded: Path
) -> None:
    case = opened(standin, recorded)
    answer = outlined(api, case, f"0-{case.meta.size - 1}")
    counts = {each["frame"]: each["objects_count"] for each in answer["frames"]}
    expected = {frame: len(objects) for frame, objects in case.objects().items()}
    assert {frame: counts[frame] for frame in expected} == expected
    assert answer["unread"] == []
    names = {label["id"] for label in answer["labels"]}
    drawn = [outline for frame in answer["frames"] for outline in frame["outlines"]]
    assert {outline["label_id"] for outline in drawn} <= names
    assert all(len(outline["points"]) % 2 == 0 for outline in drawn)


def test_a_turned_rectangle_is_a_polygon(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    case = opened(standin, RECORDED / "shapes")
    turned = [
        each for each in case.objects()[0] if each["kind"] == "rectangle" and each["rotation"] % 90
    ]
    assert turned
    [frame] = outlined(api, case, "0")["frames"]
    corners = [each["points"] for each in frame["outlines"] if len(each["points"]) == 8]
    for x1, y1, x2, y2 in (each["points"] for each in turned):
        middle = pytest.approx(((x1 + x2) / 2, (y1 + y2) / 2), abs=0.1)
        assert any(
            (sum(points[::2]) / 4, sum(points[1::2]) / 4) == middle
            and len(set(points[::2])) > 2  # not upright
            for points in corners
        )


def test_too_many_objects_are_answered_in_parts(
    api: APIClient, connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = opened(standin, RECORDED / "overlap")
    whole = outlined(api, case, "0-13")
    monkeypatch.setattr(outlines, "MOST_OBJECTS", 1)
    frames, unread = [], list(range(14))
    while unread:
        answer = outlined(api, case, ",".join(map(str, unread)))
        assert len(answer["unread"]) < len(unread)
        frames, unread = frames + answer["frames"], answer["unread"]
    assert frames == whole["frames"]


def test_the_largest_of_many_objects_are_outlined(
    api: APIClient, connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlines, "MOST_DRAWN", 1)
    case = opened(standin, RECORDED / "overlap")
    drawn = outlined(api, case, "0-13")["frames"]
    assert max(len(each["outlines"]) for each in drawn) == 1
    assert max(each["objects_count"] for each in drawn) > 1


def test_of_two_jobs_that_overlap_carol_gets_hers_alone(
    api: APIClient, connection: Connection, carol: APIClient, standin: StandIn
) -> None:
    case = opened(standin, RECORDED / "overlap")
    first, second, _ = (standin.world.jobs[job.id] for job in case.jobs)
    second.assignee = next(
        user for user in standin.world.users.values() if user.username == "carol"
    )
    assert on_frame(api, case, 4)["job_ids"] == [first.id, second.id]  # on disk now
    answer = on_frame(carol, case, 4)
    assert answer["job_ids"] == [second.id]
    own = [job for job in case.jobs if job.id == second.id]
    hers = [without(each) for each in case.objects(own)[4]]
    assert differences(compared(answer), hers) == ([], [])
    counted = outlined(carol, case, "0-13")["frames"]
    assert [each["frame"] for each in counted] == list(range(second.start, second.stop + 1))
    assert {each["frame"]: each["objects_count"] for each in counted}[4] == len(hers)
    address = f"/api/tasks/{task_of(case)}"
    refused(carol.get(f"{address}/annotations", {"frame": 0}), 404, "not_found")
    refused(carol.get(f"{address}/outlines", {"frames": "0-3"}), 404, "not_found")
    refused(
        carol.get(f"{address}/outlines", {"frames": "4", "connection": connection.pk}),
        404,
        "not_found",
    )


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "invalid"),
        ("?frames=", 400, "invalid"),
        ("?frames=x", 400, "invalid"),
        ("?frames=5-3", 400, "invalid"),
        ("?frames=0-100", 400, "invalid"),
        ("?frames=0-49,60-109,200", 400, "invalid"),
        ("?frames=0-99999999999999999999", 400, "invalid"),
        ("?frames=0&quality=original", 400, "invalid"),
        ("?frames=0&job_id=x", 400, "invalid"),
        ("?frames=0&job_id=9", 404, "not_found"),
        ("?frames=999999", 404, "not_found"),
    ],
)
def test_wrong_parameters(
    api: APIClient, connection: Connection, query: str, status: int, code: str
) -> None:
    refused(api.get(f"/api/tasks/1/outlines{query}"), status, code)
