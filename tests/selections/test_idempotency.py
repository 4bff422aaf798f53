"""A request repeated under its Idempotency-Key makes nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from portal.models import KeyedAnswer
from selections.models import Archive, Selection
from selections.tasks import purge_selections
from standin.server import StandIn
from tests.conftest import api_of
from tests.making import connected, make_selection

FRAMES = [{"task_id": 1, "frame": 0}, {"task_id": 1, "frame": 7}]


def post(client: APIClient, path: str, body: dict[str, Any], key: str = "k1") -> Any:
    return client.post(path, body, format="json", headers={"Idempotency-Key": key})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/selections", {"frames": FRAMES, "name": "Round 1"}),
        ("/api/selections", {"frame_selection_method": "random_uniform", "task_id": 1,
                             "frame_count": 3}),
        ("/api/download-images", {"frames": FRAMES}),
        ("/api/selections/{}/archives", {}),
        ("/api/selections/{}/copy", {}),
    ],
)  # fmt: skip
def test_a_repeated_request_gets_the_same_answer(
    api: APIClient, alice: User, standin: StandIn, path: str, body: dict[str, Any]
) -> None:
    path = path.format(make_selection(alice, connected(alice, standin)).pk)
    first = post(api, path, body)
    assert first.status_code in {201, 202}, first.content
    counts = Selection.objects.count(), Archive.objects.count()
    second = post(api, path, body)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (Selection.objects.count(), Archive.objects.count()) == counts


def test_another_body_under_the_key_is_refused(api: APIClient, connection: object) -> None:
    assert post(api, "/api/selections", {"frames": FRAMES}).status_code == 201
    other = post(api, "/api/selections", {"frames": FRAMES[:1]})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    elsewhere = post(api, "/api/download-images", {"frames": FRAMES})
    assert (elsewhere.status_code, elsewhere.json()["success"]) == (422, False)
    assert Selection.objects.count() == 1


def test_keys_of_two_people_do_not_meet(
    api: APIClient, bob: User, alice: User, standin: StandIn
) -> None:
    connected(alice, standin)
    connected(bob, standin)
    hers = post(api, "/api/selections", {"frames": FRAMES}).json()
    his = post(api_of(bob), "/api/selections", {"frames": FRAMES}).json()
    assert hers["id"] != his["id"]


def test_an_error_is_not_remembered(api: APIClient, connection: object) -> None:
    body = {"frames": [{"task_id": 1, "frame": 99_999}]}
    assert post(api, "/api/selections", body).status_code == 400
    assert not KeyedAnswer.objects.exists()
    assert post(api, "/api/selections", {"frames": FRAMES}).status_code == 201


def test_a_request_that_is_still_answered_is_a_conflict(
    api: APIClient, alice: User, connection: object
) -> None:
    assert post(api, "/api/selections", {"frames": FRAMES}).status_code == 201
    KeyedAnswer.objects.update(body=None)
    again = post(api, "/api/selections", {"frames": FRAMES})
    assert (again.status_code, again.json()["code"]) == (409, "idempotency_key_in_use")
    # Its process is gone: the key is free again.
    KeyedAnswer.objects.update(created_at=timezone.now() - KeyedAnswer.LONGEST_REQUEST * 2)
    assert post(api, "/api/selections", {"frames": FRAMES}).status_code == 201


def test_after_a_day_the_key_is_forgotten(api: APIClient, connection: object) -> None:
    first = post(api, "/api/selections", {"frames": FRAMES}).json()
    KeyedAnswer.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    assert post(api, "/api/selections", {"frames": FRAMES}).json()["id"] != first["id"]
    KeyedAnswer.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    purge_selections()
    assert not KeyedAnswer.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_a_key_that_is_none(api: APIClient, connection: object, key: str) -> None:
    answer = post(api, "/api/selections", {"frames": FRAMES}, key)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one(alice: User, standin: StandIn) -> None:
    connected(alice, standin)
    clients = [api_of(alice) for _ in range(4)]

    def ask(client: APIClient) -> int:
        try:
            return int(post(client, "/api/selections", {"frames": FRAMES}).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        statuses = list(threads.map(ask, clients))
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert Selection.objects.count() == 1
