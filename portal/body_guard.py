"""Request bodies that arrive slowly hold few threads, and large ones of strangers none.

Behind a proxy that buffers requests all of this is idle. Without one, a client that sends a byte
now and then would hold a thread of the web server for as long as it likes: gunicorn reads bodies in
the thread that answers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings

from portal.thread_share import ThreadShare

STRANGERS_MOST = 2**16  # bytes of a request without session and token: a sign-in has some hundred
SPOOL = 2**20  # bytes in memory; beyond them a body goes to a file
PIECE = 2**18
AT_ONCE = 0.25  # seconds in which the body of any request may arrive
# Beyond that, one of few may take so long, and in addition as its length takes at SLOWEST.
GRACE = 10.0
SLOWEST = 50_000  # bytes per second

TOO_LARGE = "The request is too large: sign in first, or send fewer frames at once."
TOO_SLOW = "The request did not arrive in time. Try again over a faster connection."
BUSY = "Other requests arrive slowly, and no more can be waited for. Try again in a few seconds."

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class _TimedSocket:
    """A socket that receives until a deadline."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.deadline = time.monotonic()

    def recv(self, size: int) -> bytes:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the request body takes too long")
        self._connection.settimeout(remaining)
        try:
            received: bytes = self._connection.recv(size)
            return received
        finally:
            self._connection.settimeout(None)


class BodyGuard:
    """A WSGI application around another one, which finds request bodies read already."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._slow = ThreadShare()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if not length:
            return self._application(environ, start_response)
        if length > (STRANGERS_MOST if _is_stranger(environ) else settings.FRAMES_UPLOAD_MAX_SIZE):
            return _refuse(environ, start_response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE)
        unreader = _unreader(environ)
        if unreader is None:  # another web server than gunicorn
            return self._application(environ, start_response)
        connection, timed = unreader.sock, _TimedSocket(unreader.sock)
        unreader.sock = timed
        try:
            status = self._read(environ, length, timed)
        finally:
            unreader.sock = connection
        if status is HTTPStatus.OK:
            return self._application(environ, start_response)
        message = BUSY if status is HTTPStatus.SERVICE_UNAVAILABLE else TOO_SLOW
        return _refuse(environ, start_response, status, message)

    def _read(self, environ: Environ, length: int, timed: _TimedSocket) -> HTTPStatus:
        """Puts the body into the place of `wsgi.input`, a large one in a file."""
        source = environ["wsgi.input"]
        body: IO[bytes] = SpooledTemporaryFile(SPOOL)  # noqa: SIM115  (open until answered)
        timed.deadline = time.monotonic() + AT_ONCE
        if not _copied(source, body, length):
            with self._slow.place({"all": max(1, settings.WEB_THREADS // 8)}) as may_wait:
                if not may_wait:
                    return HTTPStatus.SERVICE_UNAVAILABLE
                timed.deadline = time.monotonic() + GRACE + length / SLOWEST
                if not _copied(source, body, length):
                    return HTTPStatus.REQUEST_TIMEOUT
            # gunicorn closes a connection on which reading was interrupted once. Here reading went
            # on to the end of the body: the next request on the connection is found.
            source.failed = False
        body.seek(0)
        environ["wsgi.input"] = body
        return HTTPStatus.OK


def _copied(source: Any, body: IO[bytes], length: int) -> bool:
    """False when the deadline has passed before the end; what came since the last piece stays in
    the buffers of the web server, so that copying can go on."""
    try:
        while body.tell() < length:
            piece = source.read(min(PIECE, length - body.tell()))
            if not piece:
                break  # the client has closed: whoever reads the body complains
            body.write(piece)
    except TimeoutError:
        return False
    return True


def _is_stranger(environ: Environ) -> bool:
    has_session = settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", "")
    return not has_session and not environ.get("HTTP_AUTHORIZATION")


def _unreader(environ: Environ) -> Any:
    """What gunicorn reads the body of this request through; None elsewhere."""
    reader = getattr(environ["wsgi.input"], "reader", None)
    unreader = getattr(reader, "unreader", None)
    return unreader if hasattr(unreader, "sock") else None


def _refuse(
    environ: Environ, start_response: StartResponse, status: HTTPStatus, message: str
) -> list[bytes]:
    """An answer that does not wait for the rest of the body: the connection is closed."""
    environ["wsgi.input"].failed = True  # gunicorn's word for: the next request cannot be found
    is_api = environ.get("PATH_INFO", "").startswith("/api/")
    code = {413: "too_large", 408: "too_slow", 503: "busy"}[status]
    text = json.dumps({"detail": message, "code": code}) if is_api else message
    body = text.encode()
    headers = [
        ("Content-Type", "application/json" if is_api else "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
    ]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", "5"))
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
