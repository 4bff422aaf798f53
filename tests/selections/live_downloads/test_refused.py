"""Downloads of archives that are still being built, where they are refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from portal import thread_share
from portal.thread_share import slow_work, slow_work_limits
from selections import live_downloads
from selections.archives.following import Follower
from selections.models import Archive, Selection
from tests.selections.builds import (
    request,
)
from tests.selections.live_downloads.conftest import Build, pieces_of

pytestmark = pytest.mark.usefixtures("transactional_db", "messages", "hasty", "folders")


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
