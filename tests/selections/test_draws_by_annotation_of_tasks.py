"""Draws by what is annotated, over several tasks with the same and with other labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from selector.models import Connection
from selector.services import annotation_index
from standin.server import StandIn
from tests.annotated import Case
from tests.selector.annotated_tasks import RECORDED, opened
from tests.selector.api_errors import told

ALL = {"frame_selection_method": "random_uniform", "frame_share": 1.0}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.ANNOTATIONS_DIR = tmp_path / "annotations"
    return settings.ANNOTATIONS_DIR


@pytest.fixture
def cases(connection: Connection, standin: StandIn) -> list[Case]:
    """The recorded tasks `shapes` and `tracks_images`."""
    return [opened(standin, RECORDED / name) for name in ("shapes", "tracks_images")]


def having(case: Case, label: str) -> set[tuple[int, int]]:
    return {
        (case.task["id"], number)
        for number, objects in case.reference().items()
        if any(each["label"] == label for each in objects)
    }


def labels_of(case: Case) -> set[str]:
    return {each["label"] for objects in case.reference().values() for each in objects}


def places(answer: Any) -> set[tuple[int, int]]:
    assert answer.status_code == 200, answer.content
    return {(image["task_id"], image["frame"]) for image in answer.json()["images"]}


def test_a_filter_holds_in_each_task(api: APIClient, cases: list[Case]) -> None:
    first, second = cases
    asked = {"task_ids": [case.task["id"] for case in cases]}
    shared = sorted(labels_of(first) & labels_of(second))
    own = sorted(labels_of(first) - labels_of(second))
    assert shared or own
    for label in {*shared[:1], *own[:1]}:
        wanted = having(first, label) | having(second, label)
        limits = {"annotation_filter": {"labels_any": [label]}}
        assert places(api.post("/api/random-select", asked | limits | ALL)) == wanted
        assert places(api.post("/api/load-images", asked | limits)) == wanted


def test_each_label_counts_over_all_tasks(api: APIClient, cases: list[Case]) -> None:
    asked = {"task_ids": [case.task["id"] for case in cases]}
    method = {"frame_selection_method": "balanced_by_label", "frames_per_label_count": 1000}
    answer = api.post("/api/random-select", asked | method)
    every = {place for case in cases for label in labels_of(case) for place in having(case, label)}
    assert places(answer) == every
    totals = {each["label"]: each["total"] for each in answer.json()["label_summary"]}
    for label in labels_of(cases[0]) | labels_of(cases[1]):
        assert totals[label] == sum(len(having(case, label)) for case in cases)


def test_a_label_that_no_task_has(api: APIClient, cases: list[Case]) -> None:
    asked = {"task_ids": [case.task["id"] for case in cases], **ALL}
    limits = {"annotation_filter": {"labels_none": ["unicorn"]}}
    answer = api.post("/api/random-select", asked | limits)
    told(answer, 400, "invalid", "No task there has a label “unicorn”. They have “")


def test_all_tasks_are_begun_to_be_read_at_once(
    api: APIClient, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotation_index, "MOST_FRAMES_AT_ONCE", 0)
    asked = {"task_ids": [case.task["id"] for case in cases], **ALL}
    limits = {"annotation_filter": {"annotated": True}}
    answer = api.post("/api/random-select", asked | limits)
    told(answer, 503, "annotations_not_read", "The annotations of 2 tasks are being read: 0 of")
    works = api.get("/api/works").json()["results"]
    assert len([work for work in works if work["kind"] == "annotationindexing"]) == 2
