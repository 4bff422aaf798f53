"""What the pages share on which a selection is sent to CVAT: look, decide, send."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cvat.exceptions import CvatError
from portal.exceptions import PortalError, http_status, retry_headers
from portal.signed_in import SignedInRequest
from publishing.change import Change
from publishing.models import Publication, WritePermission
from publishing.services import GroundTruthCheck, IssuesCheck, NewTaskCheck
from selections.models import Selection

Check: TypeAlias = GroundTruthCheck | IssuesCheck | NewTaskCheck


def deciding_page(
    request: SignedInRequest,
    template: str,
    selection: Selection,
    check: Check,
    form: forms.Form,
    *,
    planned: Iterable[Change] = (),
    status: int = 200,
) -> HttpResponse:
    """What the selection would become, and the form; with `planned`, the requests that would be
    sent, each with its body as text."""
    context = {
        "selection": selection,
        "check": check,
        "form": form,
        "returns_to_form": True,
        "permission": WritePermission.objects.of(check.connection),
        "planned": [(change, change.body_text) for change in planned],
        # A query that the page of a ground-truth job never asks.
        "earlier": Publication.objects.tasks_of(selection, request.user),
    }
    return render(request, template, context, status=status)


def refused_page(
    request: HttpRequest, template: str, selection: Selection, error: PortalError | CvatError
) -> HttpResponse:
    """The page without a form, with the reason."""
    context = {"selection": selection, "reason": str(error)}
    response = render(request, template, context, status=http_status(error))
    for name, value in retry_headers(error).items():
        response[name] = value
    return response
