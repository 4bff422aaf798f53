"""/api/download-images with `follow`, and where the portal offers to follow a build."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from portal.exceptions import Busy
from selections import live_downloads, tasks
from selections.models import Archive, Selection
from standin.server import StandIn
from tests.selections.builds import (
    Folders,
    in_thread,
    only_path,
    request,
)
from tests.selections.live_downloads.conftest import Build, pieces_of

pytestmark = pytest.mark.usefixtures("transactional_db", "messages", "hasty", "folders")


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[threading.Thread]]:
    """Whatever is handed to the workers is built in a thread."""
    threads: list[threading.Thread] = []

    def delay(number: int) -> None:
        threads.append(in_thread(Archive(pk=number)))

    monkeypatch.setattr(tasks.build_archive, "delay", delay)
    yield threads
    for thread in threads:
        thread.join(60)


def test_download_images_answers_with_the_zip_that_is_built(
    selection: Selection, api: APIClient, standin: StandIn, builds: list[threading.Thread]
) -> None:
    hold = standin.faults.hold("type=chunk&index=2&")
    body = {"selection": selection.pk, "follow": True}
    pieces = pieces_of(api.post("/api/download-images", body))
    first = next(pieces)
    assert Archive.objects.get().status == "running"
    hold.release()
    content = first + b"".join(pieces)
    assert content == only_path(Archive.objects.get()).read_bytes()


@pytest.mark.parametrize("options", [{}, {"part_files": 100}])
def test_download_images_answers_202_where_it_cannot(
    options: dict[str, int],
    selection: Selection,
    api: APIClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_downloads, "FIRST_BYTE_SECONDS", 0)
    body = {"selection": selection.pk, "follow": True, **options}
    response = api.post("/api/download-images", body)
    assert response.status_code == 202
    assert response.json()["archive"]["status"] == "queued"


def test_download_images_answers_202_with_how_far_it_is(
    selection: Selection, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        Archive.objects.get().claim(uuid.uuid4())
        raise Busy

    monkeypatch.setattr(live_downloads, "follow", refuse)
    response = api.post("/api/download-images", {"selection": selection.pk, "follow": True})
    assert response.status_code == 202
    assert response.json()["archive"]["status"] == "running"
    assert response.json()["archive"]["started_at"] is not None


def test_where_to_follow_is_told(
    selection: Selection, api: APIClient, folders: Folders, build: Build
) -> None:
    told = api.get(f"/api/archives/{build.archive.pk}").json()
    address = f"http://testserver/api/archives/{build.archive.pk}/download?follow"
    assert told["follow_url"] == address
    build.finish()
    assert api.get(f"/api/archives/{build.archive.pk}").json()["follow_url"] is None


def test_where_to_follow_is_not_told_of_several_parts(selection: Selection, api: APIClient) -> None:
    archive = request(selection, part_files=100)
    assert api.get(f"/api/archives/{archive.pk}").json()["follow_url"] is None
    assert archive.is_active


@pytest.mark.parametrize(("options", "is_offered"), [({}, True), ({"part_files": 100}, False)])
def test_the_page_of_an_archive_offers_it(
    options: dict[str, int], is_offered: bool, selection: Selection, client: Client, alice: User
) -> None:
    archive = request(selection, **options)
    client.force_login(alice)
    shown = client.get(archive.get_absolute_url()).content.decode()
    assert (f"/selections/archives/{archive.pk}/download?follow" in shown) == is_offered
    archive.cancel()
    assert "download?follow" not in client.get(archive.get_absolute_url()).content.decode()


@pytest.mark.parametrize(("value", "status"), [("true", 503), ("false", 409), ("x", 400)])
def test_the_parameter(
    value: str,
    status: int,
    selection: Selection,
    ask: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_downloads, "FIRST_BYTE_SECONDS", 0)
    assert ask(request(selection), f"follow={value}").status_code == status
