"""Downloads over HTTP: whole, in pieces, resumed, refused; always the same bytes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import uuid
from pathlib import Path
from urllib.parse import unquote

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from portal.models import ApiToken
from selections.archives import building
from selections.models import Archive, ArchiveOptions, ArchivePart
from selector.models import Connection
from tests.conftest import api_of
from tests.selections.builds import Folders, built, only_path, path_of, request, select

pytestmark = pytest.mark.usefixtures("transactional_db", "messages", "hasty")


@pytest.fixture
def archive(folders: Folders, connection: Connection) -> Archive:
    made = built(select(connection, (2, range(8))))
    assert made.status == "ready"
    return made


@pytest.fixture
def content(archive: Archive) -> bytes:
    return only_path(archive).read_bytes()


def address(archive: Archive) -> str:
    return f"/api/archives/{archive.pk}/download"


def body(response: object) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_whole(api: APIClient, archive: Archive, content: bytes) -> None:
    response = api.get(address(archive))
    assert response.status_code == 200
    assert body(response) == content
    assert response.headers["Content-Length"] == str(len(content))
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    named = f'attachment; filename="{archive.download_name}"'
    assert response.headers["Content-Disposition"] == named


def test_through_the_page(client: Client, alice: User, archive: Archive, content: bytes) -> None:
    client.force_login(alice)
    response = client.get(f"/selections/archives/{archive.pk}/download")
    assert response.status_code == 200
    assert body(response) == content


@pytest.mark.parametrize("method", ["head", "get"])
def test_the_head_alone(method: str, api: APIClient, archive: Archive, content: bytes) -> None:
    response = getattr(api, method)(address(archive))
    assert response.status_code == 200
    assert response.headers["Content-Length"] == str(len(content))


@given(st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_range(api: APIClient, archive: Archive, content: bytes, data: st.DataObject) -> None:
    size = len(content)
    near = st.integers(0, 20) | st.integers(max(size - 20, 0), size + 20) | st.integers(0, size)
    first, last = data.draw(near | st.none()), data.draw(near | st.none())
    shown = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    response = api.get(address(archive), headers={"Range": shown})
    if first is None and last is None:
        assert (response.status_code, body(response)) == (200, content)
        return
    if first is None:
        start, end = max(size - last, 0), size
    else:
        start, end = first, size if last is None else min(last + 1, size)
    if start >= end:
        assert response.status_code == 416
        assert response.headers["Content-Range"] == f"bytes */{size}"
        return
    assert response.status_code == 206
    assert body(response) == content[start:end]
    assert response.headers["Content-Length"] == str(end - start)
    assert response.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"


@pytest.mark.parametrize(
    "wanted", ["bytes=0-1,5-6", "bytes=a-b", "lines=1-2", "bytes", "bytes=-", "", "bytes=--5"]
)
def test_what_is_no_range_is_passed_over(
    wanted: str, api: APIClient, archive: Archive, content: bytes
) -> None:
    response = api.get(address(archive), headers={"Range": wanted})
    assert (response.status_code, body(response)) == (200, content)


def test_if_range(api: APIClient, archive: Archive, content: bytes) -> None:
    etag = api.get(address(archive)).headers["ETag"]
    for condition, status in ((etag, 206), ('"other"', 200), ("W/" + etag, 200)):
        response = api.get(address(archive), headers={"Range": "bytes=10-", "If-Range": condition})
        assert response.status_code == status
        assert body(response) == (content[10:] if status == 206 else content)


def test_unchanged(api: APIClient, archive: Archive, content: bytes) -> None:
    etag = api.get(address(archive)).headers["ETag"]
    unchanged = api.get(address(archive), headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["ETag"] == etag
    other = api.get(address(archive), headers={"If-None-Match": '"other"'})
    assert (other.status_code, body(other)) == (200, content)
    refused = api.get(address(archive), headers={"If-Match": '"other"'})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    assert "Download it again" in refused.json()["detail"]


def test_a_proxy_in_front_sends_the_file(
    api: APIClient, archive: Archive, settings: object
) -> None:
    settings.X_ACCEL_REDIRECT = "/archives/"
    response = api.get(address(archive), headers={"Range": "bytes=3-"})
    assert response.status_code == 200
    assert response.content == b""
    name = archive.parts.get().file.name
    assert unquote(response.headers["X-Accel-Redirect"]) == f"/archives/{name}"
    assert archive.download_name in response.headers["Content-Disposition"]
    assert response.headers["ETag"]


@pytest.mark.parametrize(
    "name", ["한글.zip", 'quo"te\\.zip', "line\r\nSet-Cookie: x.zip", "100% é;=.zip", "🚗"]
)
def test_any_name_is_safe_in_the_header(
    name: str, api: APIClient, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ArchivePart, "download_name", name)
    said = api.get(address(archive)).headers["Content-Disposition"]
    assert said.startswith("attachment; filename")
    assert "\r" not in said
    assert "\n" not in said
    if not name.isascii() or "\n" in name:
        assert unquote(said.partition("''")[2]) == name


def test_parts(
    api: APIClient, connection: Connection, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ArchiveOptions, "SMALLEST_PART", 1)
    archive = built(select(connection, (1, range(15))), part_size=100_000)
    parts = list(archive.parts.all())
    assert len(parts) > 2
    for part in parts:
        response = api.get(address(archive), {"part": part.number})
        assert body(response) == path_of(part).read_bytes()
        assert f"_part{part.number}.zip" in response.headers["Content-Disposition"]
    assert api.get(address(archive), {"part": len(parts) + 1}).status_code == 404
    assert api.get(address(archive), {"part": 0}).status_code in (400, 404)
    assert api.get(address(archive), {"part": "x"}).status_code == 400


def test_others_find_nothing(archive: Archive, bob: User, admin: User, client: Client) -> None:
    archive.selection.visibility = "shared"
    archive.selection.save()
    for other in (bob, admin):
        assert api_of(other).get(address(archive)).status_code == 404
        client.force_login(other)
        page = client.get(f"/selections/archives/{archive.pk}/download")
        assert page.status_code == 404
    assert APIClient().get(address(archive)).status_code in (401, 403)


def test_while_it_is_built_and_after_it_is_gone(
    api: APIClient, connection: Connection, folders: Folders
) -> None:
    archive = request(select(connection, (2, range(8))))
    waiting = api.get(address(archive))
    assert (waiting.status_code, waiting.json()["code"]) == (409, "not_finished")
    assert "still being built" in waiting.json()["detail"]
    archive.claim(uuid.uuid4())
    assert api.get(address(archive)).status_code == 409
    archive.cancel()
    assert api.get(address(archive)).status_code == 409
    archive = request(archive.selection)
    building.build(archive.pk)
    archive.refresh_from_db()
    assert archive.expire()
    expired = api.get(address(archive))
    assert expired.status_code == 409
    assert "expired" in expired.json()["detail"]


def test_a_file_that_somebody_removed(api: APIClient, archive: Archive) -> None:
    only_path(archive).unlink()
    response = api.get(address(archive))
    assert response.status_code == 404
    assert "Build it again" in response.json()["detail"]


# --- over a real line -----------------------------------------------------------------------------


@pytest.fixture
def signed_in(alice: User) -> dict[str, str]:
    _, value = ApiToken.objects.issue(owner=alice, name="curl")
    return {"Authorization": f"Bearer {value}"}


def test_a_broken_download_goes_on(
    live_server: object, archive: Archive, content: bytes, signed_in: dict[str, str]
) -> None:
    url = f"{live_server.url}{address(archive)}"
    got = b""
    etag = ""
    while len(got) < len(content):
        going_on = {"Range": f"bytes={len(got)}-", "If-Range": etag} if got else {}
        with requests.get(url, headers=signed_in | going_on, stream=True, timeout=30) as response:
            assert response.status_code == (206 if got else 200)
            etag = response.headers["ETag"]
            got += response.raw.read(len(content) // 3 + 1)
    assert got == content


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_curl_resumes(
    live_server: object,
    archive: Archive,
    content: bytes,
    signed_in: dict[str, str],
    tmp_path: Path,
) -> None:
    target = tmp_path / "got.zip"
    target.write_bytes(content[:12_345])
    url = f"{live_server.url}{address(archive)}"
    header = f"Authorization: {signed_in['Authorization']}"
    resume = ["curl", "-sS", "--fail", "-C", "-", "-H", header, "-o", str(target), url]
    subprocess.run(resume, check=True, timeout=60)
    assert target.read_bytes() == content
    named = ["curl", "-sS", "--fail", "-OJ", "-H", header, url]
    subprocess.run(named, check=True, timeout=60, cwd=tmp_path)
    assert (tmp_path / archive.download_name).read_bytes() == content
