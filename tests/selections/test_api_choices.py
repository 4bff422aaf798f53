"""A value that is none of the choices is refused with the choices, a wrong kind of value in words
of JSON."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from selections.models import Selection
from selector.models import Connection
from tests.making import make_selection
from tests.selector.api_errors import told, told_by_resource


@pytest.fixture
def kept(alice: User, connection: Connection) -> Selection:
    return make_selection(alice, connection)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            {"annotations": "coco2"},
            'annotations: "coco2" is not a valid choice. Is coco meant? Known: none, cvat_images, ',
        ),
        (
            {"quality": "orignal"},
            'quality: "orignal" is not a valid choice. Is original meant? '
            "Known: original, compressed.",
        ),
        ({"annotations": "YOLO"}, "Is yolo_detection or yolo_"),
        ({"empty_frames": "drop"}, "Known: deliver, leave_out."),
        ({"split": {"by": "share"}}, 'split.by: "share" is not a valid choice. Is shares meant?'),
        ({"split": {"by": "shares", "unit": "file"}}, "Known: frame, "),
        ({"split": "shares"}, "split: Expected a JSON object with named fields."),
        (
            {"split": {"by": "names", "names": {"train": ["x.jpg"]}}},
            "split.names.train: Expected the split of this picture: train, val or test.",
        ),
        (
            {"split": {"by": "names", "names": ["x.jpg"]}},
            'split.names: Expected the split of each picture, such as {"a.jpg": "train"}.',
        ),
        ({"objects": {"labels": "car"}}, "objects.labels: Expected a list."),
        (
            {"objects": {"rename": "car"}},
            'objects.rename: Expected a JSON object, such as {"car": "vehicle"}.',
        ),
        ([], "Expected a JSON object with named fields."),
    ],
)
def test_in_a_body(api: APIClient, kept: Selection, body: Any, says: str) -> None:
    answer = api.post(f"/api/selections/{kept.pk}/archives", body, format="json")
    assert says in told_by_resource(answer, 400, "invalid")["detail"]


def test_in_a_draw(api: APIClient, connection: Connection) -> None:
    asked = {"task_id": 1, "count": 1, "frame_selection_method": "uniform"}
    told(api.post("/api/random-select", asked), 400, "invalid", "Is random_uniform meant? Known: ")


def test_of_a_field_of_a_model(api: APIClient, kept: Selection) -> None:
    answer = api.patch(f"/api/selections/{kept.pk}", {"visibility": "public"}, format="json")
    told_by_resource(answer, 400, "invalid", '"public" is not a valid choice. Known: private, sh')


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/api/selections?visibility=share", "Is shared meant? Known: private, shared."),
        ("/api/selections?mine=maybe", 'mine: "maybe" is not a valid choice. Known: true, false.'),
        ("/api/archives?status=done", 'status: "done" is not a valid choice. Known: queued, '),
        ("/api/tasks/1/frames-by-annotation?sources=hand", "Known: manual, "),
        ("/api/tasks/1/frames/0/image?quality=low", "Known: original, compressed."),
    ],
)
def test_in_a_query(api: APIClient, connection: Connection, address: str, says: str) -> None:
    told_by_resource(api.get(address), 400, "invalid", says)
