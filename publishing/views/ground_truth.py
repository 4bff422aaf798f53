"""The page on which a selection becomes a ground-truth job: look, decide, send."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.exceptions import Explained
from portal.pages import errors_shown_in
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.forms import GroundTruthForm
from publishing.views.allowing import fill_again, to_permission
from publishing.views.deciding import deciding_page, refused_page
from selections.models import Selection

PAGE = "publishing/ground_truth.html"


@never_cache
@require_http_methods(["GET", "POST"])
def ground_truth(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = get_object_or_404(Selection.objects.for_user(request.user), pk=pk)
    try:
        check = services.check_ground_truth(user=request.user, selection=selection)
    except Explained as error:
        return refused_page(request, PAGE, {"selection": selection}, error)
    if request.method == "GET":
        form = GroundTruthForm(check)
        fill_again(request, form)
        return deciding_page(request, PAGE, selection, check, form)
    if "allow" in request.POST:
        return to_permission(request, check.connection)
    form = GroundTruthForm(check, request.POST)
    if not form.is_valid():
        return deciding_page(request, PAGE, selection, check, form, status=400)
    options = form.options()
    if "show" in request.POST:
        return deciding_page(request, PAGE, selection, check, form, planned=check.changes(options))
    with errors_shown_in(form) as outcome:
        publication = services.request_ground_truth_job(
            user=request.user, selection=selection, options=options
        )
    if form.errors:
        return deciding_page(request, PAGE, selection, check, form, status=outcome.status)
    messages.success(request, "The ground-truth job was requested. This page shows how far it is.")
    return redirect(publication)
