"""Limit the threads that slow request bodies can hold, and the bodies of strangers.

gunicorn reads a body in the thread that answers the request, so a client that sends one byte now
and then could hold a thread for ever. Behind a proxy that buffers requests this does nothing.
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

MAX_STRANGER_BYTES = 2**16  # without session and token; a sign-in has some hundred bytes
SPOOL_BYTES = 2**20  # of a body in memory; a larger one goes to a file
BLOCK_BYTES = 2**18
QUICK_SECONDS = 0.25  # for the body of any request to arrive
# Then a few requests get SLOW_SECONDS, plus the time that their length takes at this speed.
SLOW_SECONDS = 10.0
MIN_BYTES_PER_SECOND = 50_000

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
    """WSGI middleware that reads request bodies before the application is called."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._slow = ThreadShare()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if not length:
            return self._application(environ, start_response)
        if length > (
            MAX_STRANGER_BYTES if _is_stranger(environ) else settings.FRAMES_UPLOAD_MAX_SIZE
        ):
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
        """Replace `wsgi.input` by the body, in memory or in a file. Returns 200, 408 or 503."""
        source = environ["wsgi.input"]
        body: IO[bytes] = SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115  (open until answered)
        timed.deadline = time.monotonic() + QUICK_SECONDS
        if not _copy(source, body, length):
            with self._slow.place({"all": most_slow_bodies()}) as may_wait:
                if not may_wait:
                    return HTTPStatus.SERVICE_UNAVAILABLE
                timed.deadline = time.monotonic() + SLOW_SECONDS + length / MIN_BYTES_PER_SECOND
                if not _copy(source, body, length):
                    return HTTPStatus.REQUEST_TIMEOUT
            # After an interrupted read gunicorn would close the connection. Here the body was read
            # to its end, so the connection can serve the next request.
            source.failed = False
        body.seek(0)
        environ["wsgi.input"] = body
        return HTTPStatus.OK


def most_slow_bodies() -> int:
    """An eighth of the threads."""
    return max(1, int(settings.WEB_THREADS) // 8)


def _copy(source: Any, body: IO[bytes], length: int) -> bool:
    """Copy until the end of the body, or until the deadline, which returns False. Bytes after the
    last block stay in the buffers of the web server, so that copying can continue."""
    try:
        while body.tell() < length:
            block = source.read(min(BLOCK_BYTES, length - body.tell()))
            if not block:
                break  # the client has closed the connection; reading the body will fail
            body.write(block)
    except TimeoutError:
        return False
    return True


def _is_stranger(environ: Environ) -> bool:
    has_session = settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", "")
    return not has_session and not environ.get("HTTP_AUTHORIZATION")


def _unreader(environ: Environ) -> Any:
    """The object from which gunicorn reads the body; None with another web server."""
    reader = getattr(environ["wsgi.input"], "reader", None)
    unreader = getattr(reader, "unreader", None)
    return unreader if hasattr(unreader, "sock") else None


def _refuse(
    environ: Environ, start_response: StartResponse, status: HTTPStatus, message: str
) -> list[bytes]:
    """Answer with an error without reading the rest of the body, and close the connection."""
    environ["wsgi.input"].failed = True  # makes gunicorn close the connection
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
