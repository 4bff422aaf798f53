"""The page on which faulty frames become issues in CVAT: look, decide, send."""

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
from publishing.forms import IssuesForm
from publishing.views.allowing import fill_again, to_permission
from publishing.views.deciding import deciding_page, refused_page
from selections.models import Selection

PAGE = "publishing/issues.html"


@never_cache
@require_http_methods(["GET", "POST"])
def issues(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = get_object_or_404(Selection.objects.for_user(request.user), pk=pk)
    try:
        check = services.check_issues(user=request.user, selection=selection)
    except Explained as error:
        return refused_page(request, PAGE, {"selection": selection}, error)
    if request.method == "GET":
        form = IssuesForm(check)
        fill_again(request, form)
        return deciding_page(request, PAGE, selection, check, form)
    if "allow" in request.POST:
        return to_permission(request, check.connection)
    form = IssuesForm(check, request.POST)
    if not form.is_valid():
        return deciding_page(request, PAGE, selection, check, form, status=400)
    options = form.options()
    with errors_shown_in(form) as outcome:
        check.check_choices(options)
        if "show" in request.POST:
            return deciding_page(
                request, PAGE, selection, check, form, planned=check.changes(options)
            )
        publication = services.request_issues(
            user=request.user, selection=selection, options=options
        )
    if form.errors:
        return deciding_page(request, PAGE, selection, check, form, status=outcome.status)
    messages.success(request, "The issues were requested. This page shows how many are opened.")
    return redirect(publication)
