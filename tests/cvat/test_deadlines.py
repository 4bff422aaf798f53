"""Every answer ends: a server that sends a byte now and then holds nobody for long."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from cvat import sessions
from cvat.client import CvatClient
from cvat.exceptions import CvatBroken, CvatTimeout
from cvat.retries import PATIENT
from tests.clocks import Clock
from tests.cvat.http_clients import TOKEN
from tests.cvat.replaying import FAST, Replay, json_answer
from tests.dripping import CHUNKED_HEAD, JSON_HEAD, PAUSE, PICTURE_HEAD, dripping

SECONDS = 1.0
LATE = 40.0  # far below the days that the dripping would take


def client(url: str, seconds: float = SECONDS) -> CvatClient:
    return CvatClient(url=url, credential=TOKEN, retries=FAST, keep_alive=True, seconds=seconds)


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (JSON_HEAD, b" "),
        (CHUNKED_HEAD, b"1\r\n \r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Header: y\r\n"),
        (b"HTTP/1.1 200", b" "),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 60000\r\n\r\n", b" "),
    ],
    ids=["body", "chunks", "headers", "status line", "error"],
)
def test_dripping_json_is_a_timeout_in_words(head: bytes, drop: bytes) -> None:
    started = time.monotonic()  # before the client, whose time counts from its making
    with (
        dripping(head, drop) as url,
        client(url) as cvat,
        pytest.raises(CvatTimeout, match="did not answer in time"),
    ):
        cvat.whoami()
    assert SECONDS <= time.monotonic() - started < LATE


@pytest.mark.parametrize(
    "ask",
    [
        lambda cvat: cvat.frame(task_id=1, frame=0),
        lambda cvat: cvat.preview(task_id=1),
        lambda cvat: cvat.job_chunk(job_id=1, index=0, into=io.BytesIO()),
    ],
    ids=["frame", "preview", "chunk"],
)
def test_dripping_pictures_are_a_timeout_in_words(ask: Callable[[CvatClient], object]) -> None:
    with dripping(PICTURE_HEAD, b"x") as url, client(url) as cvat:
        started = time.monotonic()
        with pytest.raises(CvatTimeout, match="did not answer in time"):
            ask(cvat)
    assert time.monotonic() - started < LATE


def test_a_build_gives_up_an_answer_below_the_slowest_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a deadline, and through sessions of its own: what counts is progress."""
    monkeypatch.setattr(sessions, "BASE_SECONDS", 0.5)
    clock = Clock()
    with (
        dripping(PICTURE_HEAD, b"x") as url,
        CvatClient(
            url=url, credential=TOKEN, retries=PATIENT, sleep=clock.sleep, timeout=(5, 5)
        ) as cvat,
    ):
        monkeypatch.setattr(cvat._http, "_retries", FAST)
        started = time.monotonic()
        with pytest.raises(CvatTimeout):
            cvat.job_chunk(job_id=1, index=0, into=io.BytesIO())
    assert time.monotonic() - started < LATE


def test_an_answer_above_the_slowest_pace_may_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "BASE_SECONDS", 0.5)
    blocks = 100_000 // 5000
    with (
        dripping(PICTURE_HEAD, b"x" * 5000, pause=PAUSE) as url,
        CvatClient(url=url, credential=TOKEN, retries=FAST) as cvat,
    ):
        started = time.monotonic()
        assert len(cvat.frame(task_id=1, frame=0).content) == 100_000
    assert time.monotonic() - started >= (blocks - 1) * PAUSE > sessions.BASE_SECONDS


def test_the_deadline_is_for_all_that_is_asked(
    cvat: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    cvat.route("/api/users/self", json_answer({"id": 1, "username": "a"}))
    asking = client(cvat.url, seconds=60)
    asking.whoami()
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + 60)
    monkeypatch.setattr("cvat.http.time", later)
    with pytest.raises(CvatTimeout, match="did not answer in time"):
        asking.whoami()
    assert len(cvat.asked) == 1


class TestBounds:
    def test_small_objects_are_not_unpacked_by_the_million(self, cvat: Replay) -> None:
        body = [{}] * 600_000
        cvat.route("/api/users/self", json_answer(body))
        with pytest.raises(CvatBroken, match="far longer"):
            client(cvat.url, 60).whoami()

    def test_ordinary_answers_are_bounded_below_the_meta(self, cvat: Replay) -> None:
        long = json_answer({"id": 1, "size": 0, "frames": [], "text": "x" * 17 * 2**20})
        cvat.route("/api/users/self", long)
        cvat.route("/api/tasks/1/data/meta", long)
        with pytest.raises(CvatBroken, match="far longer"):
            client(cvat.url, 60).whoami()
        assert client(cvat.url, 60).task_meta(1).size == 0

    def test_the_meta_of_a_hundred_thousand_frames_fits(self, cvat: Replay) -> None:
        frame = {"name": "a/b.jpg", "width": 2, "height": 1, "related_files": 0}
        cvat.route(
            "/api/tasks/1/data/meta", json_answer({"size": 100_000, "frames": [frame] * 10**5})
        )
        assert len(client(cvat.url, 60).task_meta(1).frames) == 100_000

    def test_a_list_that_never_ends(self, cvat: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cvat.lists.MOST_PAGES", 3)
        for page in range(1, 9):
            jobs = [{"id": page, "task_id": 1, "start_frame": 0, "stop_frame": 0}]
            answer = json_answer({"count": 9, "next": "more", "results": jobs})
            cvat.route("/api/jobs", answer, page=page)
        with pytest.raises(CvatBroken, match="does not seem to end"):
            client(cvat.url, 60).jobs(1)
        assert [asked.path for asked in cvat.asked].count("/api/jobs") == 3
