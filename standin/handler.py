"""One connection: reads requests, sends answers, does the damage that faults ask for."""

from __future__ import annotations

import gzip
import uuid
from http import HTTPStatus
from http.client import responses
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, unquote, urlsplit

from standin.app import respond
from standin.faults import Trouble, damaged, is_chunk
from standin.messages import Answer, Headers, Request, not_found_page
from standin.requestlog import RequestLog, Seen
from standin.site import Site

GZIP_FROM = 200
SMALL = 32 << 10


class Handler(BaseHTTPRequestHandler):
    """Subclasses bind it to a site and a log; `links` replaces the host in absolute links."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 64 << 10
    timeout = 300

    site: Site
    requests: RequestLog
    links = ""

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent: the log of requests serves better."""

    def _serve(self) -> None:
        request = self._read()
        seen = Seen(self.command, request.path, dict(request.query), request.headers)
        self.requests.add(seen)
        target = request.path + ("?" + urlsplit(self.path).query if request.query else "")
        trouble = self.site.faults.trouble(target, self.command)
        if trouble.is_late:
            self._answer(request)  # carried out, and nobody hears of it
        if trouble.hang_up:
            self.close_connection = True
            return
        answer = trouble.answer or self._answer(request)
        if trouble.damage in ("short", "checksum") and (is_chunk(answer) or trouble.targeted):
            answer = damaged(answer, trouble.damage)
        seen.status = answer.status
        self._send(answer, trouble, seen)

    def _answer(self, request: Request) -> Answer:
        prefix = self.site.prefix
        if prefix and not urlsplit(self.path).path.startswith(prefix + "/"):
            return not_found_page()
        return respond(request, self.site)

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        forwarded = self.headers.get("X-Forwarded-For")
        scheme = self.headers.get("X-Forwarded-Proto", "http")
        return Request(
            method=self.command,
            path=unquote(parts.path.removeprefix(self.site.prefix)),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers=Headers(self.headers.items()),
            body=self.rfile.read(length) if length else b"",
            client=forwarded or str(self.client_address[0]),
            base=self.links or f"{scheme}://{self.headers.get('Host', 'localhost')}",
        )

    def _send(self, answer: Answer, trouble: Trouble, seen: Seen) -> None:
        headers = [("X-Request-Id", str(uuid.uuid4()))]
        if answer.content_type is not None:
            headers.append(("Content-Type", answer.content_type))
        body = answer.body
        packed = self._packed(answer)
        if packed is not None:
            body = packed
            headers.append(("Content-Encoding", "gzip"))
        if answer.status != HTTPStatus.NO_CONTENT or body:
            headers.append(("Vary", "Accept, Accept-Encoding, Origin, Cookie"))
        headers.append(("Content-Length", str(len(body))))
        head = self._head(answer.status, headers + answer.headers)
        if self.command == "HEAD":
            body = b""
        if trouble.damage == "cut":
            body = body[: len(body) // 2]
            self.close_connection = True
        self._write(head, body, seen)

    def _packed(self, answer: Answer) -> bytes | None:
        """cvat-api 2.5: from 200 bytes on, if offered and shorter, binary bodies included."""
        if len(answer.body) < GZIP_FROM or "gzip" not in self.headers.get("Accept-Encoding", ""):
            return None
        if is_chunk(answer):
            self.site.costs.spend(self.site.costs.chunk_gzip)
        packed = gzip.compress(answer.body, compresslevel=1, mtime=0)
        return packed if len(packed) < len(answer.body) else None

    def _head(self, status: int, headers: list[tuple[str, str]]) -> bytes:
        lines = [f"HTTP/1.1 {status} {responses.get(status, 'Unknown')}"]
        lines.append(f"Date: {self.date_time_string()}")
        lines.append("Server: uvicorn")
        lines.extend(f"{name}: {value}" for name, value in headers)
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def _write(self, head: bytes, body: bytes, seen: Seen) -> None:
        """Counts before it sends: who has got the answer finds it in the log."""

        def write(piece: memoryview) -> None:
            seen.sent += len(piece)
            self.connection.sendall(piece)

        costs = self.site.costs
        if len(body) <= SMALL and costs.bandwidth <= 0:
            seen.sent = len(body)
            self.connection.sendall(head + body)
            return
        self.connection.sendall(head)
        costs.send(write, body)
