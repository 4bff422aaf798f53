"""A download of an archive that is still being built begins at once and has the bytes of the
finished file."""

from __future__ import annotations

import json
import socket
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from selections import live_downloads, services
from selections.models import Archive, ArchiveOptions, Selection
from selector.models import Connection
from standin.server import StandIn
from tests.making import make_archive
from tests.selections.builds import (
    gone,
    no_chunks,
    only_path,
    path_of,
    request,
    select,
)
from tests.selections.live_downloads.conftest import Build, pieces_of

pytestmark = pytest.mark.usefixtures("transactional_db", "messages", "hasty", "folders")


@pytest.mark.parametrize("through", ["ask", "page"])
def test_it_begins_before_the_build_has_ended(
    through: str, build: Build, request: pytest.FixtureRequest
) -> None:
    response = request.getfixturevalue(through)(build.archive)
    assert response.status_code == 200
    assert "Content-Length" not in response.headers
    assert response.headers["Content-Type"] == "application/zip"
    assert build.archive.download_name in response.headers["Content-Disposition"]
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["X-Accel-Buffering"] == "no"
    pieces = pieces_of(response)
    first = next(pieces)
    assert first.startswith(b"PK")
    assert Archive.objects.get().status == "running"
    archive = build.finish()
    assert archive.status == "ready"
    assert first + b"".join(pieces) == only_path(archive).read_bytes()


def test_any_number_follow_one_build(build: Build, ask: Callable[..., Any]) -> None:
    responses = [pieces_of(ask(build.archive)) for _ in range(2)]
    begun = [next(pieces) for pieces in responses]
    content = only_path(build.finish()).read_bytes()
    for first, pieces in zip(begun, responses, strict=True):
        assert first + b"".join(pieces) == content


@pytest.mark.parametrize("end", ["cancelled", "failed", "deleted"])
def test_a_build_without_an_end_breaks_the_transfer(
    end: str, build: Build, ask: Callable[..., Any]
) -> None:
    pieces = pieces_of(ask(build.archive))
    next(pieces)
    archive = Archive.objects.get()
    if end == "cancelled":
        services.cancel_archive(archive=archive)
    elif end == "failed":
        assert archive.claimed_by is not None
        archive.fail(archive.claimed_by, "the test wants it so")
    else:
        Archive.objects.all().delete()
    with pytest.raises(ConnectionResetError):
        list(pieces)
    if end == "deleted":
        build.archive.pk = make_archive(archive.requested_by, archive.selection).pk


def test_an_incomplete_archive_ends_with_its_manifest(
    connection: Connection,
    standin: StandIn,
    start: Callable[[Archive, str], Build],
    ask: Callable[..., Any],
) -> None:
    no_chunks(standin)
    gone(standin, 5)
    frames = [*range(8), 60]  # of two chunks
    build = start(request(select(connection, (1, frames))), "type=frame&number=60&")
    pieces = pieces_of(ask(build.archive))
    first = next(pieces)
    archive = build.finish()
    assert archive.status == "incomplete"
    content = first + b"".join(pieces)
    assert content == only_path(archive).read_bytes()
    with zipfile.ZipFile(BytesIO(content)) as opened:
        [problem] = json.loads(opened.read("manifest.json"))["problems"]
    assert problem["frame"] == 5


def test_each_part_by_its_number(
    selection: Selection,
    start: Callable[[Archive, str], Build],
    ask: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ArchiveOptions, "SMALLEST_PART", 1)
    build = start(request(selection, part_size=100_000), "type=chunk&index=2&")
    responses = [ask(build.archive, f"follow&part={number}") for number in (1, 2)]
    begun = [pieces_of(response) for response in responses]
    firsts = [next(pieces) for pieces in begun]
    archive = build.finish()
    assert archive.parts.count() > 2
    for number, response in enumerate(responses):
        part = archive.parts.get(number=number + 1)
        assert firsts[number] + b"".join(begun[number]) == path_of(part).read_bytes()
        assert part.download_name in response.headers["Content-Disposition"]


def test_a_cookie_tells_that_it_has_begun(
    build: Build, page: Callable[..., Any], client: Client, settings: object
) -> None:
    """A page cannot see what becomes of a download."""
    name = f"following-{build.archive.pk}"
    client.head(f"/selections/archives/{build.archive.pk}/download?follow")
    settings.WEB_THREADS = 3
    assert page(build.archive).status_code == 409
    assert name not in client.cookies
    settings.WEB_THREADS = 16
    response = page(build.archive)
    cookie = response.cookies[name]
    assert (cookie["path"], cookie["max-age"], cookie["samesite"]) == ("/", 60, "Lax")
    response.close()
    del client.cookies[name]
    build.finish()
    assert page(build.archive).cookies[name].value


def test_a_client_that_does_not_read_is_given_up(
    build: Build, page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_downloads, "SEND_SECONDS", 0.1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        response = page(build.archive, **{"gunicorn.socket": ours})
        build.finish()
        pieces = pieces_of(response)
        with pytest.raises(TimeoutError):
            list(map(ours.sendall, pieces))
        response.close()


def test_a_client_that_has_gone_is_given_up(build: Build, page: Callable[..., Any]) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        pieces = pieces_of(page(build.archive, **{"gunicorn.socket": ours}))
        next(pieces)
        theirs.close()
        with pytest.raises(ConnectionResetError):
            list(pieces)
