"""Downloads that a real nginx sends (X_ACCEL_REDIRECT), set up as docs/operations.md says."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.contrib.auth.models import User

from portal.models import ApiToken
from selections.models import Archive
from selector.models import Connection
from tests.nginx import NGINX, PREFIX, nginx
from tests.selections.builds import Folders, built, only_path, select

pytestmark = [
    pytest.mark.usefixtures("transactional_db", "messages", "hasty"),
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]


@pytest.fixture
def archive(folders: Folders, connection: Connection) -> Archive:
    return built(select(connection, (2, range(8))))


@pytest.fixture
def proxy(tmp_path: Path, folders: Folders, live_server: object, settings: object) -> Iterator[str]:
    settings.X_ACCEL_REDIRECT = PREFIX
    with nginx(tmp_path / "nginx", portal=live_server.url, archives=folders.archives) as address:
        yield address


@pytest.fixture
def ask(proxy: str, alice: User, archive: Archive):
    _, token = ApiToken.objects.issue(owner=alice, name="tests")

    def get(path: str = f"/api/archives/{archive.pk}/download", **headers: str):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(
            f"{proxy}{path}", headers=headers | {"Authorization": f"Bearer {token}"}, timeout=30
        )

    return get


def test_the_etag_is_the_sha256_and_ranges_are_accepted_once(ask, archive: Archive) -> None:
    content = only_path(archive).read_bytes()
    whole = ask()
    assert whole.status_code == 200
    assert whole.content == content
    assert whole.headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert archive.download_name in whole.headers["Content-Disposition"]


def test_a_broken_download_goes_on(ask, archive: Archive) -> None:
    content = only_path(archive).read_bytes()
    etag = archive_etag(archive)
    rest = ask(Range="bytes=1000-", If_Range=etag)
    assert (rest.status_code, rest.content) == (206, content[1000:])
    assert rest.headers["ETag"] == etag
    assert rest.headers.get("Accept-Ranges", "bytes") == "bytes"
    assert ask(Range=f"bytes={len(content)}-").status_code == 416
    other = ask(Range="bytes=1000-", If_Range='"another"')
    assert (other.status_code, other.content) == (200, content)


def test_it_goes_on_after_the_archive_was_built_again(ask, archive: Archive) -> None:
    etag, before = archive_etag(archive), only_path(archive).read_bytes()
    os.utime(only_path(archive), (1, 1))
    again = built(archive.selection)
    rest = ask(f"/api/archives/{again.pk}/download", Range="bytes=1000-", If_Range=etag)
    assert (rest.status_code, rest.content) == (206, before[1000:])


def test_conditions_are_answered_alike(ask, archive: Archive) -> None:
    etag = archive_etag(archive)
    assert ask(If_None_Match=etag).status_code == 304
    assert ask(If_None_Match='"another"').status_code == 200
    assert ask(If_Match='"another"').status_code == 412
    whole = ask(If_Match=etag)
    assert (whole.status_code, whole.headers["Accept-Ranges"]) == (200, "bytes")
    assert whole.headers["ETag"] == etag


def test_nobody_gets_a_file_past_the_portal(ask, proxy: str, archive: Archive) -> None:
    name = archive.parts.get().file.name
    assert requests.get(f"{proxy}{PREFIX}{name}", timeout=30).status_code == 404
    assert (
        requests.get(f"{proxy}/api/archives/{archive.pk}/download", timeout=30).status_code == 401
    )


def archive_etag(archive: Archive) -> str:
    return f'"{archive.parts.get().sha256}"'
