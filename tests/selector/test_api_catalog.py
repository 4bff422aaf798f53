"""Catalogues over HTTP, and the packs that they lead to."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from rest_framework.test import APIClient

from selector.models import Connection
from standin.server import StandIn
from tests.selector.picture_answers import JSON, catalog_of, refused, unpacked

pytestmark = pytest.mark.usefixtures("folder")


def test_catalog(api: APIClient, connection: Connection, standin: StandIn) -> None:
    response = api.get(
        "/api/catalog",
        {"task_id": 1, "connection": connection.pk},
        headers={"Accept-Encoding": "gzip, br"},
    )
    assert response["Content-Encoding"] == "gzip"
    assert response["Content-Type"] == JSON
    assert response["Cache-Control"] == "private, no-cache"
    assert {"Accept-Encoding", "Cookie"} <= set(re.split(", *", response["Vary"]))
    document = json.loads(gzip.decompress(response.content))
    assert document == catalog_of(api, task_id=1)
    assert set(document) == {
        *("task", "jobs", "version", "frames", "deleted", "honeypots", "through_jobs"),
        *("deleted_frames", "honeypot_frames", "other_jobs"),
    }
    assert document["frames"]["number"] == [0, 17, 19, 85, 105, 125]
    assert document["frames"]["size"] == [640, 360, 227]
    assert document["frames"]["name"]["prefix"] == "north_0"
    assert document["frames"]["name"]["suffix"] == ".jpg"


def test_catalog_304(api: APIClient, connection: Connection, standin: StandIn) -> None:
    first = api.get("/api/catalog?task_id=1")
    same = {"If-None-Match": first["ETag"]}
    assert api.get("/api/catalog?task_id=1", headers=same).status_code == 304
    standin.world.set_deleted(1, [5])
    assert api.get("/api/catalog?task_id=1", headers=same).status_code == 200


def test_catalog_of_nothing(api: APIClient, connection: Connection) -> None:
    assert "task_id" in refused(api.get("/api/catalog"), 400, "invalid")
    refused(api.get("/api/catalog?task_id=x"), 400, "invalid")
    refused(api.get("/api/catalog?task_id=1&job_id=99999"), 404, "cvat_not_found")


def test_packs_of_the_catalog_hold_its_frames(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    """The rule that the page uses: chunk = (frame - start) // chunk_size, in every kind of job."""
    listed = standin.world.tasks[5].jobs[-1].id
    for query in ({"task_id": 6}, {"task_id": 11}, {"job_id": listed}):
        document = catalog_of(api, **query)
        places = [
            at
            for at, count in zip(*[iter(document["frames"]["job"])] * 2, strict=True)
            for _ in range(count)
        ]
        numbers = [
            first + n
            for first, count in zip(*[iter(document["frames"]["number"])] * 2, strict=True)
            for n in range(count)
        ]
        for at, frame in list(zip(places, numbers, strict=True))[::7]:
            job = document["jobs"][at]
            chunk = (frame - job["start"]) // job["chunk_size"]
            header, _ = unpacked(api.get(f"/api/jobs/{job['id']}/thumbnails/{chunk}"))
            assert frame in [entry["frame"] for entry in header["frames"]]
