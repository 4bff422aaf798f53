"""A CVAT that sends a byte now and then: the API says so within the deadline."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from selector import cvat_requests
from tests.dripping import JSON_HEAD, dripping
from tests.making import make_connection

SECONDS = 1.0
LATE = 60.0  # far below the hours that the dripping would take


@pytest.mark.parametrize(
    "address", ["/api/tasks", "/api/tasks/1", "/api/tasks/1/jobs", "/api/catalog?task_id=1"]
)
def test_a_dripping_cvat_is_504_within_the_deadline(
    api: APIClient, alice: User, settings: object, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(cvat_requests, "ANSWER_SECONDS", SECONDS)
    with dripping(JSON_HEAD) as url:
        settings.CVAT_ALLOWED_URLS = [url]
        make_connection(alice, url)
        started = time.monotonic()
        answer = api.get(address)
    assert answer.status_code == 504
    assert "in time" in answer.json()["detail"]
    assert time.monotonic() - started < LATE


def test_a_page_says_it_as_well(
    client: Client, alice: User, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cvat_requests, "ANSWER_SECONDS", SECONDS)
    client.force_login(alice)
    with dripping(JSON_HEAD) as url:
        settings.CVAT_ALLOWED_URLS = [url]
        make_connection(alice, url)
        answer = client.get("/choose")
    assert answer.status_code == 504
    assert "in time" in answer.text
