"""Downloads of archives that are still being built: begun at once, the bytes of the finished file,
continued, refused."""

from __future__ import annotations

import json
import os
import socket
import threading
import uuid
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, BinaryIO

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from portal import thread_share
from portal.exceptions import Busy
from portal.thread_share import slow_work, slow_work_limits
from selections import live_downloads, services, tasks
from selections.archives import growing
from selections.archives.following import Follower
from selections.models import Archive, ArchiveOptions, Selection
from selector.models import Connection
from standin.faults import Hold
from standin.server import StandIn
from tests.conftest import connect, eventually
from tests.making import make_archive
from tests.selections.builds import (
    Folders,
    gone,
    in_thread,
    no_chunks,
    only_path,
    path_of,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "messages", "hasty", "folders")

UNKNOWN_END = 2**53 - 1


class Build:
    """A build in a thread, which stops in the middle until it is released."""

    def __init__(self, archive: Archive, hold: Hold) -> None:
        self.archive = archive
        self.hold = hold
        self._thread = in_thread(archive)
        if not hold.wait_for_request():
            self.finish()
            raise AssertionError("the build does not stop in the middle")

    def finish(self) -> Archive:
        self.hold.release()
        self._thread.join(60)
        assert not self._thread.is_alive()
        self.archive.refresh_from_db()
        return self.archive


@pytest.fixture
def selection(connection: Connection) -> Selection:
    return select(connection, (1, None))


@pytest.fixture
def start(standin: StandIn) -> Iterator[Callable[[Archive, str], Build]]:
    """Starts a build that stops where it asks CVAT for what the pattern matches."""
    started: list[Build] = []

    def start_one(archive: Archive, pattern: str) -> Build:
        started.append(Build(archive, standin.faults.hold(pattern)))
        return started[-1]

    yield start_one
    for build in started:
        build.finish()


@pytest.fixture
def build(selection: Selection, start: Callable[[Archive, str], Build]) -> Build:
    """Two chunks are written, the third is waited for."""
    return start(request(selection), "type=chunk&index=2&")


@pytest.fixture
def ask(api: APIClient) -> Callable[..., Any]:
    def get(archive: Archive, query: str = "follow", method: str = "get", **headers: str) -> Any:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        send = getattr(api, method)
        return send(f"/api/archives/{archive.pk}/download?{query}", headers=headers)

    return get


@pytest.fixture
def page(client: Client, alice: User) -> Callable[..., Any]:
    client.force_login(alice)

    def get(archive: Archive, **options: Any) -> Any:
        return client.get(f"/selections/archives/{archive.pk}/download?follow", **options)

    return get


def pieces_of(response: Any) -> Iterator[bytes]:
    assert response.streaming, response.content
    return iter(response.streaming_content)


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


# --- ranges -----------------------------------------------------------------------------------


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


# --- parts ----------------------------------------------------------------------------------------


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


# --- refused --------------------------------------------------------------------------------------


def test_only_a_few_at_a_time(
    build: Build, ask: Callable[..., Any], page: Callable[..., Any], settings: object
) -> None:
    settings.WEB_THREADS = 4
    first = ask(build.archive)
    next(pieces_of(first))
    refused = ask(build.archive)
    assert refused.status_code == 503
    assert refused.json()["code"] == "busy"
    assert "Wait until it is ready" in refused.json()["detail"]
    assert refused.headers["Retry-After"]
    shown = page(build.archive)
    assert shown.status_code == 503
    assert "Wait until it is ready" in shown.content.decode()
    first.close()
    again = ask(build.archive)
    assert again.status_code == 200
    again.close()


def test_with_few_threads_none(build: Build, ask: Callable[..., Any], settings: object) -> None:
    settings.WEB_THREADS = 3
    refused = ask(build.archive)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "too few threads" in refused.json()["detail"]
    build.finish()
    assert ask(build.archive).status_code == 200


def test_its_place_is_one_of_those_for_slow_work(
    build: Build, ask: Callable[..., Any], settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_share, "PLACE_SECONDS", 0)
    settings.WEB_THREADS = 4
    response = ask(build.archive)
    assert response.status_code == 200
    with slow_work.place(slow_work_limits()) as is_first:
        assert is_first
        with slow_work.place(slow_work_limits()) as is_second:
            assert not is_second
    response.close()


def test_a_head_and_a_refusal_hold_no_place(
    build: Build, ask: Callable[..., Any], settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEB_THREADS = 4
    assert ask(build.archive, method="head").status_code == 200
    monkeypatch.setattr(live_downloads, "FIRST_BYTE_SECONDS", 0)
    assert ask(build.archive, Range="bytes=99999999-").status_code == 503
    response = ask(build.archive)
    assert response.status_code == 200
    response.close()


def test_one_person_leaves_places_for_others(
    build: Build, ask: Callable[..., Any], settings: object
) -> None:
    settings.WEB_THREADS = 16
    opened = [ask(build.archive) for _ in range(2)]
    assert [response.status_code for response in opened] == [200, 200]
    assert ask(build.archive).status_code == 503
    for response in opened:
        response.close()


def test_over_http_1_0_a_break_could_not_be_seen(build: Build, page: Callable[..., Any]) -> None:
    response = page(build.archive, SERVER_PROTOCOL="HTTP/1.0")
    assert response.status_code == 409
    assert "HTTP/1.1" in response.content.decode()
    build.finish()
    assert page(build.archive, SERVER_PROTOCOL="HTTP/1.0").status_code == 200


def test_a_build_that_waits_for_a_worker(
    selection: Selection, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_downloads, "FIRST_BYTE_SECONDS", 0)
    response = ask(request(selection))
    assert (response.status_code, response.json()["code"]) == (503, "busy")
    assert "nothing to be sent yet" in response.json()["detail"]


def test_a_build_whose_spool_is_on_another_machine(
    selection: Selection, ask: Callable[..., Any]
) -> None:
    archive = request(selection)
    archive.claim(uuid.uuid4())
    Archive.objects.update(frames_done=3)
    response = ask(archive)
    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    assert "does not see the file" in response.json()["detail"]


def test_an_archive_that_has_no_file_any_more(
    selection: Selection, ask: Callable[..., Any]
) -> None:
    archive = request(selection)
    archive.cancel()
    assert ask(archive).status_code == 409


def test_a_build_that_fails_before_its_first_byte(
    selection: Selection, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = request(selection)
    begin = Follower.begin

    def fail(follower: Follower, seconds: float) -> bool:
        worker = uuid.uuid4()
        archive.claim(worker)
        archive.fail(worker, "The disk is full.")
        return begin(follower, seconds)

    monkeypatch.setattr(Follower, "begin", fail)
    refused = ask(archive)
    assert refused.status_code == 409
    assert "The disk is full." in refused.json()["detail"]


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


# --- /api/download-images -------------------------------------------------------------------------


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
