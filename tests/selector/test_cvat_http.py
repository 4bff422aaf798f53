"""The conversation itself: headers, credentials, retries, cuts, redirects, certificates, logs."""

from __future__ import annotations

import io
import ipaddress
import logging
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from selector.cvat.client import CvatClient
from selector.cvat.exceptions import (
    CvatBroken,
    CvatError,
    CvatTimeout,
    CvatUnauthorized,
    CvatUnreachable,
)
from selector.cvat.http import INTERACTIVE, PATIENT, Retries
from selector.cvat.types import Credential, CredentialKind
from tests.selector.replaying import (
    FAST,
    Answer,
    Replay,
    html_answer,
    json_answer,
    recorded,
    recorded_body,
)

SECRET = "s3cr3t-value"
TOKEN = Credential(CredentialKind.ACCESS_TOKEN, SECRET)
ME = {"id": 2, "username": "alice"}


@pytest.fixture
def cvat() -> Iterator[Replay]:
    with Replay() as replay:
        yield replay


def client(
    url: str,
    *,
    credential: Credential | None = TOKEN,
    retries: Retries = FAST,
    timeout: tuple[float, float] = (5, 70),
    verify: bool | str = True,
) -> CvatClient:
    return CvatClient(
        url=url, credential=credential, retries=retries, timeout=timeout, verify=verify
    )


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
        with pytest.raises(CvatUnauthorized, match="copy it again") as caught:
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


class TestRetries:
    @pytest.mark.parametrize("status", [429, 502, 503, 504])
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
        with pytest.raises(CvatBroken, match="failed on frame 0 of task 45"):
            client(cvat.url).frame(task_id=45, frame=0)
        assert [asked.path for asked in cvat.asked].count("/api/tasks/45/data") == 2

    def test_500_for_everything_passes_like_503(self, cvat: Replay) -> None:
        """As while the policy engine is away (api-facts 10)."""
        cvat.route("/api/tasks/45/data", recorded("frame-task-without-data-500"))
        cvat.route("/api/users/self", html_answer(500))
        with pytest.raises(CvatBroken, match="failed on frame 0 of task 45"):
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
        patient = replace(FAST, longest_wait=3.0)
        busy = Answer(429, headers={"retry-after": "1"})
        cvat.route("/api/users/self", busy, json_answer(ME))
        started = time.monotonic()
        client(cvat.url, retries=patient).whoami()
        assert 1.0 <= time.monotonic() - started < 3.0

    def test_a_long_one_is_told_instead(self, cvat: Replay) -> None:
        cvat.replay("frame-chunk-not-ready-429")
        started = time.monotonic()
        asked_for = cvat.url
        path = next(iter(cvat._routes))[1]
        with pytest.raises(CvatTimeout, match="try again in 10 seconds"):
            client(asked_for).frame(task_id=int(path.split("/")[3]), frame=0)
        assert len(cvat.asked) == 1
        assert time.monotonic() - started < 2

    @pytest.mark.parametrize("value", ["soon", "", "-5", "1e999", "nan", "9" * 5000])
    def test_a_nonsensical_retry_after(self, cvat: Replay, value: str) -> None:
        busy = Answer(503, headers={"retry-after": value})
        cvat.route("/api/users/self", busy, json_answer(ME))
        assert client(cvat.url).whoami().id == 2

    def test_a_date_as_retry_after(self, cvat: Replay) -> None:
        busy = Answer(503, headers={"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"})
        cvat.route("/api/users/self", busy, json_answer(ME))
        assert client(cvat.url).whoami().id == 2

    def test_time_is_bounded_as_well(self, cvat: Replay) -> None:
        cvat.route("/api/users/self", html_answer(503))
        with pytest.raises(CvatBroken):
            client(cvat.url, retries=replace(FAST, attempts=100, give_up_after=0.1)).whoami()
        assert 2 <= len(cvat.asked) < 30

    def test_pages_give_up_before_workers(self) -> None:
        assert INTERACTIVE.attempts < PATIENT.attempts
        assert INTERACTIVE.longest_wait * INTERACTIVE.attempts <= 6
        assert PATIENT.longest_wait > 59  # the throttle of CVAT
        with CvatClient(url="http://h", credential=None) as page:
            assert page._http._retries is INTERACTIVE
        with CvatClient(url="http://h", credential=None, patient=True) as worker:
            assert worker._http._retries is PATIENT
            assert worker._http._timeout[1] > 60


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
            with connection:
                behave(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        ended.set()
        thread.join()
        server.close()


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
        asked = []

        def behave(connection: socket.socket) -> None:
            asked.append(connection.recv(4096))
            time.sleep(0.3)

        with listening(behave) as url, pytest.raises(CvatTimeout, match="did not answer in time"):
            client(url, timeout=(1, 0.1), retries=replace(FAST, attempts=2)).whoami()
        assert len(asked) >= 1

    def test_too_slow_in_the_middle_of_a_picture(self) -> None:
        def behave(connection: socket.socket) -> None:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            time.sleep(0.3)

        with listening(behave) as url, pytest.raises(CvatTimeout):
            client(url, timeout=(1, 0.1), retries=replace(FAST, attempts=1)).frame(
                task_id=1, frame=0
            )


class TestUnreachable:
    def test_nothing_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with pytest.raises(CvatUnreachable, match="connection refused"):
            client(f"http://127.0.0.1:{port}").whoami()

    def test_no_such_host(self) -> None:
        with pytest.raises(CvatUnreachable, match=r"No host is called cvat\.invalid"):
            client("http://cvat.invalid").whoami()

    @pytest.mark.parametrize(
        "url", ["http://" + "a" * 70 + ".example", "ftp://host", "http://[::1", "nonsense", ""]
    )
    def test_unusable_addresses(self, url: str) -> None:
        with pytest.raises(CvatUnreachable):
            client(url).whoami()

    def test_proxy_down(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        monkeypatch.setenv("http_proxy", f"http://user:{SECRET}@127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with pytest.raises(CvatUnreachable, match="proxy") as caught:
            client("http://cvat.example.com").whoami()
        assert SECRET not in str(caught.value)


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_to_https_is_named_not_followed(self, cvat: Replay, status: int) -> None:
        location = "https://cvat.example.com/api/users/self?next=1"
        cvat.route("/api/users/self", Answer(status, headers={"location": location}))
        with pytest.raises(CvatUnreachable) as caught:
            client(cvat.url).whoami()
        assert "https://cvat.example.com: use that address instead" in str(caught.value)
        assert len(cvat.asked) == 1

    def test_to_a_sub_path(self, cvat: Replay) -> None:
        answer = Answer(302, headers={"location": "/cvat/api/users/self"})
        cvat.route("/api/users/self", answer)
        with pytest.raises(CvatUnreachable, match=f"{cvat.url}/cvat: use that"):
            client(cvat.url).whoami()

    @pytest.mark.parametrize(
        "location",
        ["/login?next=%2Fapi", "https://sso.example.com/oauth2/authorize?state=x", "", "::", "//["],
    )
    def test_to_a_sign_in_page(self, cvat: Replay, location: str) -> None:
        cvat.route("/api/users/self", Answer(302, headers={"location": location}))
        with pytest.raises(CvatUnreachable) as caught:
            client(cvat.url).whoami()
        assert "check the address" in str(caught.value)
        assert "state=" not in str(caught.value)


@contextmanager
def https_server(folder: Path, host: str) -> Iterator[tuple[str, Path]]:
    """A server with a certificate of its own making, for `host`; its address and certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(host)]
    if host == "127.0.0.1":
        names = [x509.IPAddress(ipaddress.ip_address(host))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with Replay() as cvat:
        cvat.replay("users-self")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, key_pem)
        server: ThreadingHTTPServer = cvat._server
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield f"https://{cvat.place}", pem


class TestCertificates:
    def test_self_signed(self, tmp_path: Path) -> None:
        with https_server(tmp_path, "127.0.0.1") as (url, _):
            started = time.monotonic()
            with pytest.raises(CvatUnreachable, match=r"certificate of .* is not trusted") as e:
                client(url, retries=replace(FAST, backoff=2, longest_wait=9)).whoami()
            assert "self-signed" in str(e.value).replace("self signed", "self-signed")
            assert time.monotonic() - started < 1.5  # trying again would not help

    def test_trusted_by_name_of_a_bundle(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with https_server(tmp_path, "127.0.0.1") as (url, pem):
            assert client(url, verify=str(pem)).whoami().username == "alice"
            assert client(url, verify=False).whoami().username == "alice"
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
            assert client(url, verify=str(pem)).whoami().username == "alice"

    def test_made_for_another_host(self, tmp_path: Path) -> None:
        text = r"is not trusted \(.*mismatch"
        with (
            https_server(tmp_path, "other.example") as (url, pem),
            pytest.raises(CvatUnreachable, match=text),
        ):
            client(url, verify=str(pem)).whoami()

    def test_https_to_a_plain_port(self, cvat: Replay) -> None:
        with pytest.raises(CvatUnreachable, match="try http://"):
            client(cvat.url.replace("http:", "https:")).whoami()


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
    caplog.set_level(logging.DEBUG, logger="selector.cvat")
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
