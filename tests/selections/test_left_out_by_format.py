"""The form for an archive says what the chosen format has no place for."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from selections.models import Selection
from selector.services import annotation_index
from standin.server import StandIn
from tests.annotated import Case
from tests.conftest import api_of, connect
from tests.selections.builds import built, select
from tests.selector.annotated_tasks import RECORDED, opened

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


@pytest.fixture
def case(standin: StandIn) -> Case:
    return opened(standin, RECORDED / "shapes")


@pytest.fixture
def kept(alice: User, standin: StandIn, case: Case, settings: Any, tmp_path: Path) -> Selection:
    """All frames of the task but the last, which has objects of several kinds."""
    settings.ANNOTATIONS_DIR = tmp_path / "annotations"
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    selection.frames.filter(frame=max(case.frames)).delete()
    return selection


def said(client: Client, selection: Selection, **form: str) -> str:
    client.force_login(selection.owner)
    answer = client.post(f"/selections/{selection.pk}/left-out", form)
    assert answer.status_code == 200
    return answer.content.decode()


def test_kinds_without_a_place_are_counted(client: Client, kept: Selection, case: Case) -> None:
    objects = [each for frame in case.frames[:-1] for each in case.reference()[frame]]
    kinds = Counter(each["kind"] for each in objects)
    page = said(client, kept, annotations="mot")
    assert kinds["polyline"]
    assert f"{kinds['polyline']} polylines" in page
    assert f"{kinds['mask']} masks" in page
    assert "rectangles" not in page
    assert "tag" not in page
    kept.frames.exclude(frame=0).delete()
    kept.frames.update(frame=max(case.frames))
    assert re.search(r"\b1 tag\b", said(client, kept, annotations="mot"))


def test_objects_that_can_be_no_person_are_counted(client: Client, kept: Selection) -> None:
    assert "rectangles" in said(client, kept, annotations="market1501")


@pytest.mark.parametrize(
    "form",
    [
        {"annotations": "cvat_images"},
        {"annotations": "none"},
        {"annotations": "icdar_recognition"},  # which takes some objects of every kind
        {"annotations": "mot", "labels": "no such"},
        {"annotations": "mot", "jobs": "completed"},
    ],
)
def test_nothing_is_said_where_nothing_is_left_out_or_the_build_has_to_say(
    client: Client, kept: Selection, form: dict[str, str]
) -> None:
    assert not said(client, kept, **form).strip()


def test_it_asks_again_while_annotations_are_read(
    client: Client, kept: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotation_index, "MOST_JOBS_AT_ONCE", 0)
    page = said(client, kept, annotations="mot")
    assert "The annotations are being read" in page
    assert "delay:3s" in page


def test_attributes_without_a_place_are_counted(
    alice: User, standin: StandIn, client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.ANNOTATIONS_DIR = tmp_path / "annotations"
    case = opened(standin, RECORDED / "attributes_tags")
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    selection.frames.filter(frame=max(case.frames)).delete()
    objects = [each for frame in case.frames[:-1] for each in case.reference()[frame]]
    expected = Counter(
        name
        for each in objects
        if each["kind"] == "rectangle"
        for name, value in each["attributes"].items()
        if value
    )
    assert expected
    body = {"annotations": "mot"}
    answer = api_of(alice).post(f"/api/selections/{selection.pk}/left-out", body).json()
    assert answer["attributes"] == expected
    kinds = Counter(each["kind"] for each in objects)
    assert answer["objects"] == {kind: n for kind, n in kinds.items() if kind != "rectangle"}
    page = said(client, selection, annotations="mot")
    name, count = expected.most_common(1)[0]
    assert f"“{name}” of {count} objects" in page
    # The box around a track between its keyframes has the attributes as well.
    archive = built(selection, annotations="mot", pictures=False)
    assert archive.remarks["annotations"]["attributes_left_out"] == expected
    body = {"annotations": "coco", "objects": {"labels": ["no such"]}}
    answer = api_of(alice).post(f"/api/selections/{selection.pk}/left-out", body).json()
    assert answer == {"objects": {}, "attributes": {}}
