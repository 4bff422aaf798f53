"""The main job over the API, through a real broker and worker, down to the bytes."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from selections.models import Archive
from standin.server import StandIn
from tests.conftest import finished

pytestmark = pytest.mark.worker


TASK = 1


def test_it_works(api: APIClient, alice: User, standin: StandIn, worker: None) -> None:
    connected = api.post(
        "/api/test-connection",
        {"url": standin.url, "username": "demo", "password": "demo-password"},
    ).json()
    assert connected["success"], connected
    request = {"task_id": TASK, "count": 10, "random_seed": 7}
    drawn = api.post("/api/random-select", request).json()
    assert drawn["count"] == 50
    assert [row["selected"] for row in drawn["job_summary"]] == [10] * 5
    again = api.post("/api/random-select", request)
    assert again.json()["images"] == drawn["images"]

    kept = api.post(
        "/api/selections",
        {
            "frame_selection_method": "random_per_job",
            "task_id": TASK,
            "frames_per_job_count": 10,
            "random_seed": 7,
            "name": "Round 1",
        },
    )
    assert kept.status_code == 201, kept.content
    content = downloaded(api, kept.json()["id"])
    assert_frames(content, [image["frame"] for image in drawn["images"]], standin)


def downloaded(api: APIClient, selection: int) -> bytes:
    """The ZIP of a selection, as its answers lead there."""
    asked = api.post("/api/download-images", {"selection": selection})
    assert asked.status_code == 202, asked.content
    archive = finished(Archive.objects.get(pk=asked.json()["archive"]["id"]))
    assert (archive.status, archive.error) == ("ready", "")
    answer = api.get(api.get(asked.json()["archive"]["status_url"]).json()["download_url"])
    content = b"".join(answer.streaming_content)
    assert archive.download_name in answer.headers["Content-Disposition"]
    assert len(content) == archive.size
    return content


def assert_frames(content: bytes, frames: list[int], standin: StandIn) -> None:
    """Exactly these, as CVAT has them, and the manifest that says so."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        manifest = json.loads(opened.read("manifest.json"))
        assert opened.namelist()[-1] == "manifest.json"
        assert len(opened.namelist()) == 51
        assert manifest["selection"]["random_seed"] == 7
        assert [row["frame"] for row in manifest["frames"]] == frames
        for row in manifest["frames"]:
            served = standin.world.original_bytes(TASK, row["frame"])
            assert opened.read(row["path"]) == served
            assert row["path"] == standin.world.filename(TASK, row["frame"])
