"""The page on which annotations are copied into a task: look, decide, send."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.pages import errors_shown_in
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.copying_form import CopyForm
from publishing.models import WritePermission
from selector.models import Connection

PAGE = "publishing/copying.html"
PLACES = ("source_connection", "source_task", "connection", "task")


@never_cache
@require_http_methods(["GET", "POST"])
def copy(request: SignedInRequest) -> HttpResponse:
    connections = Connection.objects.for_user(request.user).accepted()
    if request.method == "GET":
        initial = {name: request.GET[name] for name in PLACES if name in request.GET}
        return render(request, PAGE, {"form": CopyForm(connections, initial=initial)})
    form = CopyForm(connections, request.POST)
    if not form.is_valid():
        return render(request, PAGE, {"form": form}, status=400)
    given = form.cleaned_data
    context: dict[str, Any] = {"form": form}
    with errors_shown_in(form) as outcome:
        source = services.read_source(
            connection=given["source_connection"], task_id=given["source_task"]
        )
        options = form.options(source.name)
        check = services.check_copy(
            source=source,
            connection=given["connection"],
            task_id=given["task"],
            options=options,
        )
        context |= {
            "check": check,
            "permission": WritePermission.objects.of(check.connection),
            "undecided": list(check.undecided(options)),
            "back": f"{reverse('publishing:copy')}?{urlencode(_places(request))}",
        }
        if "look" in request.POST:
            return render(request, PAGE, context)
        if "show" in request.POST:
            context["planned"] = [(change, "") for change in check.changes()]
            return render(request, PAGE, context)
        publication = services.request_copy(user=request.user, check=check, options=options)
    if form.errors:
        return render(request, PAGE, context, status=outcome.status)
    messages.success(request, "The annotations are being copied.")
    return redirect(publication)


def _places(request: SignedInRequest) -> dict[str, str]:
    return {name: request.POST[name] for name in PLACES if name in request.POST}
