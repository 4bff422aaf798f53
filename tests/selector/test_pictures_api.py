"""Pictures over HTTP: packs, single pictures, previews, catalogues, search."""

from __future__ import annotations

import gzip
import io
import json
import re
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connections
from django.test import Client
from PIL import Image
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate

from selector import services
from selector.api.pictures import ThumbnailsView
from selector.asking import answer_key
from selector.exceptions import Busy
from selector.models import Connection, RecentTask
from standin.pictures import encode, numbered, read_bars
from standin.samples import sample_world
from standin.server import StandIn
from tests.conftest import api_of, connect

JSON = "application/json"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.THUMBNAILS_DIR = tmp_path / "thumbnails"


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def unpacked(response: Any) -> tuple[dict[str, Any], dict[int, bytes]]:
    """As the page reads it."""
    assert response.status_code == 200, response.content
    content = body(response)
    assert int(response["Content-Length"]) == len(content)
    (length,) = struct.unpack(">I", content[:4])
    header, pictures = json.loads(content[4 : 4 + length]), content[4 + length :]
    return header, {
        entry["frame"]: pictures[entry["offset"] : entry["offset"] + entry["length"]]
        for entry in header["frames"]
    }


def shown(content: bytes) -> int:
    return read_bars(Image.open(io.BytesIO(content)))


def refused(response: Any, status: int, code: str) -> str:
    assert response.status_code == status, body(response)
    assert response["Content-Type"] == JSON
    answer = response.json()
    assert answer["code"] == code
    return str(answer["detail"])


@pytest.fixture
def carol(bob: User, standin: StandIn) -> APIClient:
    """bob, whose CVAT account is carol's: assignee of the third job of task 1, nothing else."""
    connect(bob, standin, "carol")
    return api_of(bob)


def second_job(standin: StandIn) -> int:
    return standin.world.tasks[1].jobs[1].id


# --- packs -------------------------------------------------------------------------------------


def test_pack(api: APIClient, connection: Connection, standin: StandIn) -> None:
    job_id = second_job(standin)
    response = api.get(f"/api/jobs/{job_id}/thumbnails/1", {"connection": connection.pk})
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Cache-Control"] == "private, max-age=3600"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert {"Cookie", "Authorization"} <= set(re.split(", *", response["Vary"]))
    header, pictures = unpacked(response)
    assert {key: header[key] for key in ("job_id", "chunk", "first")} == {
        "job_id": job_id,
        "chunk": 1,
        "first": 63,
    }
    entry = header["frames"][0]
    assert set(entry) == {"frame", "offset", "length", "width", "height", "status"}
    assert (entry["frame"], entry["offset"], entry["status"]) == (63, 0, "ok")
    assert (entry["width"], entry["height"]) == (256, 144)
    assert {frame: shown(content) for frame, content in pictures.items()} == {
        frame: frame for frame in range(63, 81)
    }


def test_pack_can_be_sent_by_the_kernel(
    alice: User, connection: Connection, standin: StandIn
) -> None:
    request = APIRequestFactory().get("/")
    force_authenticate(request, alice)
    response = ThumbnailsView.as_view()(request, job_id=second_job(standin), chunk=0)
    file = response.file_to_stream
    assert file.fileno() > 0
    assert file.tell() == 0
    response.close()
    assert file.closed


def test_a_revisit_is_304(api: APIClient, connection: Connection, standin: StandIn) -> None:
    address = f"/api/jobs/{second_job(standin)}/thumbnails/0"
    first = api.get(address)
    body(first)
    standin.requests.clear()
    again = api.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == "private, max-age=3600"
    assert len(standin.requests) == 0
    assert api.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_no_304_for_who_may_not_see_it(
    api: APIClient, connection: Connection, carol: APIClient, standin: StandIn
) -> None:
    address = f"/api/jobs/{second_job(standin)}/thumbnails/0"
    etag = api.get(address)["ETag"]
    refused(carol.get(address, headers={"If-None-Match": etag}), 403, "cvat_forbidden")


def test_other_pictures_other_etag(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    job = standin.world.tasks[6].jobs[0]
    address = f"/api/jobs/{job.id}/thumbnails/0"
    before = api.get(address)["ETag"]
    standin.world.redraw_honeypots(6, dict.fromkeys(standin.world.tasks[6].honeypots, 40))
    assert api.get(address)["ETag"] == before  # two minutes later:
    cache.delete(answer_key(Connection.objects.get(), "job", job.id))
    assert api.get(address)["ETag"] != before
    # Or at once, for who loads the catalogue; its version gets past the browser's cache.
    old = catalog_of(api, task_id=6)["version"]
    standin.world.redraw_honeypots(6, dict.fromkeys(standin.world.tasks[6].honeypots, 41))
    assert catalog_of(api, task_id=6)["version"] != old


def test_session_is_as_good_as_a_token(
    alice: User, connection: Connection, standin: StandIn
) -> None:
    client = Client()
    address = f"/api/jobs/{second_job(standin)}/thumbnails/0"
    assert client.get(address).status_code == 401
    client.force_login(alice)
    assert len(unpacked(client.get(address))[1]) == 18


@pytest.mark.django_db(transaction=True)
def test_ten_people_at_the_same_time(standin: StandIn) -> None:
    """Each with an account of CVAT of their own kind; one chunk is asked for."""
    people = [User.objects.create_user(f"person{number}") for number in range(10)]
    for number, person in enumerate(people):
        connect(person, standin, ("demo", "admin")[number % 2])
    address = f"/api/jobs/{second_job(standin)}/thumbnails/0"
    clients = [api_of(person) for person in people]
    hold = standin.faults.hold("type=chunk")

    def ask(client: APIClient) -> bytes:
        try:
            return body(client.get(address))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        asked = [pool.submit(ask, client) for client in clients]
        assert hold.wait_for_request()
        hold.release()
        assert len({one.result() for one in asked}) == 1
    assert len([seen for seen in standin.requests if seen.query.get("type") == "chunk"]) == 1


def test_questions_to_the_database(
    api: APIClient,
    connection: Connection,
    standin: StandIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    address = f"/api/jobs/{second_job(standin)}/thumbnails/0"
    body(api.get(address))
    with django_assert_max_num_queries(2):  # the API token, the connection
        body(api.get(address))
    api.get("/api/catalog", {"task_id": 1})
    with django_assert_max_num_queries(8):
        api.get("/api/catalog", {"task_id": 1})


# --- what one may not see ----------------------------------------------------------------------


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
    assert "try again in 30 seconds" in refused(answer, 504, "cvat_timeout")


def test_busy(
    api: APIClient, connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise Busy

    monkeypatch.setattr("selector.thumbnails.making.make", busy)
    answer = api.get(f"/api/jobs/{second_job(standin)}/thumbnails/0")
    refused(answer, 503, "busy")
    assert answer["Retry-After"] == "1"


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


# --- catalogues --------------------------------------------------------------------------------


def catalog_of(api: APIClient, **query: object) -> dict[str, Any]:
    response = api.get("/api/catalog", query)
    assert response.status_code == 200, response.content
    return json.loads(response.content)


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
        *("task", "jobs", "version", "frames", "deleted", "honeypots", "through_jobs")
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


# --- search ------------------------------------------------------------------------------------


def found(api: APIClient, text: str) -> list[tuple[str, int]]:
    response = api.get("/api/search", {"q": text})
    assert response.status_code == 200, response.content
    return [(hit["kind"], hit["id"]) for hit in response.json()["results"]]


def test_words(api: APIClient, connection: Connection, standin: StandIn) -> None:
    assert found(api, "north") == [("task", 1)]
    assert found(api, "dash CAM") == [("task", 11), ("task", 3)]
    crossing = found(api, "crossing")
    assert ("project", standin.world.tasks[12].project.id) in crossing
    assert {("task", 12), ("task", 13)} <= set(crossing)
    assert found(api, "nothing like it") == []
    assert all(len(found(api, text)) <= 20 for text in ("a", "demo"))


def test_names_before_what_else_cvat_finds(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    standin.world.add_task("about demo", owner="bob", assignee="demo", task_id=99, count=3)
    standin.world.add_task("newer", owner="demo", task_id=100, count=3)
    assert found(api, "demo")[0] == ("task", 99)


@pytest.mark.parametrize("text", ["1", "#1", " 1 ", "task 1", "Task #1", "{url}/tasks/1"])
def test_task_by_number(
    api: APIClient, connection: Connection, standin: StandIn, text: str
) -> None:
    assert found(api, text.format(url=standin.url))[0] == ("task", 1)


def test_a_number_is_that_of_a_job_too(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    assert found(api, "3")[:2] == [("task", 3), ("job", 3)]
    assert found(api, "30") == [("job", 30)]


def test_job_by_number_and_link(api: APIClient, connection: Connection, standin: StandIn) -> None:
    job_id = second_job(standin)
    assert found(api, f"job {job_id}") == [("job", job_id)]
    link = f"see {standin.url}/tasks/1/jobs/{job_id}?frame=50 please"
    assert found(api, link) == [("job", job_id), ("task", 1)]
    [job, _] = api.get("/api/search", {"q": link}).json()["results"]
    assert job["url"].endswith(f"connection={connection.pk}&task=1&job={job_id}&frame=50")
    assert job["name"] == f"Job {job_id} of task 1"


def test_what_a_hit_tells(api: APIClient, connection: Connection, standin: StandIn) -> None:
    [hit] = api.get("/api/search", {"q": "night drive"}).json()["results"]
    assert hit.pop("updated_date")
    assert hit == {
        "kind": "task",
        "id": 1,
        "name": "Night drive, north loop",
        "task_id": None,
        "size": 230,
        "jobs_count": 5,
        "tasks_count": None,
        "owner": "demo",
        "preview_url": f"/api/tasks/1/preview?connection={connection.pk}",
        "url": f"/choose?connection={connection.pk}&task=1",
        "cvat_url": f"{standin.url}/tasks/1",
    }
    assert api.get(hit["preview_url"]).status_code == 200


@pytest.mark.parametrize("text", ["north", "34", "job 3", "a b c", "{url}/tasks/1/jobs/2"])
def test_four_requests_at_most(
    api: APIClient, connection: Connection, standin: StandIn, text: str
) -> None:
    standin.requests.clear()
    found(api, text.format(url=standin.url))
    assert 1 <= len(standin.requests) <= 4


def test_links_that_lead_nowhere(api: APIClient, connection: Connection, standin: StandIn) -> None:
    for text, hint in (
        ("https://cvat.example.com/tasks/1", "the connection is to"),
        ("{url}/about", "names no task"),
        ("task 9999999999", "cannot be the number"),
    ):
        answer = api.get("/api/search", {"q": text.format(url=standin.url)}).json()
        assert answer["results"] == []
        assert hint in answer["hint"]
    for text in ("task 99999", "job 99999", "project 99999", "{url}/tasks/99999"):
        assert found(api, text.format(url=standin.url)) == []


@pytest.mark.parametrize(
    "text", ["%", "'", '"><script>', "\\", "\x00", "..", "/", "://", "task", "٣", "a" * 2000]
)
def test_odd_words(api: APIClient, connection: Connection, text: str) -> None:
    assert api.get("/api/search", {"q": text}).status_code in (200, 400)


def test_search_shows_what_cvat_shows(carol: APIClient, standin: StandIn) -> None:
    for text in ("1", "task 1", "north", "crossing", f"job {second_job(standin)}"):
        assert ("task", 2) not in found(carol, text)
        assert found(carol, text) == []
    own = standin.world.tasks[1].jobs[2].id
    assert found(carol, f"job {own}") == [("job", own)]


# --- recent tasks ------------------------------------------------------------------------------


def recent(api: APIClient) -> list[int]:
    return [task["id"] for task in api.get("/api/search").json()["recent"]]


def test_recent_tasks(api: APIClient, connection: Connection, carol: APIClient) -> None:
    assert recent(api) == []
    for task_id in (1, 2, 3, 1):
        catalog_of(api, task_id=task_id)
    assert recent(api) == [1, 3, 2]
    assert recent(carol) == []
    [first, *_] = api.get("/api/search").json()["recent"]
    assert (first["name"], first["kind"]) == ("Night drive, north loop", "task")
    assert api.get("/api/search?q=drive").json()["recent"] == []


def test_twenty_recent_tasks(api: APIClient, connection: Connection, standin: StandIn) -> None:
    for number in range(100, 123):
        standin.world.add_task(f"t{number}", owner="demo", task_id=number, count=2)
        catalog_of(api, task_id=number)
    assert recent(api) == list(range(122, 102, -1))
    assert RecentTask.objects.count() == 20


def test_recent_tasks_go_with_the_connection(api: APIClient, connection: Connection) -> None:
    catalog_of(api, task_id=1)
    services.disconnect(connection=connection)
    assert RecentTask.objects.count() == 0


def test_recent_tasks_of_this_server(
    alice: User, api: APIClient, connection: Connection, settings: Any
) -> None:
    with StandIn(sample_world()) as other:
        settings.CVAT_ALLOWED_URLS = [other.url]
        second = connect(alice, other)
        catalog_of(api, task_id=2, connection=second.pk)
        catalog_of(api, task_id=1, connection=connection.pk)
        answer = api.get("/api/search", {"connection": second.pk}).json()
        assert [task["id"] for task in answer["recent"]] == [2]
