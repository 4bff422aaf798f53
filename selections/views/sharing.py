"""Who else may read or edit a selection, and whose it is."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.db.models import Case, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from portal.exceptions import InvalidInput
from portal.models import Team
from portal.pages import errors_shown_in, errors_shown_on
from portal.services import people
from portal.signed_in import SignedInRequest
from selections import services
from selections.forms import HandOverForm, ShareForm
from selections.models import Selection, SelectionQuerySet, Share
from selections.views.saved import detail_page

MOST_LISTED = 500  # selections on the page that hands several over


@require_POST
@errors_shown_on(detail_page)
def share(request: SignedInRequest, pk: int) -> HttpResponse:
    """Share with everybody, hide names from readers, or take that back, as the button said."""
    selection = _own(request, pk)
    if names := request.POST.get("names"):
        return _share_names(request, selection, names)
    visibility = request.POST.get("visibility", "")
    services.update_selection(selection=selection, visibility=visibility)
    shared = visibility == Selection.Visibility.SHARED
    if shared:
        done = "Everyone who signs in here can see and copy this selection now."
    elif selection.is_shared:
        done = "Only you and the people and teams listed under Sharing can see this selection now."
    else:
        done = "Only you can see this selection now."
    messages.success(request, done)
    return redirect(selection)


def _share_names(request: SignedInRequest, selection: Selection, names: str) -> HttpResponse:
    if names not in ("shown", "hidden"):
        raise InvalidInput("Say whether names are shown or hidden.")
    services.update_selection(selection=selection, hides_names=names == "hidden")
    messages.success(
        request,
        "People who may only read this selection are shown no names of tasks and files now."
        if names == "hidden"
        else "Everybody who may read this selection sees the names of its tasks and files now.",
    )
    return redirect(selection)


@require_POST
@errors_shown_on(detail_page)
def add_share(request: SignedInRequest, pk: int) -> HttpResponse:
    """Share with a person or a team, or change what they may do."""
    selection = _own(request, pk)
    shared = services.share_selection(user=request.user, selection=selection, **read_share(request))
    may = "read and edit" if shared.may_edit else "read"
    messages.success(request, f"{shared.with_whom} may {may} this selection now.")
    return redirect(selection)


def read_share(request: SignedInRequest) -> dict[str, Any]:
    """With whom to share, and what they may do, as services take it. Raises InvalidInput."""
    form = ShareForm(request.POST, teams=Team.objects.for_user(request.user))
    if not form.is_valid():
        raise InvalidInput("Name a person or a team, and say whether they may read or edit.")
    given = form.cleaned_data
    return {
        "person": given["person"],
        "team_id": given["team"],
        "may_edit": given["may"] == "edit",
    }


@require_POST
def remove_share(request: SignedInRequest, pk: int, share: int) -> HttpResponse:
    removable = Share.objects.removable_by(request.user).select_related("person", "team")
    visible = Selection.objects.for_user(request.user)
    selection = get_object_or_404(visible, pk=pk)
    removed = get_object_or_404(removable, pk=share, selection=selection)
    services.stop_sharing(share=removed)
    if selection.owner_id == request.user.pk:
        messages.success(request, f"The selection is no longer shared with {removed.with_whom}.")
        return redirect(selection)
    messages.success(request, f"“{selection.name}” is no longer shared with you in person.")
    return redirect("selections:list")


@require_POST
@errors_shown_on(detail_page)
def hand_over(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = _own(request, pk)
    form = HandOverForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("Give the user name of the new owner.")
    owner = services.give_selections(
        user=request.user, selections=[selection], to=form.cleaned_data["to"]
    )
    messages.success(request, f"This selection belongs to {owner} now. You may still edit it.")
    return redirect(selection)


@require_http_methods(["GET", "POST"])
def hand_over_several(request: SignedInRequest) -> HttpResponse:
    """The user's selections with check boxes, first those that the address names, checked, and the
    form that hands the checked ones over."""
    own = Selection.objects.owned_by(request.user).listed()
    given = request.POST if request.method == "POST" else request.GET
    chosen = _ids(given.getlist("selection"))
    form = HandOverForm(request.POST or None)
    status = 400 if form.errors else 200
    if form.is_valid():
        selections = list(own.filter(pk__in=chosen))
        with errors_shown_in(form) as outcome:
            owner = services.give_selections(
                user=request.user, selections=selections, to=form.cleaned_data["to"]
            )
        if not form.errors:
            several = "s belong" if len(selections) > 1 else " belongs"
            messages.success(request, f"{len(selections)} selection{several} to {owner} now.")
            return redirect("selections:list")
        status = outcome.status
    context = {
        "form": form,
        "chosen": chosen,
        "count": own.count(),
        "others_count": len(chosen) - own.filter(pk__in=chosen).count(),
        "selections": _checked_first(own.with_counts(), chosen)[:MOST_LISTED],
        "colleagues": people.colleagues(request.user),
    }
    return render(request, "selections/hand_over.html", context, status=status)


def _checked_first(selections: SelectionQuerySet, chosen: set[int]) -> SelectionQuerySet:
    """Else the newest first."""
    if not chosen:  # PostgreSQL would take a constant for the number of a column
        return selections
    is_checked = Case(When(pk__in=chosen, then=0), default=1)
    return selections.order_by(is_checked, "-created_at", "-pk")


def _ids(texts: list[str]) -> set[int]:
    """At most MOST_LISTED ids; what is none is left out."""
    return {int(text) for text in texts[:MOST_LISTED] if re.fullmatch("[0-9]{1,18}", text)}


def _own(request: SignedInRequest, pk: int) -> Selection:
    return get_object_or_404(Selection.objects.owned_by(request.user), pk=pk)
