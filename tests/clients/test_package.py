"""The Python package: lost connections, downloads that go on, errors."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import requests
import responses
from cvat_select import Error, Portal, Refused, Unreachable, __version__
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer

from config.version import VERSION
from selections.models import ArchiveOptions, Selection
from selector.models import Connection
from tests.clients.cutting import Cutting
from tests.selections.builds import Folders, built, only_path, select
from tests.selections.conftest import folder_of_builds, folders, hasty, messages

__all__ = ["folder_of_builds", "folders", "hasty", "messages"]  # fixtures
pytestmark = pytest.mark.usefixtures("transactional_db", "messages", "hasty")


def portal_at(url: str, token: str, pauses: list[float] | None = None) -> Portal:
    """A portal whose pauses are noted and take no time."""
    return Portal(url, token, sleep=([] if pauses is None else pauses).append)


def test_the_version_is_that_of_the_portal() -> None:
    assert __version__ == VERSION


def test_lists_have_the_rows_of_all_pages(
    live_server: LiveServer, token: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cvat_select.portal.PAGE_SIZE", 3)
    rows = list(portal_at(live_server.url, token).tasks())
    assert len(rows) > 6
    assert len({row["id"] for row in rows}) == len(rows)
    [crossings] = {row["project_id"] for row in rows if row["id"] == 12}
    in_project = list(portal_at(live_server.url, token).tasks(project_id=crossings))
    assert {row["id"] for row in in_project} == {12, 13}


def test_an_answer_that_is_lost_makes_nothing_twice(
    live_server: LiveServer, token: str, connection: Connection
) -> None:
    pauses: list[float] = []
    with Cutting(live_server.url, after=[0, 10]) as relay:
        selection = portal_at(relay.url, token, pauses).save(
            name="Round 1", task_id=1, frame_selection_method="random_uniform", frame_count=3
        )
    assert len(pauses) == 2
    assert list(Selection.objects.values_list("pk", flat=True)) == [selection["id"]]
    assert selection["frames_count"] == 3


def test_a_download_goes_on_where_it_broke_off(
    live_server: LiveServer, token: str, folders: Folders, connection: Connection, tmp_path: Path
) -> None:
    archive = built(select(connection, (1, range(20, 60))))
    content = only_path(archive).read_bytes()
    out = tmp_path / "round.zip"
    seen: list[int] = []
    cut = len(content) // 2
    assert cut > 100_000
    with Cutting(live_server.url, after=[0, cut, cut // 2]) as relay:
        portal = portal_at(relay.url, token)
        row = Portal(live_server.url, token).archive(archive.pk)
        paths = portal.download(row, out, on_progress=lambda _, here, size: seen.append(here))
    assert paths == [out]
    assert out.read_bytes() == content
    assert seen == sorted(seen)
    assert seen[-1] == len(content)
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


def test_what_an_earlier_process_left_is_taken_over_and_checked(
    live_server: LiveServer, token: str, folders: Folders, connection: Connection, tmp_path: Path
) -> None:
    archive = built(select(connection, (1, range(3))))
    content = only_path(archive).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    partial = tmp_path / f"round.zip.{digest[:12]}.partial"
    partial.write_bytes(b"other bytes")
    portal = portal_at(live_server.url, token)
    row = portal.archive(archive.pk)
    with pytest.raises(Error, match="SHA-256 differs"):
        portal.download(row, tmp_path / "round.zip")
    assert list(tmp_path.glob("round.zip*")) == []
    partial.write_bytes(content[:1000])
    portal.download(row, tmp_path / "round.zip")
    assert (tmp_path / "round.zip").read_bytes() == content


def test_several_zips_are_put_into_a_folder_or_numbered(
    live_server: LiveServer,
    token: str,
    folders: Folders,
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ArchiveOptions, "FEWEST_FILES", 2)
    archive = built(select(connection, (1, range(4))), part_files=2)
    portal = portal_at(live_server.url, token)
    row = portal.archive(archive.pk)
    names = [part["name"] for part in row["parts"]]
    assert len(names) > 1
    folder = tmp_path / "zips"
    folder.mkdir()
    assert [path.name for path in portal.download(row, folder)] == names
    numbered = portal.download(row, tmp_path / "all.zip")
    assert [path.name for path in numbered[:2]] == ["all_part1.zip", "all_part2.zip"]


def test_the_portals_sentence_is_the_error(
    live_server: LiveServer, token: str, connection: Connection, bob: User
) -> None:
    portal = portal_at(live_server.url, token)
    with pytest.raises(Refused, match=r"frames_per_jo.*frames_per_job_count") as refused:
        portal.save(task_id=1, frame_selection_method="random_per_job", frames_per_jo=3)
    assert (refused.value.status, refused.value.code) == (400, "invalid")
    with pytest.raises(Refused, match="unknown, expired or revoked") as refused:
        portal_at(live_server.url, "cis_wrong").me()
    assert refused.value.status == 401


@responses.activate
def test_a_page_in_place_of_the_api_is_told() -> None:
    responses.get("https://portal.example.com/api/me", body="<html>Sign in</html>")
    with pytest.raises(Unreachable, match="200 OK, not as a portal does"):
        Portal("https://portal.example.com", "cis_x").me()


@responses.activate
def test_a_wrong_certificate_is_told_at_once() -> None:
    wrong = requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")
    responses.get("https://portal.example.com/api/me", body=wrong)
    pauses: list[float] = []
    with pytest.raises(Unreachable, match="REQUESTS_CA_BUNDLE"):
        portal_at("https://portal.example.com", "cis_x", pauses).me()
    assert pauses == []


@responses.activate
def test_a_draw_is_repeated_while_annotations_are_read() -> None:
    address = "https://portal.example.com/api/random-select"
    reading = {"success": False, "message": "Being read.", "code": "annotations_not_read"}
    for _ in range(20):  # more often than for a lost connection
        responses.post(address, json=reading, status=503, headers={"Retry-After": "3"})
    responses.post(address, json={"success": True, "count": 5})
    pauses: list[float] = []
    assert portal_at("https://portal.example.com", "cis_x", pauses).draw(task_id=1)["count"] == 5
    assert pauses == [3.0] * 20
    assert responses.calls[0].request.headers["Authorization"] == "Bearer cis_x"


def test_what_is_no_portal_is_told(live_server: LiveServer, token: str) -> None:
    with pytest.raises(Unreachable, match="not as a portal does"):
        portal_at(f"{live_server.url}/elsewhere", token).me()
    with pytest.raises(Error, match="not the address of a portal"):
        Portal("selector.example.com", token)
    pauses: list[float] = []
    with pytest.raises(Unreachable, match="cannot be reached"):
        portal_at("http://127.0.0.1:9", token, pauses).me()
    assert pauses == [1, 2, 4, 8, 16]
