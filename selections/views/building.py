"""Building archives from the page of a selection, and what the form for it tells before."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cvat.exceptions import CvatError
from portal.exceptions import Busy, NotRead, PortalError
from portal.pages import errors_shown_on
from portal.signed_in import SignedInRequest
from selections import services
from selections.archives import results
from selections.build_fields import build_fields
from selections.build_form import BuildForm
from selections.formats.format import counted
from selections.models import EmptyFrames, Selection
from selections.splits import SHARES, UNIT_NOUNS
from selections.views.saved import detail_page, visible_selection

ATTRIBUTES_SHOWN = 10  # that a format has no place for


@require_POST
@errors_shown_on(detail_page)
def build(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = visible_selection(request, pk)
    options = _build_form(request, selection).options()
    archive = services.request_archive(user=request.user, selection=selection, options=options)
    return redirect(archive)


@require_POST
def split_table(request: SignedInRequest, pk: int) -> HttpResponse:
    """The table of frames by split, for the choices in the form for building."""
    selection = visible_selection(request, pk)
    context: dict[str, Any] = {"pk": pk}
    try:
        options = _build_form(request, selection).options()
        split = options.split
        leaves_out_empty = options.empty_frames == EmptyFrames.LEAVE_OUT
        rows = services.split_table(
            user=request.user,
            selection=selection,
            split=split,
            choice=options.objects,
            annotations=options.annotations,
            annotations_from=options.annotations_from,
            leaves_out_empty=leaves_out_empty,
        )
        context |= {"rows": rows, "leaves_out_empty": leaves_out_empty}
        context["units"] = UNIT_NOUNS.get(split.unit, "") if split.by == SHARES else ""
        names = rows[0].labels if rows else ()
        context["labels"] = [(name, [row.labels[name] for row in rows]) for name in names]
    except NotRead as error:
        context |= {"error": str(error), "is_being_read": True}
    except (CvatError, PortalError) as error:
        context["error"] = str(error)
    return render(request, "selections/_split_table.html", context)


@require_POST
def left_out(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the format that is chosen in the form for building has no place for."""
    selection = visible_selection(request, pk)
    context: dict[str, Any] = {"pk": pk}
    try:
        options = _build_form(request, selection).options()
        left_out = services.left_out_by_format(
            user=request.user,
            selection=selection,
            annotations=options.annotations,
            annotations_from=options.annotations_from,
            choice=options.objects,
        )
        context["objects"] = [counted(count, kind) for kind, count in left_out.objects.items()]
        attributes = list(left_out.attributes.items())
        context["attributes"] = attributes[:ATTRIBUTES_SHOWN]
        context["more_attributes"] = len(attributes[ATTRIBUTES_SHOWN:])
    except (NotRead, Busy):
        context["asks_again"] = True
    except (CvatError, PortalError):
        pass  # the build tells of the trouble, or of what is left out
    return render(request, "selections/_left_out.html", context)


@never_cache
@require_safe
def deleted_frames(request: SignedInRequest, pk: int) -> HttpResponse:
    """The part of the form for building that tells which frames were deleted in CVAT."""
    selection = visible_selection(request, pk)
    deletions, error, is_busy = None, "", False
    try:
        deletions = services.find_deleted(user=request.user, selection=selection)
    except Busy:
        is_busy = True
    except (CvatError, PortalError) as refusal:
        error = str(refusal)
    context = {
        "selection": selection,
        "found": deletions,
        "error": error,
        "is_busy": is_busy,
        "build": build_fields(),
    }
    return render(request, "selections/_deleted_frames.html", context)


def _build_form(request: SignedInRequest, selection: Selection) -> BuildForm:
    """The form for building as it was sent."""
    choices = results.choices(user=request.user, selection=selection)
    return BuildForm(request.POST, results=choices)
