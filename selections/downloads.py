"""Sends a finished archive; the one way for pages and API."""

from __future__ import annotations

from django.http import FileResponse

from selections.models import Archive
from selector.exceptions import Conflict


def send(archive: Archive) -> FileResponse:
    """The ZIP under its own name. Raises Conflict when there is none (yet, or any more)."""
    if not archive.has_file:
        raise Conflict(_why_not(archive))
    response = FileResponse(
        archive.file.open("rb"),
        as_attachment=True,
        filename=archive.download_name,
        content_type="application/zip",
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _why_not(archive: Archive) -> str:
    if archive.is_active:
        return "This archive is still being built."
    if archive.status == Archive.Status.EXPIRED:
        return "This archive has expired and its file was removed. Build it again."
    return f"This archive has no file: it {archive.get_status_display()}. {archive.error}".strip()
