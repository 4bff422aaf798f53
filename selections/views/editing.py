"""Changing the frames of a saved selection on its page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from portal.exceptions import InvalidInput
from portal.pages import errors_shown_on
from portal.signed_in import SignedInRequest
from selections import services
from selections.forms import GoBackForm, RemoveFramesForm
from selections.models import Selection
from selections.views.saved import detail_page


@require_POST
@errors_shown_on(detail_page)
def remove_frames(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove the checked frames; the page comes back as the address says it was."""
    selection = _editable(request, pk)
    form = RemoveFramesForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("Check the frames to remove, at least one.")
    before = selection.frames.count()
    services.edit_frames(
        user=request.user,
        selection=selection,
        revision=form.cleaned_data["revision"],
        remove=form.cleaned_data["frame"],
    )
    count = before - selection.frames.count()
    removed = f"{count:,} frame{'s are' if count != 1 else ' is'} removed"
    messages.success(request, f"{removed}. Under History you can go back to the frames before.")
    query = request.GET.urlencode()
    address = f"{selection.get_absolute_url()}{'?' if query else ''}{query}#frames"
    return HttpResponseRedirect(address)


@require_POST
@errors_shown_on(detail_page)
def go_back(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = _editable(request, pk)
    form = GoBackForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("Say which revision to go back to.")
    to = form.cleaned_data["to"]
    services.go_back(
        user=request.user, selection=selection, revision=form.cleaned_data["revision"], to=to
    )
    messages.success(request, f"The selection has the frames of revision {to} again.")
    return redirect(selection)


def _editable(request: SignedInRequest, pk: int) -> Selection:
    return get_object_or_404(Selection.objects.editable_by(request.user), pk=pk)
