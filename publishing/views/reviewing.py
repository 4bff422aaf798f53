"""The page on which completed jobs are handed over to reviewers: look, name them, send."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.pages import errors_shown_in, errors_shown_on
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.forms import ReviewersForm
from publishing.models import Publication, WritePermission
from publishing.views.allowing import fill_again, to_permission
from publishing.views.publications import publication_page

PAGE = "publishing/hand_over.html"


@never_cache
@require_http_methods(["GET", "POST"])
@errors_shown_on(publication_page)
def hand_over(request: SignedInRequest, pk: int) -> HttpResponse:
    own = Publication.objects.for_user(request.user).with_visible_selection(request.user)
    source = get_object_or_404(own, pk=pk)
    check = services.check_hand_over(user=request.user, source=source)
    form = ReviewersForm(check, request.POST or None)
    context: dict[str, object] = {
        "publication": source,
        "permission": WritePermission.objects.of(check.connection),
        "check": check,
        "form": form,
        "returns_to_form": True,
    }
    if "allow" in request.POST:
        return to_permission(request, check.connection)
    if request.method == "GET":
        fill_again(request, form)
        return render(request, PAGE, context)
    if not form.is_valid():
        return render(request, PAGE, context, status=400)
    reviewer_ids = form.cleaned_data["reviewers"]
    with errors_shown_in(form) as outcome:
        if "show" in request.POST:
            planned = check.hand_overs(reviewer_ids)
            context["planned"] = [(each.change, "") for each in planned]
            return render(request, PAGE, context)
        publication = services.request_hand_over(
            user=request.user, source=source, reviewer_ids=reviewer_ids
        )
    if form.errors:
        return render(request, PAGE, context, status=outcome.status)
    messages.success(request, "The hand-over was requested. This page shows how far it is.")
    return redirect(publication)
