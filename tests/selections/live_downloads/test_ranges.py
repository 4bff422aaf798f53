"""Ranges, preconditions and HEAD of archives that are still being built."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from typing import Any, BinaryIO

import pytest
from django.contrib.auth.models import User

from selections import live_downloads
from selections.archives import growing
from selections.models import Archive, Selection
from standin.server import StandIn
from tests.conftest import connect, eventually
from tests.selections.builds import (
    only_path,
    request,
)
from tests.selections.live_downloads.conftest import Build, pieces_of

pytestmark = pytest.mark.usefixtures("transactional_db", "messages", "hasty", "folders")
UNKNOWN_END = 2**53 - 1


def test_a_broken_transfer_goes_on_while_it_is_built(build: Build, ask: Callable[..., Any]) -> None:
    response = ask(build.archive)
    first = next(pieces_of(response))
    response.close()
    rest = ask(build.archive, Range=f"bytes={len(first)}-")
    assert rest.status_code == 206
    assert rest.headers["Content-Range"] == f"bytes {len(first)}-{UNKNOWN_END}/*"
    assert rest.headers["ETag"] == response.headers["ETag"]
    pieces = pieces_of(rest)
    second = next(pieces)
    content = only_path(build.finish()).read_bytes()
    assert first + second + b"".join(pieces) == content


@pytest.mark.parametrize("query", ["follow", ""])
def test_a_broken_transfer_goes_on_after_it_is_built(
    query: str, build: Build, ask: Callable[..., Any]
) -> None:
    response = ask(build.archive)
    first = next(pieces_of(response))
    response.close()
    content = only_path(build.finish()).read_bytes()
    wanted = {"Range": f"bytes={len(first)}-", "If_Range": response.headers["ETag"]}
    rest = ask(build.archive, query, **wanted)
    assert rest.status_code == 206
    assert rest.headers["ETag"] == response.headers["ETag"]
    assert rest.headers["Content-Length"] == str(len(content) - len(first))
    assert first + b"".join(pieces_of(rest)) == content


def test_a_browser_that_goes_on_gets_the_whole_while_it_is_built(
    build: Build, ask: Callable[..., Any]
) -> None:
    etag = ask(build.archive, method="head").headers["ETag"]
    response = ask(build.archive, Range="bytes=10-", If_Range=etag)
    assert response.status_code == 200
    pieces = pieces_of(response)
    first = next(pieces)
    content = only_path(build.finish()).read_bytes()
    assert first + b"".join(pieces) == content


def test_a_range_of_another_attempt_is_the_whole(build: Build, ask: Callable[..., Any]) -> None:
    content = only_path(build.finish()).read_bytes()
    response = ask(build.archive, Range="bytes=10-", If_Range=f'"attempt-{uuid.uuid4()}"')
    assert (response.status_code, b"".join(pieces_of(response))) == (200, content)


def test_a_range_that_may_not_fit_is_refused(build: Build, ask: Callable[..., Any]) -> None:
    """The client may have bytes of the worker before, which `curl -C -` and wget do not tell."""
    path = growing.open_part(Archive.objects.get())
    assert path is not None
    begin_again(path)
    whole = ask(build.archive)
    first = next(pieces_of(whole))
    whole.close()
    wanted = {"Range": f"bytes={len(first)}-"}
    known = {**wanted, "If_Match": whole.headers["ETag"]}
    for unknown in (wanted, {**wanted, "If_Match": "*"}):
        refused = ask(build.archive, **unknown)
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
        assert "Download it again from its beginning" in refused.json()["detail"]
    rest = ask(build.archive, **known)
    assert rest.status_code == 206
    pieces = pieces_of(rest)
    second = next(pieces)
    content = only_path(build.finish()).read_bytes()
    assert first + second + b"".join(pieces) == content
    for query in ("follow", ""):
        assert ask(build.archive, query, **wanted).status_code == 409
        for name in ("If_Match", "If_Range"):
            rest = ask(build.archive, query, **wanted, **{name: whole.headers["ETag"]})
            assert rest.status_code == 206
            assert first + b"".join(pieces_of(rest)) == content
        assert ask(build.archive, query, method="head", **wanted).status_code == 200


def test_a_build_that_goes_on_with_renewed_access_writes_another_file(
    build: Build,
    ask: Callable[..., Any],
    alice: User,
    standin: StandIn,
    settings: object,
) -> None:
    etag = ask(build.archive, method="head").headers["ETag"]
    eventually(
        lambda: build.hold.waiting == settings.FETCH_THREADS
    )  # else some would be refused before
    standin.world.access_tokens.clear()
    connect(alice, standin)
    content = only_path(build.finish()).read_bytes()
    assert build.archive.attempts == 1
    wanted = {"Range": "bytes=10-"}
    assert ask(build.archive, **wanted).status_code == 409
    assert ask(build.archive, **wanted, If_Match=etag).status_code == 412
    whole = ask(build.archive, **wanted, If_Range=etag)
    assert (whole.status_code, b"".join(pieces_of(whole))) == (200, content)


def begin_again(growing_file: BinaryIO) -> None:
    """What is written is from now on that of the second attempt."""
    archive = Archive.objects.get()
    assert archive.claimed_by is not None
    growing_file.close()
    before = growing.part_path(growing.stem(archive, archive.claimed_by), 1)
    archive.begin_files(archive.claimed_by)
    os.link(before, growing.part_path(growing.stem(archive, archive.claimed_by), 1))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_Match": '"attempt-7"'}, 412),
        ({"If_Match": '"attempt-7"', "Range": "bytes=5-"}, 412),
        ({"If_Match": "{etag}", "Range": "bytes=5-"}, 206),
        ({"If_Match": "{etag}"}, 200),
        ({"If_None_Match": "{etag}"}, 304),
    ],
)
def test_preconditions_are_the_same_while_it_is_built_and_after(
    headers: dict[str, str], status: int, build: Build, ask: Callable[..., Any]
) -> None:
    etag = ask(build.archive, method="head").headers["ETag"]
    headers = {name: value.format(etag=etag) for name, value in headers.items()}
    response = ask(build.archive, **headers)
    assert response.status_code == status
    response.close()
    build.finish()
    if status == 304:
        etag = f'"{build.archive.parts.get().sha256}"'
        headers = {"If_None_Match": etag}
    assert ask(build.archive, **headers).status_code == status


def test_a_range_with_an_end(build: Build, ask: Callable[..., Any]) -> None:
    response = ask(build.archive, Range="bytes=10-19")
    assert (response.status_code, response.headers["Content-Range"]) == (206, "bytes 10-19/*")
    part = b"".join(pieces_of(response))
    assert part == only_path(build.finish()).read_bytes()[10:20]


@pytest.mark.parametrize("wanted", ["bytes=-5", "bytes=5-4", "bytes=0-1,5-6", "lines=1-2", ""])
def test_what_is_no_range_from_a_position_is_the_whole(
    wanted: str, build: Build, ask: Callable[..., Any]
) -> None:
    response = ask(build.archive, Range=wanted)
    assert response.status_code == 200
    pieces = pieces_of(response)
    first = next(pieces)
    content = only_path(build.finish()).read_bytes()
    assert first + b"".join(pieces) == content


def test_a_position_past_the_end(
    build: Build, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_downloads, "FIRST_BYTE_SECONDS", 0)
    assert ask(build.archive, Range="bytes=99999999-").status_code == 503
    build.finish()
    assert ask(build.archive, Range="bytes=99999999-").status_code == 416


def test_the_head_alone(build: Build, ask: Callable[..., Any]) -> None:
    head = ask(build.archive, method="head")
    assert head.status_code == 200
    assert "Content-Length" not in head.headers
    assert head.headers["ETag"] == f'"attempt-1-{Archive.objects.get().claimed_by}"'
    build.finish()
    head = ask(build.archive, method="head")
    assert head.headers["Content-Length"] == str(build.archive.size)


@pytest.mark.parametrize("is_finished", [False, True])
def test_the_head_has_no_range(is_finished: bool, build: Build, ask: Callable[..., Any]) -> None:
    if is_finished:
        build.finish()
    head = ask(build.archive, method="head", Range="bytes=5-")
    assert head.status_code == 200
    assert "Content-Range" not in head.headers


def test_the_head_of_what_is_not_begun_is_refused_at_once(
    selection: Selection, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_downloads, "Follower", None)  # it is not waited for
    assert ask(request(selection), method="head").status_code == 503
