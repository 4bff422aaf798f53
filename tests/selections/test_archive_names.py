"""An archive is called after its selection; cvat_images_<time>.zip is for /api/download-images."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from selections import services
from selections.archives.naming import archive_stem
from selections.models import Archive, ArchivePart, Selection
from selector.models import Connection
from standin.server import StandIn
from tests.making import connected, make_selection

STAMP = r"\d{8}_\d{6}"


@pytest.fixture
def selection(alice: User, standin: StandIn) -> Selection:
    return make_selection(alice, connected(alice, standin), name="Round 1")


def ready(archive: Archive) -> Archive:
    Archive.objects.filter(pk=archive.pk).update(status="ready")
    archive.refresh_from_db()
    ArchivePart.objects.create(archive=archive, number=1, size=0, sha256="0" * 64, file="x.zip")
    return archive


def test_the_name_of_the_selection_comes_first(alice: User, selection: Selection) -> None:
    archive = services.request_archive(user=alice, selection=selection)
    assert re.fullmatch(rf"Round 1_{STAMP}\.zip", archive.download_name)
    services.update_selection(selection=selection, name="Renamed")
    archive.refresh_from_db()
    assert archive.download_name.startswith("Round 1_")


def test_pages_and_download_bear_it(alice: User, selection: Selection) -> None:
    archive = ready(services.request_archive(user=alice, selection=selection))
    client = Client()
    client.force_login(alice)
    page = client.get(archive.get_absolute_url()).content.decode()
    title = re.search("<title>(.*?)</title>", page)
    assert title
    assert title[1].startswith("Round 1")
    heading = re.search("<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    assert heading
    assert "Round 1" in heading[1]
    archives = client.get("/selections/archives").content.decode()
    assert re.search(rf"<h2>.*Round 1_{STAMP}\.zip", archives)


def test_download_images_keeps_the_specified_name(
    api: APIClient, alice: User, selection: Selection
) -> None:
    frames = [{"task_id": 1, "frame": 0}]
    for body in ({"frames": frames, "name": "Mine"}, {"selection": selection.pk}):
        answer = api.post("/api/download-images", body, format="json").json()
        archive = Archive.objects.get(pk=answer["archive"]["id"])
        assert re.fullmatch(rf"cvat_images_{STAMP}(_\d)?\.zip", archive.download_name)
        archive.cancel()
        again = services.retry_archive(user=alice, archive=archive)
        assert again.download_name.startswith("cvat_images_")


def test_two_within_one_second_are_distinct(alice: User, standin: StandIn) -> None:
    connection = connected(alice, standin)
    names = {
        services.request_archive(
            user=alice, selection=make_selection(alice, connection, name=name)
        ).download_name.casefold()
        for name in ("Round 1", "round 1", "Round 1", "Round 1")
    }
    assert len(names) == 4


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Round 1", "Round 1"),
        ("a/b\\c", "a_b_c"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("-rf", "rf"),
        (".hidden", "hidden"),
        ("CON", "_CON"),
        ("a\r\nSet-Cookie: x=1", "a__Set-Cookie_ x=1"),
        ('say "x"', "say _x_"),
        ("Straße 名", "Straße 名"),
        ("...", "_"),
        ("evil\u202egpj", "evil_gpj"),
    ],
)
def test_the_name_is_safe(name: str, stem: str) -> None:
    assert archive_stem(name) == stem


def test_a_long_name_is_cut_between_characters(alice: User, connection: Connection) -> None:
    selection = make_selection(alice, connection, name="名" * 200)
    archive = services.request_archive(user=alice, selection=selection)
    assert len(archive.download_name.encode()) < 200
    assert set(archive.download_name[:40]) == {"名"}


def test_odd_names_do_not_break_the_header(alice: User, selection: Selection) -> None:
    services.update_selection(selection=selection, name='Über "x"; filename=evil.exe')
    archive = ready(services.request_archive(user=alice, selection=selection))
    part = archive.parts.get()
    assert part.download_name.endswith(".zip")
    assert '"' not in part.download_name
