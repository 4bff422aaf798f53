"""HTTP responses with finished archives and lists of frames, for pages and API. A broken download
of an archive can be resumed (Range)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.core.files import File
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, parse_etags, quote_etag

from portal.exceptions import Conflict, NotFinished, NotFound
from selections import frame_list
from selections.models import Archive, ArchivePart, Selection


def send(request: HttpRequest, archive: Archive, *, number: int = 1) -> HttpResponseBase:
    """A part of the archive as a download: whole, a range of it (206), or 304 and 416.

    Raises Conflict when there is no file (yet, or any more) and for a range that may not fit what
    the client has, NotFound for an unknown part.
    """
    if not archive.has_file:
        raise _why_not(archive)
    part = archive.parts.filter(number=number).first()
    if part is None:
        raise NotFound(f"This archive has no part {number}.")
    etag = _etag(request, part)
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        response: HttpResponseBase = unchanged
    else:
        check_range(request, archive)
        response = _answer(request, part, etag)
    response.headers["ETag"] = etag
    if "X-Accel-Redirect" not in response.headers:  # else nginx adds the header
        response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def send_frame_list(selection: Selection, *, is_exact: bool) -> StreamingHttpResponse:
    """The frames of the selection as CSV, see selections.frame_list."""
    name = f"selection_{selection.pk}_frames{'_exact' if is_exact else ''}.csv"
    lines = frame_list.lines([selection], is_exact=is_exact)
    return _list_file(lines, name, "text/csv")


def send_document(selection: Selection) -> StreamingHttpResponse:
    """The selection as JSON, see selections.frame_list."""
    lines = frame_list.document(selection)
    return _list_file(lines, f"selection_{selection.pk}.json", "application/json")


def send_names(selection: Selection) -> StreamingHttpResponse:
    """The file names of the selection, see selections.frame_list."""
    lines = frame_list.names(selection)
    return _list_file(lines, f"selection_{selection.pk}_names.txt", "text/plain")


def _list_file(lines: Iterator[str], name: str, kind: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        lines,
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def etag_of_attempt(archive: Archive) -> str:
    """The ETag of the files of the latest attempt, used while their SHA-256 is not known."""
    return quote_etag(f"attempt-{archive.files_begun}-{archive.claimed_by}")


def range_header(request: HttpRequest) -> str:
    """The Range header, which only GET has (RFC 9110); "" for none."""
    return request.headers.get("Range", "").strip() if request.method == "GET" else ""


def check_range(request: HttpRequest, archive: Archive) -> None:
    """Raise Conflict for a range without an ETag, if the files of the archive were begun several
    times: what the client has already may be of an earlier file with other bytes."""
    etags = parse_etags(request.headers.get("If-Match", ""))
    has_etag = "If-Range" in request.headers or (etags and etags != ["*"])
    if range_header(request) and archive.files_begun > 1 and not has_etag:
        raise Conflict(
            "The building of this archive was begun more than once, so what you have of it may not "
            "fit the rest. Download it again from its beginning, or send the ETag of the answer "
            "that broke off as If-Range."
        )


def _etag(request: HttpRequest, part: ArchivePart) -> str:
    """The SHA-256 of the file. For a client that goes on with a download which began while the
    archive was built, the ETag that it got then."""
    attempt = etag_of_attempt(part.archive)
    etags = [request.headers.get("If-Range"), *parse_etags(request.headers.get("If-Match", ""))]
    return attempt if attempt in etags else quote_etag(part.sha256)


def _why_not(archive: Archive) -> Conflict:
    if archive.is_active:
        return NotFinished("This archive is still being built.")
    if archive.status == Archive.Status.EXPIRED:
        return Conflict("This archive has expired and its file was removed. Build it again.")
    status = archive.get_status_display()
    return Conflict(f"This archive has no file: it {status}. {archive.error}".strip())


class _Range(NamedTuple):
    start: int
    end: int  # inclusive


def _answer(request: HttpRequest, part: ArchivePart, etag: str) -> HttpResponseBase:
    if settings.X_ACCEL_REDIRECT and "If-Match" not in request.headers:
        # nginx sends the file and its ranges, and compares If-Range with the ETag of the response.
        # But it would compare If-Match with an ETag of its own (docs/operations.md).
        path = quote(f"{settings.X_ACCEL_REDIRECT.rstrip('/')}/{part.file.name}")
        return HttpResponse(headers={"X-Accel-Redirect": path, **zip_headers(part.download_name)})
    wanted = _wanted_range(request, part.size, etag)
    if wanted is not None and (wanted.start >= part.size or wanted.start > wanted.end):
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{part.size}"})
    file = _opened(part)
    if wanted is None:
        response, length = FileResponse(file), part.size
    else:
        length = wanted.end - wanted.start + 1
        response = FileResponse(_Slice(file, wanted.start, length), status=206)
        response.headers["Content-Range"] = f"bytes {wanted.start}-{wanted.end}/{part.size}"
    for name, value in (zip_headers(part.download_name) | {"Content-Length": str(length)}).items():
        response.headers[name] = value
    return response


def _opened(part: ArchivePart) -> File[bytes]:
    try:
        return part.file.open("rb")
    except FileNotFoundError:
        error = NotFound("The file of this archive is gone from the portal. Build it again.")
    raise error


def zip_headers(name: str) -> dict[str, str]:
    """The headers that make a browser save the answer as a ZIP of this name."""
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return {"Content-Type": "application/zip", "Content-Disposition": str(disposition)}


def _wanted_range(request: HttpRequest, size: int, etag: str) -> _Range | None:
    """None for the whole file: no range, several ranges, other units, or another file in If-Range
    (RFC 9110)."""
    parsed = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", range_header(request))
    if parsed is None or not (parsed[1] or parsed[2]):
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    if parsed[1]:
        return _Range(int(parsed[1]), min(int(parsed[2]) if parsed[2] else size, size - 1))
    length = int(parsed[2])  # of the end of the file
    return _Range(max(size - length, 0), size - 1) if length else _Range(size, size)


class _Slice:
    """`length` bytes of a file from `start` on. Without fileno(), so that the web server does not
    send the whole file instead."""

    def __init__(self, file: File[bytes], start: int, length: int) -> None:
        self._file = file
        self._remaining = length
        file.seek(start)

    def read(self, size: int = -1) -> bytes:
        content: bytes = self._file.read(
            self._remaining if size < 0 else min(size, self._remaining)
        )
        self._remaining -= len(content)
        return content

    def close(self) -> None:
        self._file.close()
