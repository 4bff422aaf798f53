"""The version of the portal, shown in the footer, in the API schema and in CHANGELOG.md."""

from __future__ import annotations

from django.http import HttpRequest

VERSION = "1.0.0"


def portal_version(request: HttpRequest) -> dict[str, str]:
    """Context processor: `portal_version` for all templates."""
    return {"portal_version": VERSION}
