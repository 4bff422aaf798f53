"""What the pages share on which a selection is sent to CVAT: look, decide, send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

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
    """What the selection would become, and the form; see form_page()."""
    context = {
        "selection": selection,
        # A query that the page of a ground-truth job never asks.
        "earlier": Publication.objects.tasks_of(selection, request.user),
    }
    return form_page(request, template, context, check, form, planned=planned, status=status)


def form_page(
    request: SignedInRequest,
    template: str,
    context: Mapping[str, Any],
    check: Check,
    form: forms.Form,
    *,
    planned: Iterable[Change] = (),
    status: int = 200,
) -> HttpResponse:
    """The form with what was found out before; with `planned`, the requests that would be sent,
    each with its body as text."""
    shown = {
        **context,
        "check": check,
        "form": form,
        "returns_to_form": True,
        "permission": WritePermission.objects.of(check.connection),
        "planned": [(change, change.body_text) for change in planned],
    }
    return render(request, template, shown, status=status)


def refused_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    error: PortalError | CvatError,
) -> HttpResponse:
    """The page with the reason in place of what it would show."""
    shown = {**context, "reason": str(error)}
    response = render(request, template, shown, status=http_status(error))
    for name, value in retry_headers(error).items():
        response[name] = value
    return response
