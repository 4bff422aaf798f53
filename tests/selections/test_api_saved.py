"""What saving a selection answers, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from standin.server import StandIn
from tests.making import connected, make_selection

FRAMES = [{"task_id": 1, "frame": 7}, {"task_id": 1, "frame": 0}]
DRAW = {"frame_selection_method": "random_uniform", "task_id": 1, "frame_count": 3}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/selections", {"frames": FRAMES, "name": " Round 1 ", "note": "Rain. "}),
        ("/api/selections", {"frames": FRAMES, "based_on": 0}),
        ("/api/selections", {"frames": FRAMES, "replaces": 0}),
        ("/api/selections", DRAW),
        ("/api/selections", {**DRAW, "frames": FRAMES}),
        ("/api/selections/{}/copy", {}),
        ("/api/selections/combine", {"selections": [0, 1], "operation": "union"}),
    ],
)
def test_the_answer_is_the_selection_as_it_is_read(
    api: APIClient, alice: User, standin: StandIn, path: str, body: dict[str, Any]
) -> None:
    connection = connected(alice, standin)
    saved = [make_selection(alice, connection).pk for _ in range(2)]
    body = {
        name: saved[0] if value == 0 else saved if value == [0, 1] else value
        for name, value in body.items()
    }
    answer = api.post(path.format(saved[0]), body, format="json")
    assert answer.status_code == 201, answer.content
    assert answer.json() == api.get(f"/api/selections/{answer.json()['id']}").json()


@pytest.mark.parametrize(("body", "most"), [({"frames": FRAMES}, 12), (DRAW, 12)])
def test_saving_takes_few_queries(
    api: APIClient, alice: User, standin: StandIn, body: dict[str, Any], most: int
) -> None:
    connected(alice, standin)
    named = {**body, "name": "Round 1"}
    assert api.post("/api/selections", named, format="json").status_code == 201  # catalogue read
    with CaptureQueriesContext(database) as queries:
        assert api.post("/api/selections", named, format="json").status_code == 201
    assert len(queries) <= most
