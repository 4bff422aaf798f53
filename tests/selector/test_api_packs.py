"""Packs over HTTP: their bytes, their headers, revisits, many people at a time."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connections
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate

from selector.api.workspace import ThumbnailsView
from selector.cvat_requests import answer_key
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import api_of, connect, eventually
from tests.selector.packs import chunk_requests, chunks_held
from tests.selector.picture_answers import body, catalog_of, refused, second_job, shown, unpacked

pytestmark = pytest.mark.usefixtures("folder")


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
def test_ten_people_at_the_same_time(standin: StandIn, asleep: set[int], settings: Any) -> None:
    """Each with an account of CVAT of their own kind; one chunk is asked for."""
    settings.WEB_THREADS = 100  # so many threads may wait for one server
    people = [User.objects.create_user(f"person{number}") for number in range(10)]
    for number, person in enumerate(people):
        connect(person, standin, ("demo", "admin")[number % 2])
    address = f"/api/jobs/{second_job(standin)}/thumbnails/0"
    clients = [api_of(person) for person in people]

    def ask(client: APIClient) -> bytes:
        try:
            return body(client.get(address))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        with chunks_held(standin):
            asked = [pool.submit(ask, client) for client in clients]
            eventually(lambda: len(asleep) == 9)
        assert len({one.result() for one in asked}) == 1
    assert len(chunk_requests(standin)) == 1


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
