"""The way from a form to the permission to write that it needs, and back with what was typed."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.datastructures import MultiValueDict

from portal.caching import cache_get, cache_set
from portal.signed_in import SignedInRequest
from selector.models import Connection

PAGES = (
    "publishing:ground-truth",
    "publishing:new-task",
    "publishing:task-of-files",
    "publishing:issues",
    "publishing:hand-over",
)
FORM_SECONDS = 3600
# In the address of the page of the permission: where to go from there. In that of the form: it is
# filled with what was typed.
PAGE, AGAIN = "for", "again"
LOST = "The portal does not have what you typed any more. Please type it again."


def to_permission(request: SignedInRequest, connection: Connection) -> HttpResponse:
    """To the page of the permission to write. What was typed is cached for FORM_SECONDS."""
    given = request.POST.copy()
    for name in ("csrfmiddlewaretoken", "allow"):
        given.pop(name, None)
    cache_set({_key(request, request.path): given.urlencode()}, FORM_SECONDS)
    page = reverse("publishing:permission", args=[connection.pk])
    return redirect(f"{page}?{PAGE}={request.path}")


def fill_again(request: SignedInRequest, form: forms.Form) -> None:
    """Fill the form with what was typed, if the person comes back from the permission."""
    if AGAIN not in request.GET:
        return
    data, no_files = typed(request), MultiValueDict[str, object]()
    if not data:
        messages.warning(request, LOST)
        return
    for name, field in form.fields.items():
        form.initial[name] = field.widget.value_from_datadict(data, no_files, name)


def typed(request: SignedInRequest) -> QueryDict:
    """What was typed into the form before the person went to the permission; empty if they do not
    come back from there, or if the portal does not have it any more."""
    given = cache_get(_key(request, request.path)) if AGAIN in request.GET else None
    return QueryDict(given or "")


def page_to_return_to(request: HttpRequest) -> str:
    """The address of the form that the person came from; "" for none."""
    address = request.POST.get(PAGE) or request.GET.get(PAGE, "")
    try:
        match = resolve(address)
    except Resolver404:
        return ""
    return reverse(match.view_name, kwargs=match.kwargs) if match.view_name in PAGES else ""


def _key(request: SignedInRequest, path: str) -> str:
    return f"form-to-send:{request.user.pk}:{path}"
