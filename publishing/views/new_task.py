"""The page on which a selection becomes a new task: look, decide, send."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from cvat.links import MAX_ID
from portal.exceptions import Explained, InvalidInput
from portal.pages import errors_shown_in
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.models import Upload
from publishing.new_task import LONGEST_NAME
from publishing.new_task_form import NewTaskForm
from publishing.views.allowing import fill_again, to_permission
from publishing.views.deciding import deciding_page, refused_page
from selections.models import Selection
from selections.services.connections import required_connection

PAGE = "publishing/new_task.html"


@never_cache
@require_http_methods(["GET", "POST"])
def new_task(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = get_object_or_404(Selection.objects.for_user(request.user), pk=pk)
    try:
        check = _check(request, selection)
    except Explained as error:
        return refused_page(request, PAGE, selection, error)
    if request.method == "GET":
        initial = {"name": selection.name[:LONGEST_NAME]}
        form = NewTaskForm(check, initial=initial, uploads=_uploads(request))
        fill_again(request, form)
        return deciding_page(request, PAGE, selection, check, form)
    if "allow" in request.POST:
        return to_permission(request, check.connection)
    form, check = _form(request, selection, check)
    if not form.is_valid():
        return deciding_page(request, PAGE, selection, check, form, status=400)
    options = form.options()
    with errors_shown_in(form) as outcome:
        if "show" in request.POST:
            planned = services.plan_new_task(
                user=request.user, selection=selection, options=options
            )
            return deciding_page(request, PAGE, selection, check, form, planned=planned)
        publication, *others = services.request_new_task(
            user=request.user,
            selection=selection,
            options=options,
            portal_url=request.build_absolute_uri("/"),
        )
    if form.errors:
        return deciding_page(request, PAGE, selection, check, form, status=outcome.status)
    if others:
        messages.success(request, f"{len(others) + 1} tasks are being made.")
        return redirect("publishing:publications")
    messages.success(request, "The task is being made.")
    return redirect(publication)


@never_cache
@require_GET
def found_projects(request: SignedInRequest, pk: int) -> HttpResponse:
    """The projects that the words `find_project` fit, as a part of the choice of the project."""
    selection = get_object_or_404(Selection.objects.for_user(request.user), pk=pk)
    words = request.GET.get("find_project", "").strip()
    context: dict[str, object] = {"words": words}
    try:
        if words:
            connection = required_connection(request.user, selection)
            context["matching"] = services.find_projects(connection=connection, words=words)
    except Explained as error:
        context["error"] = str(error)
    return render(request, "publishing/_found_projects.html", context)


def _uploads(request: SignedInRequest) -> list[Upload]:
    """Those whose pictures can replace others."""
    return list(Upload.objects.for_user(request.user).whole().unused().for_list())


def _check(request: SignedInRequest, selection: Selection) -> services.NewTaskCheck:
    """With the project that is chosen, if CVAT shows it: the form says so if not."""
    number = request.POST.get("project", "")
    if number.isdecimal() and len(number) <= len(str(MAX_ID)):
        with suppress(InvalidInput):
            return services.check_new_task(
                user=request.user, selection=selection, project_id=int(number)
            )
    return services.check_new_task(user=request.user, selection=selection)


def _form(
    request: SignedInRequest, selection: Selection, check: services.NewTaskCheck
) -> tuple[NewTaskForm, services.NewTaskCheck]:
    """The form that was sent, and the check with the project that is found by the words in it."""
    words, uploads = request.POST.get("find_project", "").strip(), _uploads(request)
    if not words or request.POST.get("project"):
        return NewTaskForm(check, request.POST, uploads=uploads), check
    try:
        matching = services.find_projects(connection=check.connection, words=words)
    except InvalidInput as error:
        form = NewTaskForm(check, request.POST, uploads=uploads)
        form.add_error("find_project", str(error))
        return form, check
    if matching.count == 1:
        check = services.check_new_task(
            user=request.user, selection=selection, project_id=matching.results[0].id
        )
    return NewTaskForm(check, request.POST, matching=matching, uploads=uploads), check
