"""What is asked again, how often, and how long that may take."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace

import pytest

from cvat import http
from cvat.client import CvatClient
from cvat.exceptions import (
    CvatBroken,
    CvatChunkUnserved,
    CvatError,
    CvatTimeout,
    CvatUnreachable,
)
from cvat.retries import INTERACTIVE, PATIENT
from tests.clocks import Clock
from tests.cvat.http_clients import ME, client
from tests.cvat.replaying import (
    FAST,
    Answer,
    Replay,
    html_answer,
    json_answer,
    path_of,
    recorded,
)


class TestRetries:
    @pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
    def test_passing_trouble(self, cvat: Replay, status: int) -> None:
        cvat.route("/api/users/self", html_answer(status), html_answer(status), json_answer(ME))
        assert client(cvat.url).whoami().id == 2
        assert len(cvat.asked) == 3

    @pytest.mark.parametrize("status", [502, 503])
    def test_lasting_trouble(self, cvat: Replay, status: int) -> None:
        cvat.route("/api/users/self", html_answer(status))
        with pytest.raises(CvatBroken, match="down or restarting") as caught:
            client(cvat.url).whoami()
        assert len(cvat.asked) == FAST.attempts
        assert caught.value.status == status

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 409, 410, 500])
    def test_what_does_not_pass_is_asked_once(self, cvat: Replay, status: int) -> None:
        cvat.route("/api/tasks/1", json_answer({"detail": "No."}, status))
        with pytest.raises(CvatError):
            client(cvat.url).task(1)
        assert len(cvat.asked) == 1

    def test_500_for_a_picture_is_asked_twice(self, cvat: Replay) -> None:
        cvat.route("/api/tasks/45/data", recorded("frame-task-without-data-500"))
        with pytest.raises(CvatBroken, match="failed on this picture"):
            client(cvat.url).frame(task_id=45, frame=0)
        assert [asked.path for asked in cvat.asked].count("/api/tasks/45/data") == 2

    def test_a_picture_that_is_too_large_for_cvat_is_asked_once(self, cvat: Replay) -> None:
        said = "Chunk data size 900000000 exceeds the maximum allowed size 524288000."
        cvat.route("/api/tasks/45/data", json_answer(said, 500))
        with pytest.raises(CvatChunkUnserved):
            client(cvat.url).frame(task_id=45, frame=0)
        assert [asked.path for asked in cvat.asked] == ["/api/tasks/45/data"]

    def test_whether_all_fails_is_asked_beside_a_long_500_page(self, cvat: Replay) -> None:
        cvat.route("/api/tasks/45/data", html_answer(500, "x" * 200_000))
        cvat.route("/api/users/self", json_answer(ME))
        with pytest.raises(CvatBroken):
            client(cvat.url).frame(task_id=45, frame=0)

    def test_500_for_everything_passes_like_503(self, cvat: Replay) -> None:
        """As while the policy engine is away (cvat-api 10.3)."""
        cvat.route("/api/tasks/45/data", recorded("frame-task-without-data-500"))
        cvat.route("/api/users/self", html_answer(500))
        with pytest.raises(CvatBroken, match="failed on this picture"):
            client(cvat.url).frame(task_id=45, frame=0)
        asked = [asked.path for asked in cvat.asked].count("/api/tasks/45/data")
        assert asked == FAST.attempts

    def test_a_handshake_that_is_cut_passes(self) -> None:
        """A balancer takes the connection and drops it while what is behind it restarts."""
        accepted = []
        with socket.create_server(("127.0.0.1", 0)) as server:

            def drop() -> None:
                while len(accepted) < FAST.attempts:
                    accepted.append(server.accept()[0])
                    accepted[-1].close()

            threading.Thread(target=drop, daemon=True).start()
            with pytest.raises(CvatUnreachable, match="failed or was lost"):
                client(f"https://127.0.0.1:{server.getsockname()[1]}").whoami()
        assert len(accepted) == FAST.attempts

    def test_a_short_retry_after_is_waited_for(self, cvat: Replay) -> None:
        clock, patient = Clock(), replace(FAST, longest_wait=3.0)
        busy = Answer(429, headers={"retry-after": "3"})
        cvat.route("/api/users/self", busy, json_answer(ME))
        client(cvat.url, retries=patient, sleep=clock.sleep).whoami()
        assert clock.slept == [3.0]

    def test_a_long_one_is_told_instead(self, cvat: Replay) -> None:
        cvat.replay("frame-chunk-not-ready-429")
        task_id = int(path_of("frame-chunk-not-ready-429").split("/")[3])
        clock, patient = Clock(), replace(FAST, longest_wait=9.9)
        with pytest.raises(CvatTimeout, match="still preparing these pictures"):
            client(cvat.url, retries=patient, sleep=clock.sleep).frame(task_id=task_id, frame=0)
        assert len(cvat.asked) == 1
        assert clock.slept == []

    def test_a_limit_of_a_proxy_is_not_taken_for_a_chunk_that_is_prepared(
        self, cvat: Replay
    ) -> None:
        page = b"<html><head><title>429 Too Many Requests</title></head></html>"
        headers = {"retry-after": "7", "content-type": "text/html"}
        cvat.route("/api/tasks/3/data", Answer(429, page, headers=headers))
        with pytest.raises(CvatTimeout, match="in front of CVAT limits") as caught:
            client(cvat.url).frame(task_id=3, frame=0)
        assert "Try again in 7 seconds" in str(caught.value)
        assert "Try again later" in caught.value.lasting

    @pytest.mark.parametrize("value", ["soon", "", "-5", "1e999", "nan", "9" * 5000])
    def test_a_nonsensical_retry_after(self, cvat: Replay, value: str) -> None:
        busy = Answer(503, headers={"retry-after": value})
        cvat.route("/api/users/self", busy, json_answer(ME))
        assert client(cvat.url).whoami().id == 2

    def test_a_date_as_retry_after(self, cvat: Replay) -> None:
        busy = Answer(503, headers={"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"})
        cvat.route("/api/users/self", busy, json_answer(ME))
        assert client(cvat.url).whoami().id == 2

    def test_time_is_bounded_as_well(self, cvat: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = Clock()
        monkeypatch.setattr(http, "time", clock)
        cvat.route("/api/users/self", html_answer(503))
        steady = replace(FAST, attempts=100, backoff=1.0, longest_backoff=1.0, give_up_after=5.0)
        with pytest.raises(CvatBroken):
            client(cvat.url, retries=steady, sleep=clock.sleep).whoami()
        assert len(cvat.asked) == len(clock.slept) + 1
        # The attempt that gave up is the first one after five seconds.
        assert sum(clock.slept[:-1]) <= 5.0 < sum(clock.slept)

    def test_pages_give_up_before_workers(self) -> None:
        assert INTERACTIVE.attempts < PATIENT.attempts
        assert INTERACTIVE.longest_wait * INTERACTIVE.attempts <= 6
        assert PATIENT.longest_wait > 59  # the throttle of CVAT
        with CvatClient(url="http://h", credential=None) as page:
            assert page._http._retries is INTERACTIVE
        with CvatClient(url="http://h", credential=None, patient=True) as worker:
            assert worker._http._retries is PATIENT
            assert worker._http._timeout[1] > 60
