"""Single pictures and previews over HTTP."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from rest_framework.test import APIClient

from selector.models import Connection
from standin.pictures import encode, numbered
from standin.server import StandIn
from tests.selector.picture_answers import refused, shown

pytestmark = pytest.mark.usefixtures("folder")

# --- single pictures ---------------------------------------------------------------------------


@pytest.mark.parametrize("frame", [0, 44, 45, 47, 229])
def test_one_small_picture(
    api: APIClient, connection: Connection, standin: StandIn, frame: int
) -> None:
    response = api.get(f"/api/tasks/1/frames/{frame}/thumbnail")
    assert response["Content-Type"] == "image/jpeg"
    assert response["Cache-Control"] == "private, max-age=3600"
    assert shown(response.content) == frame
    standin.requests.clear()
    again = api.get(
        f"/api/tasks/1/frames/{frame}/thumbnail", headers={"If-None-Match": response["ETag"]}
    )
    assert again.status_code == 304
    assert len(standin.requests) == 0


def test_neighbours_come_from_the_same_pack(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    for frame in range(18):
        assert shown(api.get(f"/api/tasks/1/frames/{frame}/thumbnail").content) == frame
    assert len([seen for seen in standin.requests if seen.query.get("type")]) == 1


def test_a_broken_one_has_no_small_picture(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    files = {"0.jpg": encode(numbered(0, (640, 360)), "jpg"), "1.jpg": b"none"}
    task = standin.world.add_task("broken", owner="demo", images=files)
    assert "broken" in refused(
        api.get(f"/api/tasks/{task.id}/frames/1/thumbnail"), 404, "not_found"
    )
    assert api.get(f"/api/tasks/{task.id}/frames/0/thumbnail").status_code == 200


TYPES = {
    0: "image/png",
    1: "image/bmp",
    2: "image/webp",
    3: "image/gif",
    4: "image/tiff",
    5: "image/jpeg",
    6: "image/jpeg",
}


@pytest.mark.parametrize("frame", TYPES)
def test_original_bytes(
    api: APIClient, connection: Connection, standin: StandIn, frame: int
) -> None:
    response = api.get(f"/api/tasks/4/frames/{frame}/image", {"quality": "original"})
    assert response.content == standin.world.original_bytes(4, frame)
    assert response["Content-Type"] == TYPES[frame]
    compressed = api.get(f"/api/tasks/4/frames/{frame}/image", {"quality": "compressed"})
    assert compressed["Content-Type"] == "image/jpeg"
    assert compressed["ETag"] != response["ETag"]
    assert shown(compressed.content) == frame


def test_a_video_frame(api: APIClient, connection: Connection) -> None:
    response = api.get("/api/tasks/3/frames/123/image")
    assert response["Content-Type"] == "image/png"
    assert shown(response.content) == 123
    assert shown(api.get("/api/tasks/3/frames/123/thumbnail").content) == 123


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.4",
    ],
)
def test_nothing_hostile_runs(
    api: APIClient, connection: Connection, standin: StandIn, content: bytes
) -> None:
    files = {"a.jpg": encode(numbered(0, (64, 48)), "jpg"), "b.svg": content}
    task = standin.world.add_task("hostile", owner="demo", images=files)
    response = api.get(f"/api/tasks/{task.id}/frames/1/image")
    assert response.content == content
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox;")


def test_image_304_without_fetching(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    first = api.get("/api/tasks/1/frames/0/image")
    standin.requests.clear()
    again = api.get("/api/tasks/1/frames/0/image", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert len(standin.requests) == 0


# --- previews ----------------------------------------------------------------------------------


def test_previews(api: APIClient, connection: Connection, standin: StandIn) -> None:
    project = standin.world.tasks[12].project.id
    for address in ("/api/tasks/1/preview", f"/api/projects/{project}/preview"):
        first = api.get(address)
        assert first["Content-Type"] == "image/jpeg"
        assert max(Image.open(io.BytesIO(first.content)).size) <= 256
        assert api.get(address).content == first.content
        again = api.get(address, headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 304
    assert len(standin.requests.matching("preview$")) == 2


def test_a_project_without_pictures(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    project = standin.world.add_project("Empty", "demo")
    answer = api.get(f"/api/projects/{project.id}/preview")
    assert refused(answer, 404, "not_found") == "There is no preview."
