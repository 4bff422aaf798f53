"""A small HTTP server on loopback that answers what a test tells it to, mostly recordings of a
real CVAT (tests/recorded.py), and remembers what it was asked."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from cvat.client import CvatClient
from cvat.retries import INTERACTIVE
from cvat.types import Credential, CredentialKind
from tests.recorded import recording

CVAT_JSON = "application/vnd.cvat+json"
REPLAYED_HEADERS = (
    "content-type",
    "x-checksum",
    "x-updated-date",
    "x-request-id",
    "retry-after",
    "www-authenticate",
)

# As patient as a page, and as quick as a test has to be.
FAST = replace(INTERACTIVE, backoff=0.01, longest_wait=0.05)
TOKEN = Credential(CredentialKind.ACCESS_TOKEN, "abcdefgh.secret")


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_gzipped: bool = False
    cut_after: int | None = None  # bytes sent before the connection is closed


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def json_answer(body: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(body).encode(), {"content-type": CVAT_JSON, **headers})


def html_answer(status: int, text: str = "<html><body>Server Error (500)</body></html>") -> Answer:
    return Answer(status, text.encode(), {"content-type": "text/html; charset=utf-8"})


def recorded_body(name: str) -> bytes:
    return recording(name).content()


def recorded(name: str) -> Answer:
    """The recorded answer, gzipped if it was."""
    found = recording(name)
    headers = {k: v for k, v in found.response_headers.items() if k in REPLAYED_HEADERS}
    cookies = found.response_headers.get("set-cookie")
    if cookies:
        headers["set-cookie"] = cookies
    is_gzipped = found.response_headers.get("content-encoding") == "gzip"
    return Answer(found.status, found.content(), headers, is_gzipped)


def path_of(name: str) -> str:
    return recording(name).path


class Replay:
    """`url` is its address. Routes answer in the order they were given; the last one repeats."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.asked: list[Asked] = []
        self._routes: dict[tuple[str, str, frozenset[tuple[str, str]]], list[Answer]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.handle_error = lambda *args: None  # a client that hangs up early is meant
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self._server.server_port}{self.prefix}"

    @property
    def url(self) -> str:
        return f"http://{self.place}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def route(self, path: str, *answers: Answer, method: str = "GET", **query: str | int) -> None:
        wanted = frozenset((key, str(value)) for key, value in query.items())
        self._routes[method, self.prefix + path, wanted] = list(answers)

    def replay(self, *names: str) -> None:
        """Each recording at its own method and path; those of one path one after another."""
        for name in names:
            found = recording(name)
            key = (found.method, self.prefix + found.path, frozenset[tuple[str, str]]())
            self._routes.setdefault(key, []).append(recorded(name))

    def asked_for(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == self.prefix + path]

    def _answer(self, asked: Asked) -> Answer:
        query = set(asked.query.items())
        with self._lock:
            self.asked.append(asked)
            fitting = [
                key
                for key in self._routes
                if key[:2] == (asked.method, asked.path) and key[2] <= query
            ]
            if not fitting:
                return html_answer(404, "<h1>Not Found</h1>")
            answers = self._routes[max(fitting, key=lambda key: len(key[2]))]
            return answers.pop(0) if len(answers) > 1 else answers[0]

    def _handler(replay) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                asked = Asked(
                    self.command,
                    unquote(parts.path),
                    dict(parse_qsl(parts.query)),
                    {key.lower(): value for key, value in self.headers.items()},
                    self.rfile.read(length),
                )
                self.send(replay._answer(asked), asked)

            do_GET = do_POST = do_DELETE = do_PATCH = do_PUT = do_HEAD = handle_any

            def send(self, answer: Answer, asked: Asked) -> None:
                body = answer.body
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    for line in value.split("\n"):
                        self.send_header(name, line)
                if answer.is_gzipped and "gzip" in asked.headers.get("accept-encoding", ""):
                    body = gzip.compress(body)
                    self.send_header("Content-Encoding", "gzip")
                if "content-length" not in answer.headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: answer.cut_after])
                if answer.cut_after is not None:
                    self.close_connection = True

            def log_message(self, *args: object) -> None:
                pass

        return Handler


def client(cvat: Replay, organization: str = "") -> CvatClient:
    return CvatClient(url=cvat.url, credential=TOKEN, organization=organization, retries=FAST)
