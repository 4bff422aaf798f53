"""What /api/download-images makes for one archive is in no list and goes with the archive."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from selections.models import Archive, Selection
from selections.services import removal
from selector.models import Connection

FRAMES = [{"task_id": 1, "frame": 0}]


@pytest.fixture
def archive(api: APIClient, connection: Connection) -> Archive:
    answer = api.post("/api/download-images", {"frames": FRAMES}, format="json")
    assert answer.status_code == 202
    return Archive.objects.get(pk=answer.json()["archive"]["id"])


@pytest.fixture
def page(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def as_of(archive: Archive, *, days: float) -> None:
    """The archive and its selection as if made that many days ago."""
    then = timezone.now() - timedelta(days=days)
    Archive.objects.filter(pk=archive.pk).update(created_at=then, finished_at=then)
    Selection.objects.filter(pk=archive.selection_id).update(created_at=then)


def test_it_is_in_no_list(api: APIClient, page: Client, archive: Archive) -> None:
    name = archive.selection.name
    assert api.get("/api/selections").json()["results"] == []
    assert name not in page.get("/selections/").content.decode()


def test_its_archive_is_usable(api: APIClient, page: Client, archive: Archive) -> None:
    assert api.get(f"/api/selections/{archive.selection_id}").status_code == 200
    assert api.get("/api/archives").json()["count"] == 1
    assert page.get(archive.get_absolute_url()).status_code == 200
    assert api.post(f"/api/archives/{archive.pk}/cancel").status_code == 200
    again = api.post(f"/api/archives/{archive.pk}/retry")
    assert again.status_code == 202
    assert again.json()["selection"] == archive.selection_id


def test_it_goes_with_its_archive(api: APIClient, archive: Archive) -> None:
    api.post(f"/api/archives/{archive.pk}/cancel")
    assert api.delete(f"/api/archives/{archive.pk}").status_code == 204
    assert not Selection.objects.exists()


def test_it_stays_while_another_archive_of_it_is_there(api: APIClient, archive: Archive) -> None:
    api.post(f"/api/archives/{archive.pk}/cancel")
    other = api.post(f"/api/archives/{archive.pk}/retry").json()["id"]
    api.delete(f"/api/archives/{archive.pk}")
    assert Selection.objects.count() == 1
    api.post(f"/api/archives/{other}/cancel")
    api.delete(f"/api/archives/{other}")
    assert not Selection.objects.exists()


@pytest.mark.parametrize(
    ("status", "times_archive_days", "is_there"),
    [
        ("queued", 3, True),
        ("ready", 3, True),
        ("failed", 1.5, True),
        ("failed", 2.1, False),
        ("expired", 1.5, True),
        ("expired", 2.1, False),
    ],
)
def test_housekeeping(
    archive: Archive, status: str, times_archive_days: float, is_there: bool
) -> None:
    Archive.objects.filter(pk=archive.pk).update(status=status)
    as_of(archive, days=times_archive_days * settings.ARCHIVE_DAYS)
    removal.purge_selections()
    removal.purge_selections()
    assert Selection.objects.filter(pk=archive.selection_id).exists() is is_there


def test_a_saved_selection_never_goes_by_itself(api: APIClient, connection: Connection) -> None:
    api.post("/api/selections", {"frames": FRAMES}, format="json")
    Selection.objects.update(created_at=timezone.now() - timedelta(days=999))
    removal.purge_selections()
    assert Selection.objects.count() == 1


@pytest.mark.parametrize("change", [{"name": "Mine"}, {"note": "x"}, {"visibility": "shared"}])
def test_a_change_keeps_it(api: APIClient, archive: Archive, change: dict[str, str]) -> None:
    answer = api.patch(f"/api/selections/{archive.selection_id}", change, format="json")
    assert answer.status_code == 200
    assert api.get("/api/selections").json()["count"] == 1
    api.post(f"/api/archives/{archive.pk}/cancel")
    api.delete(f"/api/archives/{archive.pk}")
    assert api.get("/api/selections").json()["count"] == 1


def test_a_copy_of_it_is_a_selection_like_others(api: APIClient, archive: Archive) -> None:
    api.post(f"/api/selections/{archive.selection_id}/copy")
    [copy] = api.get("/api/selections").json()["results"]
    assert copy["id"] != archive.selection_id
