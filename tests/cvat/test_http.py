"""What is sent and what never is: headers, credentials, sub-paths; secrets stay out of logs."""

from __future__ import annotations

import io
import logging
import threading
import traceback
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from cvat.exceptions import CvatError, CvatUnauthorized, CvatUnreachable
from cvat.types import Credential, CredentialKind
from tests.cvat.http_clients import ME, SECRET, TOKEN, client
from tests.cvat.replaying import Answer, Replay, html_answer, json_answer, recorded


class TestHeaders:
    @pytest.mark.parametrize(
        ("kind", "scheme"),
        [(CredentialKind.ACCESS_TOKEN, "Bearer"), (CredentialKind.LOGIN_TOKEN, "Token")],
    )
    def test_scheme(self, cvat: Replay, kind: CredentialKind, scheme: str) -> None:
        cvat.replay("users-self")
        client(cvat.url, credential=Credential(kind, " abc\n")).whoami()
        assert cvat.asked[0].headers["authorization"] == f"{scheme} abc"

    def test_accept_anything(self, cvat: Replay) -> None:
        cvat.replay("users-self")
        client(cvat.url).whoami()
        assert cvat.asked[0].headers["accept"] == "*/*"
        assert cvat.asked[0].headers["user-agent"] == "cvat-image-selector"
        assert "gzip" in cvat.asked[0].headers["accept-encoding"]

    def test_no_compression_of_pictures(self, cvat: Replay) -> None:
        cvat.replay("frame-jpg-original", "chunk-job-by-index-jpg-original", "preview-task")
        c = client(cvat.url)
        c.frame(task_id=19, frame=5)
        c.job_chunk(job_id=41, index=0, into=io.BytesIO())
        c.preview(task_id=19)
        assert {asked.headers["accept-encoding"] for asked in cvat.asked} == {"identity"}

    @pytest.mark.parametrize("value", ["", "two words", "a\nb", "tökén", "a\x00b"])
    def test_a_token_that_is_none_never_leaves(self, cvat: Replay, value: str) -> None:
        with pytest.raises(CvatUnauthorized, match="not an access token") as caught:
            client(cvat.url, credential=Credential(CredentialKind.ACCESS_TOKEN, value))
        assert not value or value not in str(caught.value)


class TestNothingLeaksIn:
    def test_netrc_is_not_read(
        self, cvat: Replay, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login mallory password wrong\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        cvat.replay("server-about-anonymous", "users-self")
        # The file does work: without our own auth, requests would send what is in it.
        requests.get(f"{cvat.url}/api/server/about", timeout=5)
        assert cvat.asked.pop().headers["authorization"].startswith("Basic ")
        client(cvat.url, credential=None).server_version()
        client(cvat.url).whoami()
        assert "authorization" not in cvat.asked[0].headers
        assert cvat.asked[1].headers["authorization"] == f"Bearer {SECRET}"

    def test_cookies_are_not_kept(self, cvat: Replay) -> None:
        answer = json_answer(ME, **{"set-cookie": "sessionid=abc; Path=/\ncsrftoken=def; Path=/"})
        cvat.route("/api/users/self", answer)
        session = requests.Session()
        for _ in range(2):
            session.get(f"{cvat.url}/api/users/self", timeout=5)
        assert "cookie" in cvat.asked[-1].headers  # the answer does set them
        cvat.asked.clear()
        with client(cvat.url) as c:
            c.whoami()
            c.whoami()
        assert not [asked for asked in cvat.asked if "cookie" in asked.headers]


class TestSubPath:
    @pytest.mark.parametrize("ending", ["", "/"])
    def test_below_a_path(self, ending: str) -> None:
        with Replay(prefix="/tools/cvat") as cvat:
            cvat.replay("users-self")
            cvat.route("/api/jobs", recorded("jobs-list-page-1"), page=1)
            cvat.route("/api/jobs", recorded("jobs-list-page-3"), page=2)
            c = client(cvat.url + ending)
            assert c.whoami().username == "alice"
            # `next` names https://cvat.example.com: not followed.
            assert len(c.jobs(19)) == 3

    def test_errors_name_it(self) -> None:
        with Replay(prefix="/tools/cvat") as cvat:
            cvat.replay("task-not-found-404")
            with pytest.raises(CvatError) as caught:
                client(cvat.url).task(999999)
            assert cvat.place in str(caught.value)
            assert cvat.place.endswith("/tools/cvat")


class TestSecretsStay:
    def everything_said(self, error: BaseException) -> str:
        """The traceback and every exception that hangs on this one, even a suppressed one."""
        said = ["".join(traceback.format_exception(error))]
        pending: list[BaseException | None] = [error.__cause__, error.__context__]
        while pending:
            cause = pending.pop()
            if cause is not None:
                said.append(repr(cause) + repr(vars(cause)))
                pending += [cause.__cause__, cause.__context__]
        return "\n".join(said)

    @pytest.mark.parametrize(
        "answer",
        [
            json_answer({"detail": "Invalid token."}, 401),
            html_answer(500),
            Answer(200, b"{", {"content-type": "application/json"}),
            Answer(200, b"", {"content-length": "9", "content-type": "application/json"}),
            Answer(302, headers={"location": "https://x/"}),
        ],
    )
    def test_in_no_error_and_no_log(
        self, cvat: Replay, answer: Answer, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        cvat.route("/api/users/self", replace(answer, cut_after=100))
        c = client(cvat.url)
        with pytest.raises(CvatError) as caught:
            c.whoami()
        assert caught.value.__context__ is None
        assert SECRET not in self.everything_said(caught.value)
        assert SECRET not in caplog.text
        assert SECRET not in repr(c) + repr(TOKEN) + repr(c._http) + repr(vars(c._http))

    def test_not_when_unreachable(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        with pytest.raises(CvatUnreachable) as caught:
            client("http://127.0.0.1:1").whoami()
        assert SECRET not in self.everything_said(caught.value) + caplog.text


def test_the_log_names_the_request(cvat: Replay, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="cvat")
    cvat.replay("users-self")
    client(cvat.url).whoami()
    request_id = recorded("users-self").headers["x-request-id"]
    assert "GET /api/users/self 200" in caplog.text
    assert request_id in caplog.text


def test_many_threads_share_one_client(cvat: Replay) -> None:
    cvat.replay("users-self")
    found = []
    with client(cvat.url) as c:
        threads = [threading.Thread(target=lambda: found.append(c.whoami())) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 30
