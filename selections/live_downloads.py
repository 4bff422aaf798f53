"""HTTP responses with archives that are still being built, for pages and API. Each holds a thread
of the web server until the build ends, so that there are only a few at a time."""

from __future__ import annotations

import errno
import logging
import re
import socket
from contextlib import ExitStack, closing
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response

from portal.exceptions import Busy, Conflict, NotFound
from portal.hanging_up import has_hung_up
from portal.thread_share import slow_work, slow_work_limits
from selections import downloads
from selections.archives.following import Broken, Follower, NotVisible
from selections.models import Archive

logger = logging.getLogger(__name__)

FIRST_BYTE_SECONDS = 20.0  # to wait for it, below the limits of proxies
SEND_SECONDS = 60.0  # for the client to take a piece of the file
# In Content-Range, where the end is not known yet (RFC 8673).
UNKNOWN_END = 2**53 - 1
COOKIE_SECONDS = 60  # for the page to see it
WAIT_FOR_IT = "Wait until it is ready, then download it."
NOTHING_YET = f"This archive has nothing to be sent yet. {WAIT_FOR_IT}"


def follow(request: HttpRequest, archive: Archive, *, number: int = 1) -> HttpResponseBase:
    """A part of the archive while it is built: whole, or from a position on (206). If the build
    does not end well, the transfer breaks off. Once the build has ended, the answer of
    `downloads.send`. With the cookie that tells a page that its download has begun.

    Raises Conflict where this cannot be done, Busy when there is nothing to send yet and when
    enough others are sent at the moment.
    """
    response = _answer(request, archive, number)
    if request.method == "GET" and response.status_code in (200, 206):
        response.set_cookie(
            f"following-{archive.pk}",
            "begun",
            max_age=COOKIE_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
    return response


def _answer(request: HttpRequest, archive: Archive, number: int) -> HttpResponseBase:
    if not archive.is_active:
        return downloads.send(request, archive, number=number)
    _check_protocol(request)
    if request.method == "HEAD" and archive.status == Archive.Status.QUEUED:
        raise Busy(NOTHING_YET)
    limits = _limits(archive)
    if not limits["following"]:
        raise Conflict(
            f"This portal has too few threads to send unfinished archives. {WAIT_FOR_IT}"
        )
    with ExitStack() as held:
        if not held.enter_context(slow_work.place(limits, may_wait=False)):
            raise Busy(
                f"As many archives are sent while they are built as can be at a time. {WAIT_FOR_IT}"
            )
        wanted = _wanted_range(request)
        follower = Follower(
            archive,
            number=number,
            start=wanted.start,
            stop=wanted.stop,
            is_wanted=lambda: not has_hung_up(request),
        )
        held.enter_context(closing(follower))
        if not _begin(follower):
            return downloads.send(request, archive, number=number)
        # Of the row as the follower has read it, with the file that it has opened.
        refused = get_conditional_response(request, etag=downloads.etag_of_attempt(archive))
        if refused is not None:
            return refused
        downloads.check_range(request, archive)
        if request.method == "HEAD":
            return _described(StreamingHttpResponse(()), archive, number, wanted)
        # The response closes the transfer, which gives back what is held.
        transfer = _Transfer(follower, held.pop_all(), request.META.get("gunicorn.socket"))
        return _described(StreamingHttpResponse(transfer), archive, number, wanted)


class _Span(NamedTuple):
    """What is sent of the file; without `stop` it is no range."""

    start: int = 0
    stop: int | None = None  # after the last byte


def _check_protocol(request: HttpRequest) -> None:
    """Over HTTP/1.0 a transfer that breaks off looks like one that has ended."""
    if request.META.get("SERVER_PROTOCOL") == "HTTP/1.0":
        raise Conflict(
            "An archive that is still being built can be sent over HTTP/1.1 only, and this request "
            f"came over HTTP/1.0, perhaps from a proxy in front of the portal. {WAIT_FOR_IT}"
        )


def _limits(archive: Archive) -> dict[str, int]:
    """Some of the threads for slow work; none where there are fewer than four."""
    most = settings.WEB_THREADS // 4
    return slow_work_limits() | {
        "following": most,
        f"following of person {archive.requested_by_id}": max(1, most // 2),
    }


def _begin(follower: Follower) -> bool:
    """Wait for the first byte. False when the build has ended meanwhile."""
    try:
        has_begun = follower.begin(FIRST_BYTE_SECONDS)
    except NotVisible:
        raise Conflict(
            "This web server does not see the file of the archive while it is built, so it cannot "
            f"send it before it is finished. {WAIT_FOR_IT}"
        ) from None
    except Broken:
        raise NotFound("This archive was deleted.") from None
    if not has_begun:
        raise Busy(NOTHING_YET)
    return follower.archive.is_active


def _wanted_range(request: HttpRequest) -> _Span:
    """The whole file, unless one range is wanted that begins at a position.

    With If-Range always the whole: a browser that goes on with a download sends it, and does not
    take a range whose end is not known. Once the file is finished it gets its range.
    """
    parsed = re.fullmatch(r"bytes=(\d{1,18})-(\d{0,18})", downloads.range_header(request))
    if parsed is None or "If-Range" in request.headers:
        return _Span()
    start, last = int(parsed[1]), int(parsed[2] or UNKNOWN_END)
    return _Span(start, last + 1) if start <= last else _Span()


def _described(
    response: HttpResponseBase, archive: Archive, number: int, wanted: _Span
) -> HttpResponseBase:
    """With its headers, and the status 206 for a range."""
    if wanted.stop is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/*"
    suffix = "" if archive.get_options().makes_one_file else f"_part{number}"
    for name, value in downloads.zip_headers(f"{archive.base_name}{suffix}.zip").items():
        response.headers[name] = value
    response.headers["ETag"] = downloads.etag_of_attempt(archive)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would fill its disk with the archive
    return response


class _Transfer:
    """The pieces of the file, as the web server sends them."""

    def __init__(self, follower: Follower, held: ExitStack, connection: object) -> None:
        self._follower = follower
        self._held = held
        self._connection = connection if isinstance(connection, socket.socket) else None

    def __iter__(self) -> _Transfer:
        return self

    def __next__(self) -> bytes:
        self._limit_sending(None)  # has_hung_up expects a blocking socket
        try:
            return next(self._follower)
        except Broken as error:
            logger.info("archive %s is not sent to its end: %s", self._follower.archive.pk, error)
            # For gunicorn the client is gone: it closes the connection without the last chunk.
            raise ConnectionResetError(errno.ECONNRESET, str(error)) from error
        finally:
            self._limit_sending(SEND_SECONDS)  # a client that does not read gives its thread back

    def close(self) -> None:
        self._held.close()

    def _limit_sending(self, seconds: float | None) -> None:
        if self._connection is not None:
            self._connection.settimeout(seconds)
