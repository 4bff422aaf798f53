"""The page that compares and combines selections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.exceptions import InvalidInput
from portal.pages import errors_shown_on
from portal.signed_in import SignedInRequest
from selections import page_queries, services
from selections.forms import CombineForm, FramesForm, SelectionsForm
from selections.models import SelectedFrame, Selection


def compare_page(request: SignedInRequest) -> HttpResponse:
    given = request.GET
    selections = services.visible_selections(
        user=request.user, ids=SelectionsForm(given).selection_ids()
    )
    context = {
        "selections": selections,
        "others": page_queries.comparable(request.user, selections),
        "is_full": len(selections) == services.MOST_COMBINED,
    }
    if len(selections) > 1:
        with services.counting_place(request.user):
            parts = services.compare_selections(selections)
            part = next((each for each in parts if each.key == given.get("part")), None)
            part = part or next((each for each in parts if each.count), parts[0])
            paginator = Paginator(part.frames(), page_queries.FRAMES_PER_PAGE)
            paginator.count = part.count  # known: need not be counted again
            page = paginator.get_page(given.get("page"))
            page.object_list = _shown(page.object_list, selections)
        connection = services.usable_connection(request.user, selections[0])
        shown = FramesForm(given, has_pictures=connection is not None)
        shown.is_valid()
        context |= {
            "parts": parts,
            "part": part,
            "page": page,
            "selection": selections[0],  # whose server all of them are of
            "own_connection": connection,
            "shown": shown,
        }
    return render(request, "selections/compare.html", context)


def _shown(frames: Iterable[SelectedFrame], selections: Sequence[Selection]) -> list[SelectedFrame]:
    """Frames of the selections, with the file names that the viewer may see."""
    by_pk = {each.pk: each for each in selections}
    return [shown for frame in frames for shown in by_pk[frame.selection_id].shown_frames([frame])]


def _empty_page(request: SignedInRequest) -> HttpResponse:
    return render(request, "selections/compare.html")


@require_http_methods(["GET", "HEAD", "POST"])
@errors_shown_on(_empty_page)
def compare(request: SignedInRequest) -> HttpResponseBase:
    """Selections side by side: what is in all of them, and what in one alone. A part that is
    posted is saved as a new selection."""
    return _save(request) if request.method == "POST" else compare_page(request)


@errors_shown_on(compare_page)
def _save(request: SignedInRequest) -> HttpResponseBase:
    form = CombineForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("A selection needs a name of at most 200 characters.")
    selections = services.visible_selections(user=request.user, ids=form.selection_ids())
    selection = services.combine_selections(
        user=request.user,
        selections=selections,
        operation=form.cleaned_data["operation"],
        name=form.cleaned_data["name"],
    )
    messages.success(request, "These frames are saved as a new selection.")
    return redirect(selection)
