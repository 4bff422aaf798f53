"""Answers that are cut, damaged, late or no HTTP at all."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from cvat.exceptions import CvatBroken, CvatError, CvatTimeout, CvatUnreachable
from tests.clocks import Clock
from tests.conftest import eventually
from tests.cvat.http_clients import client
from tests.cvat.replaying import FAST, Answer, Replay, recorded, recorded_body


class TestCutBodies:
    def cut(self, name: str, after: int = 100) -> Answer:
        return replace(recorded(name), cut_after=after)

    def test_a_picture_cut_short_is_fetched_again(self, cvat: Replay) -> None:
        name = "frame-png-original"
        cvat.route("/api/tasks/33/data", self.cut(name), self.cut(name), recorded(name))
        assert client(cvat.url).frame(task_id=33, frame=0).content == recorded_body(name)
        assert len(cvat.asked) == 3

    def test_and_given_up_in_the_end(self, cvat: Replay) -> None:
        cvat.route("/api/tasks/33/data", self.cut("frame-png-original"))
        with pytest.raises(CvatBroken, match="broke off while sending frame 0 of task 33"):
            client(cvat.url).frame(task_id=33, frame=0)
        assert len(cvat.asked) == 3

    def test_json_cut_short(self, cvat: Replay) -> None:
        name = "task-detail-images"
        cvat.route("/api/tasks/19", replace(self.cut(name), is_gzipped=False), recorded(name))
        assert client(cvat.url).task(19).size == 40

    def test_a_chunk_cut_short_leaves_nothing_of_it(self, cvat: Replay) -> None:
        name = "chunk-job-by-index-jpg-original"
        cvat.route("/api/jobs/41/data", self.cut(name, 3000), recorded(name))
        file = io.BytesIO()
        client(cvat.url).job_chunk(job_id=41, index=0, into=file)
        assert file.getvalue() == recorded_body(name)

    def test_a_chunk_that_is_shorter_than_what_the_file_held(self, cvat: Replay) -> None:
        name = "chunk-job-by-index-jpg-original"
        cvat.route("/api/jobs/41/data", recorded(name))
        file = io.BytesIO(b"x" * 1_000_000)
        client(cvat.url).job_chunk(job_id=41, index=0, into=file)
        assert file.getvalue() == recorded_body(name)

    def test_a_wrong_checksum(self, cvat: Replay) -> None:
        name = "chunk-job-by-index-jpg-original"
        damaged = b"X" + recorded_body(name)[1:]
        cvat.route("/api/jobs/41/data", replace(recorded(name), body=damaged), recorded(name))
        file = io.BytesIO()
        client(cvat.url).job_chunk(job_id=41, index=0, into=file)
        assert file.getvalue() == recorded_body(name)
        cvat.route("/api/jobs/41/data", replace(recorded(name), body=damaged))
        with pytest.raises(CvatBroken, match="damaged"):
            client(cvat.url).job_chunk(job_id=41, index=0, into=file)

    def test_a_chunk_without_checksum_is_taken(self, cvat: Replay) -> None:
        answer = Answer(200, b"PK" * 40, {"content-type": "application/zip"})
        cvat.route("/api/jobs/41/data", answer)
        assert client(cvat.url).job_chunk(job_id=41, index=0, into=io.BytesIO()).length == 80

    def test_an_empty_picture(self, cvat: Replay) -> None:
        cvat.route("/api/tasks/33/data", Answer(200, b"", {"content-type": "image/png"}))
        with pytest.raises(CvatBroken, match="incomplete"):
            client(cvat.url).frame(task_id=33, frame=0)

    def test_gzip_that_is_none(self, cvat: Replay) -> None:
        headers = {"content-type": "image/png", "content-encoding": "gzip"}
        cvat.route("/api/tasks/33/data", Answer(200, b"not gzip at all", headers))
        with pytest.raises(CvatBroken, match="broke off"):
            client(cvat.url).frame(task_id=33, frame=0)


@contextmanager
def listening(behave) -> Iterator[str]:
    """A socket server for what no HTTP server would do; `behave(connection)` for each caller."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection, suppress(OSError):  # the caller may have hung up
                behave(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        ended.set()
        thread.join()
        server.close()


def until_hung_up(connection: socket.socket) -> None:
    """Silence, however long the caller bears it."""
    connection.settimeout(60)
    while connection.recv(4096):
        pass


class TestBrokenServers:
    def test_closes_without_an_answer(self) -> None:
        behave = lambda connection: connection.recv(4096)  # noqa: E731
        with listening(behave) as url, pytest.raises(CvatUnreachable, match="failed or was lost"):
            client(url).whoami()

    @pytest.mark.parametrize(
        "raw",
        [
            b"SSH-2.0-OpenSSH_9.6\r\n",
            b"HTTP/1.1 abc OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
            b"\x00" * 100_000,
        ],
    )
    def test_does_not_speak_http(self, raw: bytes) -> None:
        def behave(connection: socket.socket) -> None:
            connection.recv(4096)
            connection.sendall(raw)

        with listening(behave) as url, pytest.raises(CvatError) as caught:
            client(url).whoami()
        assert len(str(caught.value)) < 300

    def test_chunked_body_cut(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
        calls = []

        def behave(connection: socket.socket) -> None:
            calls.append(connection.recv(4096))
            connection.sendall(head + b"5\r\nhello\r\n")
            if len(calls) > 1:
                connection.sendall(b"0\r\n\r\n")

        with listening(behave) as url:
            assert client(url).frame(task_id=1, frame=0).content == b"hello"
        assert len(calls) == 2

    def test_too_slow(self) -> None:
        asked, clock = [], Clock()

        def behave(connection: socket.socket) -> None:
            asked.append(connection.recv(4096))
            until_hung_up(connection)

        with listening(behave) as url:
            slow = client(
                url, timeout=(5, 0.1), retries=replace(FAST, attempts=2), sleep=clock.sleep
            )
            with pytest.raises(CvatTimeout, match="did not answer in time"):
                slow.whoami()
            assert len(clock.slept) == 1
            eventually(lambda: len(asked) == 2)  # the server may be slower than the client
        assert all(request.startswith(b"GET /api/users/self ") for request in asked)

    def test_too_slow_in_the_middle_of_a_picture(self) -> None:
        def behave(connection: socket.socket) -> None:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            until_hung_up(connection)

        with listening(behave) as url, pytest.raises(CvatTimeout):
            client(url, timeout=(5, 0.1), retries=replace(FAST, attempts=1)).frame(
                task_id=1, frame=0
            )
