"""Saving and deleting searches for tasks."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from portal.exceptions import Explained
from portal.signed_in import SignedInRequest
from selector.forms import SaveSearchForm
from selector.models import SavedSearch
from selector.page_links import tasks_url
from selector.services import connections, saved_searches


@require_POST
def save(request: SignedInRequest) -> HttpResponse:
    form = SaveSearchForm(request.POST)
    if not form.is_valid():
        messages.error(request, "A search needs a name of at most 100 characters.")
        return redirect("selector:choose")
    given = form.cleaned_data
    try:
        connection = connections.find_connection(
            user=request.user, connection_id=given["connection"]
        )
        saved = saved_searches.save_search(
            user=request.user, connection=connection, criteria=form.criteria, name=given["name"]
        )
    except Explained as error:
        messages.error(request, str(error))
        return redirect("selector:choose")
    messages.success(
        request, f"The search “{saved}” is saved. It opens the tasks that match at that time."
    )
    return redirect(tasks_url(saved.criteria, connection.pk))


@require_POST
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    saved = get_object_or_404(SavedSearch.objects.for_user(request.user), pk=pk)
    saved_searches.delete_search(saved=saved)
    messages.success(request, f"The search “{saved}” is deleted. Selections made with it are kept.")
    return redirect("selector:choose")
