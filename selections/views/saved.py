"""Pages of saved selections: parse, call one service, answer."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cvat.exceptions import CvatError
from portal.exceptions import Busy, InvalidInput, PortalError
from portal.pages import errors_shown_on
from portal.paging import ListPaginator
from portal.signed_in import SignedInRequest
from selections import downloads, page_queries, page_revisions, services
from selections.archives import results
from selections.build_fields import build_fields
from selections.forms import (
    DescribeForm,
    DrawAgainForm,
    FramesForm,
    HandOverForm,
    ListForm,
    ShareForm,
)
from selections.models import Selection
from selections.recipe_forms import RecipeForm
from selections.sampling import MAX_SEED
from selector.own_connections import accepted_connections, default_connection
from selector.services.connections import find_connection

SELECTIONS_PER_PAGE = 25


# --- the list ----------------------------------------------------------------------------------


@require_safe
def selection_list(request: SignedInRequest) -> HttpResponse:
    return list_page(request)


def list_page(request: SignedInRequest) -> HttpResponse:
    form = ListForm(request.GET, owners=[request.user.username, *page_queries.owners(request.user)])
    visible = Selection.objects.for_user(request.user).listed().with_owner_names().with_tasks()
    selections = form.applied_to(visible, request.user.pk)
    page = ListPaginator(selections, SELECTIONS_PER_PAGE).get_page(request.GET.get("page"))
    connections = accepted_connections(request.user)
    context = {
        "form": form,
        "page": page,
        "rows": page_queries.rows(page.object_list, connections),
        "connection": default_connection(connections),
        "deleted": Selection.objects.restorable(request.user)[:5],
    }
    return render(request, "selections/list.html", context)


def _list_instead(request: SignedInRequest, pk: int) -> HttpResponse:
    return list_page(request)


# --- one selection -----------------------------------------------------------------------------


@require_safe
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    try:
        return detail_page(request, pk)
    except Http404:
        replacement = page_queries.replacement(request.user, pk)
        if replacement is None:
            raise
    return redirect(replacement)


def detail_page(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = visible_selection(request, pk)
    connection = services.usable_connection(request.user, selection)
    shown = FramesForm(request.GET, has_pictures=connection is not None)
    history = page_revisions.history(
        selection, number=shown.revision_number, change=shown.of_change
    )
    frames = shown.applied_to(history.frames)
    paginator = Paginator(frames, page_queries.FRAMES_PER_PAGE)
    if history.viewed is None and not shown.narrows:
        paginator.count = selection.frames_count  # known: not counted again
    page = paginator.get_page(request.GET.get("page"))
    marks = page_queries.count_marks(selection)
    page.object_list = page_queries.with_marks(selection, page.object_list, marks)
    results_choices = results.choices(user=request.user, selection=selection)
    if results_choices and shown.as_grid:
        page_queries.note_results(request.user, selection, page.object_list)
    archives, archives_count = page_queries.newest_archives(request.user, selection)
    typed = request.POST.dict()  # when the page tells an error
    context = {
        "selection": selection,
        "is_mine": selection.owner_id == request.user.pk,
        "connection": connection,
        "own_connection": connection,
        "shown": shown,
        "history": history,
        "is_editing": shown.is_editing and history.is_changeable,
        "page": page,
        "marks": marks,
        "jobs": page_queries.jobs(selection),
        "draw": None if selection.draw_is_hidden else selection.get_draw(),
        "origin": page_queries.origin(request.user, selection),
        "recipe": page_queries.recipe(request.user, selection),
        "recipe_form": RecipeForm(initial={"name": selection.name[:180]}, auto_id="recipe-%s"),
        "sources": page_queries.sources(request.user, selection),
        "archives": archives,
        "archives_count": archives_count,
        "sharing": (sharing := page_queries.sharing(request.user, selection)),
        "share_form": ShareForm(initial=typed, teams=sharing.teams),
        "hand_over_form": HandOverForm(initial=typed),
        "describe": DescribeForm(initial={"name": selection.name, "note": selection.note}),
        "build": build_fields(
            _tried(request),
            has_video=page_queries.has_video(selection),
            results=results_choices,
        ),
        "results": results_choices,
        "build_remarks": page_queries.before_building(selection),
    }
    return render(request, "selections/detail.html", context)


@never_cache
@require_safe
def visible_frames(request: SignedInRequest, pk: int) -> HttpResponse:
    """How many of the frames CVAT shows to the user; loaded by the page, which does not wait."""
    selection = visible_selection(request, pk)
    connection = services.usable_connection(request.user, selection)
    if connection is None:
        return HttpResponse(status=204)
    try:
        connection = find_connection(user=request.user, connection_id=connection.pk)
        frames = services.count_visible(selection=selection, connection=connection)
    except Busy:
        return render(
            request, "selections/_visible_frames.html", {"selection": selection, "is_busy": True}
        )
    except (CvatError, PortalError):
        return HttpResponse(status=204)  # the pictures of the page tell of the trouble
    return render(
        request, "selections/_visible_frames.html", {"frames": frames, "connection": connection}
    )


@require_safe
def frames_csv(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    """The frame list, for a spreadsheet or (`raw=1`) for a program."""
    is_exact = request.GET.get("raw") in ("1", "true")
    return downloads.send_frame_list(visible_selection(request, pk), is_exact=is_exact)


@require_safe
def document(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    """The selection as JSON, which can be read in again."""
    return downloads.send_document(visible_selection(request, pk))


@require_safe
def names(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    """The file names alone."""
    return downloads.send_names(visible_selection(request, pk))


@require_POST
@errors_shown_on(detail_page)
def describe(request: SignedInRequest, pk: int) -> HttpResponse:
    editable = Selection.objects.editable_by(request.user)
    selection = get_object_or_404(editable, pk=pk)
    form = DescribeForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("A selection needs a name of at most 200 characters.")
    services.update_selection(selection=selection, **form.cleaned_data)
    messages.success(request, "Name and note are saved.")
    return redirect(selection)


@require_POST
def copy(request: SignedInRequest, pk: int) -> HttpResponse:
    copied = services.copy_selection(user=request.user, selection=visible_selection(request, pk))
    messages.success(request, "This is your copy.")
    return redirect(copied)


@require_POST
@errors_shown_on(detail_page)
def draw_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """With the same seed, with another, or with that of a preview."""
    form = DrawAgainForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(f"The seed must be 0 to {MAX_SEED}.")
    drawn = services.draw_again(
        user=request.user,
        selection=visible_selection(request, pk),
        with_new_seed=form.cleaned_data["seed"] == "new",
        seed=form.cleaned_data["random_seed"],
    )
    messages.success(request, drawn.text)
    return redirect(drawn.selection)


@require_POST
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """At once, without a question: the list offers to undo it."""
    services.discard_selection(selection=_own(request, pk))
    return redirect("selections:list")


@require_POST
@errors_shown_on(_list_instead)
def restore(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = services.restore_selection(user=request.user, selection_id=pk)
    messages.success(request, f"“{selection.name}” is back.")
    return redirect(selection)


def _tried(request: SignedInRequest) -> QueryDict | None:
    """What was filled in when a build was refused: it stays in the form."""
    is_build = request.resolver_match is not None and request.resolver_match.url_name == "build"
    return request.POST if is_build else None


def visible_selection(request: SignedInRequest, pk: int) -> Selection:
    """The selection, if the user may see it; else Http404."""
    visible = Selection.objects.for_user(request.user).with_owner_names()
    return get_object_or_404(visible.with_may_edit(request.user), pk=pk)


def _own(request: SignedInRequest, pk: int) -> Selection:
    return get_object_or_404(Selection.objects.owned_by(request.user), pk=pk)
