"""What changed in CVAT since a selection was saved, and what drawing it again would give."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cvat.exceptions import CvatError
from portal.exceptions import Busy, PortalError
from portal.pages import errors_shown_on
from portal.signed_in import SignedInRequest
from selections import services
from selections.models import Selection
from selections.sampling import new_seed
from selections.views.saved import detail_page

PICTURES_SHOWN = 60  # of each kind


@never_cache
@require_safe
def drift(request: SignedInRequest, pk: int) -> HttpResponse:
    """The part of the page of a selection that tells what changed in CVAT, asked for by a
    button."""
    selection = _visible(request, pk)
    context: dict[str, Any] = {"selection": selection}
    try:
        context["drift"] = services.find_drift(user=request.user, selection=selection)
    except Busy:
        context["is_busy"] = True
    except (CvatError, PortalError) as error:
        context["error"] = str(error)
    return render(request, "selections/_drift.html", context)


@require_safe
@errors_shown_on(detail_page)
def draw_preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """What drawing again would give, with the same seed or (`seed=new`) with another."""
    selection = _visible(request, pk)
    seed = new_seed() if request.GET.get("seed") == "new" else None
    preview = services.preview_draw(user=request.user, selection=selection, seed=seed)
    context = {
        "selection": selection,
        "draw": selection.get_draw(),
        "preview": preview,
        "own_connection": services.usable_connection(request.user, selection),
        "new": preview.new[:PICTURES_SHOWN],
        "gone": preview.gone[:PICTURES_SHOWN],
    }
    return render(request, "selections/draw_preview.html", context)


def _visible(request: SignedInRequest, pk: int) -> Selection:
    visible = Selection.objects.for_user(request.user).with_owner_names()
    return get_object_or_404(visible.with_tasks(), pk=pk)
