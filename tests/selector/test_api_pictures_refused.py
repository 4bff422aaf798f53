"""Pictures that are not shown: closed to one, not there, or not to be had just now."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from portal.exceptions import Busy
from selector.models import Connection
from standin.server import StandIn
from tests.selector.picture_answers import body, refused, second_job, shown, unpacked

pytestmark = pytest.mark.usefixtures("folder")


def test_carol_sees_her_job(carol: APIClient, standin: StandIn) -> None:
    own = standin.world.tasks[1].jobs[2]
    _, pictures = unpacked(carol.get(f"/api/jobs/{own.id}/thumbnails/0"))
    assert list(pictures) == list(range(90, 108))
    assert shown(carol.get("/api/tasks/1/frames/95/thumbnail").content) == 95
    assert shown(carol.get("/api/tasks/1/frames/95/image").content) == 95
    assert carol.get("/api/tasks/1/preview").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/api/jobs/{other}/thumbnails/0",
        "/api/tasks/2/frames/0/thumbnail",
        "/api/tasks/2/frames/0/image",
        "/api/tasks/2/preview",
        "/api/projects/2/preview",
        "/api/catalog?task_id=2",
        "/api/catalog?job_id={other}",
    ],
)
def test_carol_sees_nothing_else(
    api: APIClient, connection: Connection, carol: APIClient, standin: StandIn, address: str
) -> None:
    address = address.format(other=second_job(standin))
    assert api.get(address).status_code == 200  # so it is in all caches
    refused(carol.get(address), 403, "cvat_forbidden")


@pytest.mark.parametrize("what", ["thumbnail", "image"])
def test_frames_beside_carols(carol: APIClient, standin: StandIn, what: str) -> None:
    refused(carol.get(f"/api/tasks/1/frames/0/{what}"), 404, "not_found")


def test_the_connection_of_another(
    connection: Connection, carol: APIClient, standin: StandIn
) -> None:
    address = f"/api/jobs/{second_job(standin)}/thumbnails/0"
    refused(carol.get(address, {"connection": connection.pk}), 404, "not_found")
    refused(carol.get("/api/search", {"connection": connection.pk}), 404, "not_found")


def test_without_connection(api: APIClient, standin: StandIn) -> None:
    for address in ("/api/jobs/1/thumbnails/0", "/api/search?q=x", "/api/tasks/1/preview"):
        refused(api.get(address), 409, "not_connected")


def test_revoked_token(api: APIClient, connection: Connection, standin: StandIn) -> None:
    jobs = standin.world.tasks[1].jobs
    body(api.get(f"/api/jobs/{jobs[0].id}/thumbnails/0"))
    for token in standin.world.access_tokens.values():
        token.revoked = True
    refused(api.get(f"/api/jobs/{jobs[1].id}/thumbnails/0"), 401, "cvat_unauthorized")
    # From then on nothing at all, not even what is on disk.
    refused(api.get(f"/api/jobs/{jobs[0].id}/thumbnails/0"), 409, "not_connected")


@pytest.mark.parametrize(
    "address",
    [
        "/api/jobs/99999/thumbnails/0",
        "/api/jobs/1/thumbnails/99",
        "/api/jobs/1/thumbnails/99999999999999999999",
        "/api/jobs/99999999999999999999/thumbnails/0",
        "/api/jobs/0/thumbnails/0",
        "/api/jobs/-1/thumbnails/0",
        "/api/jobs/1/thumbnails/-1",
        "/api/jobs/1/thumbnails/../../tasks",
        "/api/tasks/1/frames/230/thumbnail",
        "/api/tasks/1/frames/99999999999/image",
        "/api/tasks/99999/frames/0/image",
        "/api/tasks/99999/preview",
        "/api/projects/99999/preview",
        "/api/tasks/9/preview",
    ],
)
def test_what_is_not_there(
    api: APIClient, connection: Connection, standin: StandIn, address: str
) -> None:
    response = api.get(address)
    assert response.status_code == 404
    assert response.json()["code"] in {"not_found", "cvat_not_found"}
    assert not [seen for seen in standin.requests if seen.query.get("type") == "chunk"]


def test_task_without_data(api: APIClient, connection: Connection) -> None:
    refused(api.get("/api/tasks/9/frames/0/thumbnail"), 409, "cvat_no_data")
    refused(api.get("/api/catalog?task_id=9"), 409, "cvat_no_data")


@pytest.mark.parametrize("quality", ["raw", "original;x"])
def test_unknown_quality(api: APIClient, connection: Connection, quality: str) -> None:
    refused(api.get(f"/api/tasks/1/frames/0/image?quality={quality}"), 400, "invalid")


def test_cvat_down(api: APIClient, connection: Connection, standin: StandIn) -> None:
    job_id = second_job(standin)
    body(api.get(f"/api/jobs/{job_id}/thumbnails/0"))
    standin.faults.down()
    assert api.get(f"/api/jobs/{job_id}/thumbnails/0").status_code == 200  # seen a moment ago
    refused(api.get(f"/api/jobs/{job_id}/thumbnails/1"), 502, "cvat_unreachable")
    refused(api.get("/api/tasks/1/preview"), 502, "cvat_unreachable")
    refused(api.get("/api/search?q=x"), 502, "cvat_unreachable")


def test_chunk_that_is_still_built(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    standin.faults.fail("type=chunk", status=429, headers={"Retry-After": "30"})
    answer = api.get(f"/api/jobs/{second_job(standin)}/thumbnails/0")
    assert "Try again in 30 seconds" in refused(answer, 504, "cvat_timeout")


def test_busy(
    api: APIClient, connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise Busy

    monkeypatch.setattr("selector.thumbnails.chunks.make_pack", busy)
    answer = api.get(f"/api/jobs/{second_job(standin)}/thumbnails/0")
    refused(answer, 503, "busy")
    assert answer["Retry-After"] == str(Busy.retry_after)
