"""Times on the pages and in the admin site are in the reader's zone, which they name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client

from selections.models import Archive, Selection
from tests.making import make_archive, make_selection

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime(2026, 11, 26, 0, 48, 5, tzinfo=UTC)


@pytest.fixture
def selection(alice: User) -> Selection:
    selection = make_selection(alice, name="Late")
    Selection.objects.filter(pk=selection.pk).update(created_at=MIDNIGHT)
    return selection


def signed_in(user: User, zone: str = "") -> Client:
    client = Client()
    client.force_login(user)
    if zone:
        client.cookies["timezone"] = zone
    return client


@pytest.mark.parametrize(
    ("zone", "shown", "named"),
    [
        ("Asia/Tokyo", "26 Nov 2026, 09:48 JST", "Times are in Asia/Tokyo, UTC+09:00"),
        ("America/New_York", "25 Nov 2026, 19:48 EST", "Times are in America/New_York, UTC-"),
        ("", "26 Nov 2026, 00:48 UTC", "Times are in UTC"),
        ("../../etc/passwd", "26 Nov 2026, 00:48 UTC", "Times are in UTC"),
        ("America", "26 Nov 2026, 00:48 UTC", "Times are in UTC"),
    ],
)
def test_pages_show_times_in_the_zone_of_the_browser(
    alice: User, selection: Selection, zone: str, shown: str, named: str
) -> None:
    client = signed_in(alice, zone)
    for path in ("/selections/", f"/selections/{selection.pk}"):
        page = client.get(path).content.decode()
        assert shown in page
        assert named in page


def test_the_admin_site_shows_the_same_times(admin: User, selection: Selection) -> None:
    client = signed_in(admin, "Asia/Tokyo")
    page = client.get(f"/admin/selections/selection/{selection.pk}/change/").content.decode()
    assert "26 Nov 2026, 09:48 JST" in page
    assert "Times are in Asia/Tokyo, UTC+09:00" in page


def test_the_api_answers_alike_whatever_the_zone(alice: User, selection: Selection) -> None:
    answers = [
        signed_in(alice, zone).get(f"/api/selections/{selection.pk}").json()["created_at"]
        for zone in ("", "Asia/Tokyo")
    ]
    assert answers == ["2026-11-26T00:48:05Z"] * 2


def test_days_of_the_filters_are_those_of_the_page(alice: User, selection: Selection) -> None:
    late = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)  # the 27th in Tokyo
    Selection.objects.filter(pk=selection.pk).update(created_at=late)
    address = "/selections/?since=2026-11-27"
    assert selection.name in signed_in(alice, "Asia/Tokyo").get(address).content.decode()
    assert selection.name not in signed_in(alice).get(address).content.decode()


def test_the_name_of_a_zip_does_not_depend_on_who_looks(alice: User, selection: Selection) -> None:
    archive = make_archive(alice, selection, status=Archive.Status.FAILED)
    name = archive.download_name
    for zone in ("", "Asia/Tokyo"):
        page = signed_in(alice, zone).get(f"/selections/archives/{archive.pk}").content.decode()
        assert name in page
