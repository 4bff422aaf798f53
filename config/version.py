"""The version of the portal: in the foot of the pages, in the API schema and in CHANGELOG.md."""

from __future__ import annotations

from django.http import HttpRequest

VERSION = "1.0.0"


def portal_version(request: HttpRequest) -> dict[str, str]:
    """The context processor that lets every template say `portal_version`."""
    return {"portal_version": VERSION}
