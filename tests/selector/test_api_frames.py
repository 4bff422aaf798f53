"""The answers that may hold 100,000 frames: their form, and that they leave memory at once."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate

from selector.api.views import LoadImagesView
from selector.api.workspace import CatalogView
from selector.models import Connection
from standin.server import StandIn


def test_load_images(api: APIClient, connection: Connection, standin: StandIn) -> None:
    response = api.post("/api/load-images", {"task_id": 1})
    assert response["Content-Type"] == "application/json"
    answer = response.json()
    task = standin.world.tasks[1]
    first = answer["images"][0]
    assert first == {
        "frame": 0,
        "task_id": 1,
        "job_id": task.jobs[0].id,
        "filename": "north_0000.jpg",
        "width": first["width"],
        "height": first["height"],
    }
    assert len(answer["images"]) == 227
    rest = {
        "success": True,
        "connection": connection.pk,
        "count": 227,
        "source": "task",
        "task_id": 1,
        "task_name": task.name,
        "mode": "annotation",
        "deleted_count": len(task.deleted),
        "honeypot_count": 0,
        "tasks": [
            {
                "id": 1,
                "name": task.name,
                "mode": "annotation",
                "project_id": None,
                "frames_count": 227,
            }
        ],
    }
    assert {name: answer[name] for name in answer.keys() - {"images", "jobs"}} == rest
    assert [job["id"] for job in answer["jobs"]] == [job.id for job in task.jobs]


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("view", [LoadImagesView, CatalogView])
@pytest.mark.usefixtures("connection", "without_collector")
def test_an_answer_needs_no_garbage_collector(alice: User, view: type) -> None:
    factory = APIRequestFactory()
    ask = factory.post if view is LoadImagesView else factory.get
    request = ask("/", {"task_id": 1})
    force_authenticate(request, alice)
    response = view.as_view()(request)  # type: ignore[attr-defined]
    assert response.status_code == 200
    alive = weakref.ref(response)
    del response
    assert alive() is None
