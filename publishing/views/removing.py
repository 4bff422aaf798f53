"""The page on which a published task is removed: look at what is lost, then remove it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.exceptions import Explained
from portal.pages import errors_shown_on
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.models import Publication, WritePermission
from publishing.removal import task_removal
from publishing.views.publications import publication_page
from selections.services.connections import required_connection

PAGE = "publishing/remove_task.html"


@never_cache
@require_http_methods(["GET", "POST"])
@errors_shown_on(publication_page)
def remove_task(request: SignedInRequest, pk: int) -> HttpResponse:
    own = Publication.objects.for_user(request.user).with_visible_selection(request.user)
    source = get_object_or_404(own, pk=pk)
    task_id = services.find_removable_task(source)
    if request.method == "POST" and "show" not in request.POST:
        removed = services.request_removal(user=request.user, source=source)
        messages.success(request, "The removal was requested. This page shows how far it is.")
        return redirect(removed)
    connection = required_connection(request.user, source)
    context: dict[str, object] = {
        "publication": source,
        "permission": WritePermission.objects.of(connection),
        "check": {"connection": connection},  # as on the other pages that send something
        "planned": [(task_removal(task_id), "")] if request.method == "POST" else [],
    }
    try:
        comparison = services.compare_results(user=request.user, publication=source)
        context["total"] = comparison.total
        context["not_compared"] = comparison.not_compared.count
        context["problems_count"] = comparison.problems_count
    except Explained as error:
        context["unknown"] = str(error)
    return render(request, PAGE, context)
