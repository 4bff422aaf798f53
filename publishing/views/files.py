"""The pages on which files become a new task: upload, look, decide, send."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.exceptions import Explained, http_status
from portal.pages import errors_shown_in, errors_shown_on
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.files_form import FilesTaskForm
from publishing.models import Upload
from publishing.new_task import LONGEST_NAME
from publishing.views.allowing import fill_again, to_permission, typed
from publishing.views.deciding import form_page
from publishing.views.projects import as_number, check_with_project, sent_form
from selector.models import Connection
from selector.services.connections import find_connection

PAGE = "publishing/task_of_files.html"
LISTED = 100  # files that are left out or cut off, and pairs of names that are alike


@never_cache
@require_safe
def uploads(request: SignedInRequest) -> HttpResponse:
    return _uploads(request)


def _uploads(request: SignedInRequest) -> HttpResponse:
    listed = Upload.objects.for_user(request.user).for_list()
    is_connected = Connection.objects.for_user(request.user).accepted().exists()
    context = {"uploads": listed, "is_connected": is_connected}
    return render(request, "publishing/files.html", context)


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
        of_upload: dict[str, Any] = {
            "user": request.user,
            "upload": upload,
            "connection": connection,
        }
        find = partial(services.check_files, **of_upload)
        check = check_with_project(request, find)
    except Explained as error:
        context["reason"] = str(error)
        return render(request, PAGE, context, status=http_status(error))
    context |= {
        "left_out": check.contents.left_out[:LISTED],
        "alike": check.contents.alike[:LISTED],
        "cut_off": check.contents.cut_off[:LISTED],
        "listed": LISTED,
    }
    if request.method == "GET":
        form = FilesTaskForm(check, initial={"name": upload.name[:LONGEST_NAME]})
        fill_again(request, form)
        return form_page(request, PAGE, context, check, form)
    if "allow" in request.POST:
        return to_permission(request, connection)
    form, check = sent_form(request, check, check=find, form=FilesTaskForm)
    if not form.is_valid():
        return form_page(request, PAGE, context, check, form, status=400)
    asked = of_upload | {"options": form.options()}
    with errors_shown_in(form) as outcome:
        if "show" in request.POST:
            planned = services.plan_task_of_files(**asked)
            return form_page(request, PAGE, context, check, form, planned=planned)
        publication = services.request_task_of_files(
            **asked, portal_url=request.build_absolute_uri("/")
        )
    if form.errors:
        return form_page(request, PAGE, context, check, form, status=outcome.status)
    messages.success(request, "The new task was requested. This page shows how far it is.")
    return redirect(publication)


def _connection_id(request: SignedInRequest) -> int | None:
    given = (request.POST, typed(request), request.GET)
    return as_number(next(filter(None, (each.get("connection") for each in given)), ""))
