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


def test_it_works(api: APIClient, alice: User, standin: StandIn, worker: None) -> None:
    connected = api.post(
        "/api/test-connection",
        {"url": standin.url, "username": "demo", "password": "demo-password"},
    ).json()
    assert connected["success"], connected
    task_id = 1
    drawn = api.post(
        "/api/random-select", {"task_id": task_id, "count": 10, "random_seed": 7}
    ).json()
    assert drawn["count"] == 50
    assert [row["selected"] for row in drawn["job_summary"]] == [10] * 5
    again = api.post("/api/random-select", {"task_id": task_id, "count": 10, "random_seed": 7})
    assert again.json()["images"] == drawn["images"]

    kept = api.post(
        "/api/selections",
        {
            "frame_selection_method": "random_per_job",
            "task_id": task_id,
            "frames_per_job_count": 10,
            "random_seed": 7,
            "name": "Round 1",
        },
    )
    assert kept.status_code == 201, kept.content
    asked = api.post("/api/download-images", {"selection": kept.json()["id"]})
    assert asked.status_code == 202, asked.content
    archive = finished(Archive.objects.get(pk=asked.json()["archive"]["id"]))
    assert (archive.status, archive.error) == ("ready", "")

    answer = api.get(api.get(asked.json()["archive"]["status_url"]).json()["download_url"])
    content = b"".join(answer.streaming_content)
    assert archive.download_name in answer.headers["Content-Disposition"]
    assert len(content) == archive.size
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        manifest = json.loads(opened.read("manifest.json"))
        assert opened.namelist()[-1] == "manifest.json"
        assert len(opened.namelist()) == 51
        assert manifest["selection"]["random_seed"] == 7
        assert [row["frame"] for row in manifest["frames"]] == [
            image["frame"] for image in drawn["images"]
        ]
        for row in manifest["frames"]:
            served = standin.world.original_bytes(task_id, row["frame"])
            assert opened.read(row["path"]) == served
            assert row["path"] == standin.world.filename(task_id, row["frame"])
