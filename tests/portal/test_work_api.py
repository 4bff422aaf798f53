"""Works of all kinds in the tray and in the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from selections.models import Archive
from tests.conftest import api_of, finished
from tests.making import make_archive, make_selection
from tests.tally.models import Tally


@pytest.fixture
def tally(alice: User) -> Tally:
    return Tally.objects.create(requested_by=alice, frames_total=3)


@pytest.fixture
def ready(alice: User) -> Archive:
    return make_archive(alice, make_selection(alice, name="Night"), "ready", size=3)


def listed(api: APIClient, query: str = "") -> list[dict[str, Any]]:
    return api.get(f"/api/works{query}").json()["results"]


def test_the_list_has_all_kinds_newest_first(api: APIClient, ready: Archive, tally: Tally) -> None:
    first, second = listed(api)
    assert (first["kind"], first["id"], first["title"]) == ("tally", tally.pk, "Tally of 3")
    assert (first["status"], first["activity"]) == ("queued", "running")
    assert first["page_url"] == f"http://testserver/tallies/{tally.pk}"
    assert first["cancel_url"] == f"http://testserver/api/works/tally/{tally.pk}/cancel"
    assert (first["download_url"], first["files_count"]) == (None, 0)
    assert (second["kind"], second["id"], second["title"]) == ("archive", ready.pk, "Night")
    assert second["download_url"].endswith(f"/api/archives/{ready.pk}/download")
    assert (second["files_count"], second["files_bytes"], second["cancel_url"]) == (1, 3, None)


def test_the_list_is_paged_over_all_kinds(api: APIClient, ready: Archive, tally: Tally) -> None:
    answer = api.get("/api/works?page_size=1").json()
    assert (answer["count"], [row["kind"] for row in answer["results"]]) == (2, ["tally"])
    assert [row["kind"] for row in listed(api, "?page_size=1&page=2")] == ["archive"]


def test_the_list_is_ones_own(bob: User, ready: Archive, tally: Tally) -> None:
    assert listed(api_of(bob)) == []


def test_the_list_needs_as_many_queries_for_ten_works_as_for_one(
    api: APIClient, alice: User, ready: Archive, tally: Tally
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            listed(api)
        return len(captured)

    queries()  # notes the use of the API token, once a minute
    few = queries()
    for _ in range(9):
        make_archive(alice, make_selection(alice), "ready")
        Tally.objects.create(requested_by=alice)
    assert queries() == few


def test_work_is_cancelled_through_the_api(api: APIClient, bob: User, tally: Tally) -> None:
    address = f"/api/works/tally/{tally.pk}/cancel"
    assert api_of(bob).post(address).status_code == 404
    answer = api.post(address)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    again = api.post(address)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_the_tray_counts_all_kinds(client: Client, alice: User, tally: Tally) -> None:
    client.force_login(alice)
    assert "1 running" in client.get("/tokens").text
    tally.cancel()
    archive = make_archive(alice, make_selection(alice))
    assert "1 building" in client.get("/tokens").text
    Tally.objects.create(requested_by=alice)
    page = client.get("/tokens").text
    assert "2 running" in page
    assert "All archives" in page
    archive.cancel()


def test_the_tray_counts_the_work_of_the_viewer_alone(
    client: Client, alice: User, bob: User, tally: Tally
) -> None:
    for person, active in [(alice, 1), (bob, 0), (alice, 1)]:  # by SQL that is compiled once
        client.force_login(person)
        assert f'data-active="{active}"' in client.get("/tokens").text


@pytest.mark.worker
def test_a_real_worker_does_a_second_kind_of_work(
    api: APIClient, alice: User, worker: None
) -> None:
    tally = Tally.objects.create(requested_by=alice, frames_total=3)
    tally.send()
    finished(tally)
    assert [(row["kind"], row["status"]) for row in listed(api)] == [("tally", "ready")]
