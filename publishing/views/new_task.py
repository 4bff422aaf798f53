"""The page on which a selection becomes a new task: look, decide, send."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from portal.exceptions import Explained
from portal.pages import errors_shown_in
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.models import Publication, Upload
from publishing.new_task import LONGEST_NAME, NewTaskOptions
from publishing.new_task_form import NewTaskForm, replacement_choices
from publishing.views.allowing import fill_again, to_permission
from publishing.views.deciding import deciding_page, refused_page
from publishing.views.projects import as_number, check_with_project, sent_form
from selections.models import Selection

PAGE = "publishing/new_task.html"


@never_cache
@require_http_methods(["GET", "POST"])
def new_task(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = get_object_or_404(Selection.objects.for_user(request.user), pk=pk)
    find = partial(services.check_new_task, user=request.user, selection=selection)
    earlier = _earlier_options(request, selection)
    try:
        check = check_with_project(request, find, earlier=earlier)
    except Explained as error:
        return refused_page(request, PAGE, {"selection": selection}, error)
    if request.method == "GET":
        initial = {"name": selection.name[:LONGEST_NAME]}
        form = NewTaskForm(check, initial=initial, uploads=_uploads(request))
        if earlier is not None:
            form.fill(earlier)
        fill_again(request, form)
        return deciding_page(request, PAGE, selection, check, form)
    if "allow" in request.POST:
        return to_permission(request, check.connection)
    of_check = partial(NewTaskForm, uploads=_uploads(request))
    form, check = sent_form(request, check, check=find, form=of_check)
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
        messages.success(request, f"{len(others) + 1} new tasks were requested.")
        return redirect("publishing:publications")
    messages.success(request, "The new task was requested. This page shows how far it is.")
    return redirect(publication)


@never_cache
@require_GET
def found_uploads(request: SignedInRequest) -> HttpResponse:
    """The options of the choice whose pictures replace others, with the one that was `uploaded` on
    the page chosen."""
    choices = replacement_choices(_uploads(request))
    number = as_number(request.GET.get("uploaded", ""))
    chosen = next((each for each in choices if each[0] == number), choices[0])
    context = {"choices": choices, "chosen": chosen}
    return render(request, "publishing/_found_uploads.html", context)


def _earlier_options(request: SignedInRequest, selection: Selection) -> NewTaskOptions | None:
    """Those of the publication of this selection that is to be tried again (`like`). None for one
    of several that were asked for together, which has only a part of what was chosen."""
    number = as_number(request.GET.get("like", ""))
    own = Publication.objects.for_user(request.user)
    tried = own.filter(pk=number or 0, selection=selection, target=Publication.Target.TASK).first()
    options = None if tried is None else tried.get_new_task_options()
    return None if options is None or options.task_ids else options


def _uploads(request: SignedInRequest) -> list[Upload]:
    """Those whose pictures can replace others."""
    return list(Upload.objects.for_user(request.user).whole().unused().for_list())
