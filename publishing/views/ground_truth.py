"""The page on which a selection becomes a ground-truth job: look, decide, send."""

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
from publishing.forms import GroundTruthForm
from publishing.ground_truth import GroundTruthOptions
from publishing.models import WritePermission
from publishing.views.deciding import refused, shown
from selections.models import Selection

PAGE = "publishing/ground_truth.html"


@never_cache
@require_http_methods(["GET", "POST"])
def ground_truth(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = get_object_or_404(Selection.objects.for_user(request.user), pk=pk)
    try:
        check = services.check_ground_truth(user=request.user, selection=selection)
    except Explained as error:
        return refused(request, PAGE, selection, error)
    if request.method == "GET":
        return _page(request, selection, check, GroundTruthForm(check))
    form = GroundTruthForm(check, request.POST)
    if not form.is_valid():
        return _page(request, selection, check, form, status=400)
    options = form.options()
    if "show" in request.POST:
        return _page(request, selection, check, form, options=options)
    with errors_shown_in(form) as outcome:
        publication = services.request_ground_truth_job(
            user=request.user, selection=selection, options=options
        )
    if form.errors:
        return _page(request, selection, check, form, status=outcome.status)
    messages.success(request, "The ground-truth job is being made.")
    return redirect(publication)


def _page(
    request: SignedInRequest,
    selection: Selection,
    check: services.GroundTruthCheck,
    form: GroundTruthForm,
    *,
    options: GroundTruthOptions | None = None,
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
