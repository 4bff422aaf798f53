"""Draws from frames that are chosen by what is annotated on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from selections.models import Selection
from selector.annotation_index.filter import AnnotationFilter
from selector.models import Connection
from selector.services import annotation_index
from standin.server import StandIn
from tests.annotated import Case
from tests.selector.annotated_tasks import RECORDED, opened


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.ANNOTATIONS_DIR = tmp_path / "annotations"
    return settings.ANNOTATIONS_DIR


@pytest.fixture
def case(connection: Connection, standin: StandIn) -> Case:
    """The recorded task `shapes`."""
    return opened(standin, RECORDED / "shapes")


@pytest.fixture
def rectangles(case: Case) -> list[int]:
    """Frames with the label of the first object on the first frame."""
    label = label_of(case)
    return [
        n for n, objects in case.reference().items() if any(label == o["label"] for o in objects)
    ]


def label_of(case: Case) -> str:
    return case.reference()[0][0]["label"]


def asked(case: Case, **values: Any) -> dict[str, Any]:
    wanted = {"annotation_filter": {"labels_any": [label_of(case)]}}
    return {"task_id": case.task["id"], **wanted, **values}


def frames_in(answer: Any, status: int = 200) -> list[int]:
    assert answer.status_code == status, answer.content
    return [image["frame"] for image in answer.json()["images"]]


def test_a_draw_takes_these_frames_alone(api: APIClient, case: Case, rectangles: list[int]) -> None:
    assert 0 < len(rectangles) < len(case.frames)
    answer = api.post("/api/random-select", asked(case, count=100))
    assert frames_in(answer) == rectangles
    assert answer.json()["total_available"] == len(rectangles)
    assert answer.json()["label_summary"] == []
    assert frames_in(api.post("/api/load-images", asked(case))) == rectangles


def test_a_job_is_filtered_by_its_own_objects(
    api: APIClient, case: Case, rectangles: list[int]
) -> None:
    [job] = case.jobs
    values = {**asked(case), "task_id": None, "job_id": job.id}
    assert frames_in(api.post("/api/load-images", values)) == rectangles


def test_it_is_kept_with_the_selection_and_drawn_again(
    api: APIClient, client: Client, alice: User, case: Case, rectangles: list[int]
) -> None:
    method = {"frame_selection_method": "random_uniform", "frame_count": 2, "random_seed": 3}
    answer = api.post("/api/selections", asked(case, **method, name="Boxes"))
    assert answer.status_code == 201, answer.content
    saved = Selection.objects.get(pk=answer.json()["id"])
    wanted = asked(case)["annotation_filter"]
    assert saved.get_draw().annotation_filter == AnnotationFilter.from_json(wanted)
    assert answer.json()["draw"]["annotation_filter"] == wanted
    frames = set(saved.frames.values_list("frame", flat=True))
    assert frames < set(rectangles)
    again = api.post(f"/api/selections/{saved.pk}/draw-again").json()
    assert (again["same"], again["new"]) == (2, 0)
    client.force_login(alice)
    page = client.get(saved.get_absolute_url()).content.decode()
    assert f"with such annotations: any of “{label_of(case)}”, drawn at random" in page


def test_other_selections_are_left_out_beside_it(
    api: APIClient, case: Case, rectangles: list[int]
) -> None:
    frames = [{"task_id": case.task["id"], "frame": rectangles[0]}]
    other = api.post("/api/selections", {"frames": frames}).json()["id"]
    answer = api.post("/api/random-select", asked(case, count=100, exclude_selections=[other]))
    assert frames_in(answer) == rectangles[1:]


def test_a_draw_by_label_says_what_it_could_not_reach(api: APIClient, case: Case) -> None:
    frames_of = {
        name: {n for n, objects in case.reference().items() if name in _names(objects)}
        for name in [label.name for label in case.labels]
    }
    values = by_label(case)
    answer = api.post("/api/random-select", values)
    drawn = set(frames_in(answer))
    assert answer.json()["label_summary"] == [
        {"label": name, "requested": 2, "selected": len(frames & drawn), "total": len(frames)}
        for name, frames in sorted(frames_of.items())
    ]
    assert all(len(frames & drawn) >= min(2, len(frames)) for frames in frames_of.values())
    name = label_of(case)
    named = api.post("/api/random-select", {**values, "labels": [name]})
    assert set(frames_in(named)) <= frames_of[name]
    saved = api.post("/api/selections", {**values, "labels": [name]})
    assert saved.json()["draw"]["labels"] == [name]


def test_a_label_that_is_nowhere_is_told(
    api: APIClient, case: Case, standin: StandIn, rectangles: list[int]
) -> None:
    [job] = standin.world.tasks[case.task["id"]].jobs
    name = label_of(case)
    [label_id] = [label.id for label in case.labels if label.name == name]
    for kind in ("shapes", "tags", "tracks"):
        objects = job.annotations[kind]
        job.annotations[kind] = [each for each in objects if each["label_id"] != label_id]
    answer = api.post("/api/random-select", by_label(case)).json()
    told = {"label": name, "requested": 2, "selected": 0, "total": 0}
    assert [each for each in answer["label_summary"] if each["label"] == name] == [told]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "no frame of task {task} has a label."),
        ({"filename_contains": "."}, "none of the frames to draw from has a label."),
    ],
)
def test_a_draw_by_label_from_nothing_annotated_is_refused(
    api: APIClient, case: Case, standin: StandIn, values: dict[str, Any], says: str
) -> None:
    [job] = standin.world.tasks[case.task["id"]].jobs
    job.annotations = {kind: [] for kind in ("shapes", "tags", "tracks")}
    answer = api.post("/api/random-select", {**by_label(case), **values})
    assert answer.status_code == 400, answer.content
    assert f"nothing to draw: {says.format(task=case.task['id'])}" in answer.json()["message"]


def by_label(case: Case) -> dict[str, Any]:
    """A draw of two frames of each label."""
    return {
        "task_id": case.task["id"],
        "frame_selection_method": "balanced_by_label",
        "frames_per_label_count": 2,
        "random_seed": 1,
    }


def _names(objects: list[dict[str, Any]]) -> set[str]:
    return {each["label"] for each in objects}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"annotation_filter": {"labels_any": ["no such"]}}, "has no label “no such”. It has "),
        ({"annotation_filter": {"label": "x"}}, "unknown field. Is labels_"),
        ({"annotation_filter": {"attributes": [{"label": "x"}]}}, "required"),
        ({"annotation_filter": {"objects_from": 1000}}, "no frame has such annotations"),
        ({"labels": ["x"]}, "goes with frame_selection_method balanced_by_label alone"),
        (
            {
                "count": None,
                "frame_selection_method": "balanced_by_label",
                "frames_per_label_count": 1,
                "labels": ["no such"],
            },
            "has no label",
        ),
    ],
)
def test_wrong_filters_are_told(
    api: APIClient, case: Case, values: dict[str, Any], says: str
) -> None:
    body = {"task_id": case.task["id"], "count": 1, **values}
    body = {name: value for name, value in body.items() if value is not None}
    answer = api.post("/api/random-select", body)
    assert answer.status_code == 400, answer.content
    assert says in answer.json()["message"]


def test_nothing_is_drawn_before_all_annotations_are_read(
    api: APIClient, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotation_index, "MOST_JOBS_AT_ONCE", 0)
    for path, values in (("random-select", {"count": 1}), ("load-images", {})):
        answer = api.post(f"/api/{path}", asked(case, **values))
        assert (answer.status_code, answer.json()["code"]) == (503, "annotations_not_read")
        assert "0 of 1 jobs so far" in answer.json()["message"]
        assert int(answer["Retry-After"]) > 0
    assert (
        api.post(
            "/api/selections", asked(case, frame_selection_method="random_uniform", frame_count=1)
        ).status_code
        == 503
    )
