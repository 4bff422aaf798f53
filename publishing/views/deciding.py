"""What the pages share on which a selection is sent to CVAT."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cvat.exceptions import CvatError
from portal.exceptions import PortalError, http_status, retry_headers
from publishing.change import Change
from selections.models import Selection


def shown(changes: Iterable[Change]) -> list[tuple[Change, str]]:
    """Each request, with its body as text."""
    return [(change, json.dumps(change.body) if change.body else "") for change in changes]


def refused(
    request: HttpRequest, template: str, selection: Selection, error: PortalError | CvatError
) -> HttpResponse:
    """The page without a form, with the reason."""
    context = {"selection": selection, "reason": str(error)}
    response = render(request, template, context, status=http_status(error))
    for name, value in retry_headers(error).items():
        response[name] = value
    return response
