"""The page on which a selection becomes a new task: look, decide, send."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.exceptions import Explained
from portal.pages import errors_shown_in
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.forms import NewTaskForm
from publishing.models import WritePermission
from publishing.new_task import LONGEST_NAME, NewTaskOptions
from publishing.views.deciding import refused, shown
from selections.models import Selection

PAGE = "publishing/new_task.html"


@never_cache
@require_http_methods(["GET", "POST"])
def new_task(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = get_object_or_404(Selection.objects.for_user(request.user), pk=pk)
    try:
        check = services.check_new_task(user=request.user, selection=selection)
    except Explained as error:
        return refused(request, PAGE, selection, error)
    if request.method == "GET":
        initial = {"name": selection.name[:LONGEST_NAME]}
        return _page(request, selection, check, NewTaskForm(check, initial=initial))
    form = NewTaskForm(check, request.POST)
    if not form.is_valid():
        return _page(request, selection, check, form, status=400)
    options = form.options()
    with errors_shown_in(form) as outcome:
        check.check_choices(options)
        if "show" in request.POST:
            return _page(request, selection, check, form, options=options)
        publication = services.request_new_task(
            user=request.user,
            selection=selection,
            options=options,
            portal_url=request.build_absolute_uri("/"),
        )
    if form.errors:
        return _page(request, selection, check, form, status=outcome.status)
    messages.success(request, "The task is being made.")
    return redirect(publication)


def _page(
    request: SignedInRequest,
    selection: Selection,
    check: services.NewTaskCheck,
    form: NewTaskForm,
    *,
    options: NewTaskOptions | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page with the requests that would be sent with these options, if they are known."""
    planned = check.changes(options) if options is not None else []
    context = {
        "selection": selection,
        "check": check,
        "form": form,
        "permission": WritePermission.objects.of(check.connection),
        "planned": shown(planned),
    }
    return render(request, PAGE, context, status=status)
