"""The pages on which files become a new task: upload, look, decide, send."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cvat.links import MAX_ID
from portal.exceptions import Explained, InvalidInput, http_status
from portal.pages import errors_shown_in, errors_shown_on
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.files_form import FilesTaskForm
from publishing.models import Upload, WritePermission
from publishing.new_task import LONGEST_NAME
from selector.models import Connection
from selector.services.connections import find_connection

PAGE = "publishing/task_of_files.html"
LISTED = 100  # files that are left out, and pairs of names that are alike


@never_cache
@require_safe
def uploads(request: SignedInRequest) -> HttpResponse:
    return _uploads(request)


def _uploads(request: SignedInRequest) -> HttpResponse:
    listed = Upload.objects.for_user(request.user).for_list()
    return render(request, "publishing/files.html", {"uploads": listed})


def _uploads_with_error(request: SignedInRequest, pk: int) -> HttpResponse:
    return _uploads(request)


@require_POST
@errors_shown_on(_uploads_with_error)
def delete_upload(request: SignedInRequest, pk: int) -> HttpResponse:
    upload = get_object_or_404(Upload.objects.for_user(request.user).for_list(), pk=pk)
    services.remove_upload(upload=upload)
    messages.success(request, f"The files of {upload.name} are deleted from the portal.")
    return redirect("publishing:files")


@never_cache
@require_http_methods(["GET", "POST"])
def task_of_files(request: SignedInRequest, pk: int) -> HttpResponse:
    upload = get_object_or_404(Upload.objects.for_user(request.user), pk=pk)
    context: dict[str, Any] = {
        "upload": upload,
        "connections": Connection.objects.for_user(request.user).accepted(),
    }
    try:
        connection = find_connection(user=request.user, connection_id=_connection_id(request))
        check = _check(request, upload, connection)
    except Explained as error:
        context["reason"] = str(error)
        return render(request, PAGE, context, status=http_status(error))
    context |= {
        "check": check,
        "left_out": check.contents.left_out[:LISTED],
        "alike": check.contents.alike[:LISTED],
        "listed": LISTED,
        "permission": WritePermission.objects.of(connection),
    }
    if request.method == "GET":
        context["form"] = FilesTaskForm(check, initial={"name": upload.name[:LONGEST_NAME]})
        return render(request, PAGE, context)
    form = context["form"] = FilesTaskForm(check, request.POST)
    if not form.is_valid():
        return render(request, PAGE, context, status=400)
    asked: dict[str, Any] = {
        "user": request.user,
        "upload": upload,
        "connection": connection,
        "options": form.options(),
    }
    with errors_shown_in(form) as outcome:
        if "show" in request.POST:
            planned = services.plan_task_of_files(**asked)
            context["planned"] = [(change, change.body_text) for change in planned]
            return render(request, PAGE, context)
        publication = services.request_task_of_files(
            **asked, portal_url=request.build_absolute_uri("/")
        )
    if form.errors:
        return render(request, PAGE, context, status=outcome.status)
    messages.success(request, "The task is being made.")
    return redirect(publication)


def _connection_id(request: SignedInRequest) -> int | None:
    return _number(request.POST.get("connection") or request.GET.get("connection", ""))


def _check(request: SignedInRequest, upload: Upload, connection: Connection) -> services.FilesCheck:
    """With the project that is chosen, if CVAT shows it: the form says so if not."""
    asked: dict[str, Any] = {"user": request.user, "upload": upload, "connection": connection}
    if (number := _number(request.POST.get("project", ""))) is not None:
        with suppress(InvalidInput):
            return services.check_files(**asked, project_id=number)
    return services.check_files(**asked)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= len(str(MAX_ID)) else None
