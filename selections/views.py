"""Pages of selections and archives: parse, call one service, answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from selections import downloads, services
from selections.formats import frame_list
from selections.forms import BuildForm, DescribeForm, ListForm
from selections.models import Archive, ArchiveQuerySet, Selection
from selector.exceptions import InvalidInput
from selector.pages import errors_shown_on
from selector.signed_in import SignedInRequest

SELECTIONS_PER_PAGE = 25
FRAMES_PER_PAGE = 100
ARCHIVES_PER_PAGE = 20
ARCHIVES_SHOWN = 5


# --- selections --------------------------------------------------------------------------------


@require_safe
def selection_list(request: SignedInRequest) -> HttpResponse:
    form = ListForm(request.GET)
    visible = Selection.objects.for_user(request.user).select_related("owner").with_counts()
    found = form.applied_to(visible, request.user.pk)
    page = Paginator(found, SELECTIONS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "selections/list.html", {"form": form, "page": page})


@require_safe
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    return detail_page(request, pk)


def detail_page(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = _visible(request, pk)
    frames = selection.frames.order_by("task_id", "job_id", "frame")
    archives = _archives(request).filter(selection=selection)
    page = Paginator(frames, FRAMES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "selection": selection,
        "is_mine": selection.owner_id == request.user.pk,
        "page": page,
        "jobs": _per_job(selection),
        "archives": archives[:ARCHIVES_SHOWN],
        "describe": DescribeForm(initial={"name": selection.name, "note": selection.note}),
        "build": BuildForm(),
    }
    return render(request, "selections/detail.html", context)


@require_safe
def frames_csv(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    """The frame list for a spreadsheet."""
    selection = _visible(request, pk)
    rows = frame_list.lines(Selection.objects.for_user(request.user).filter(pk=selection.pk))
    name = f"selection_{selection.pk}_frames.csv"
    return StreamingHttpResponse(
        rows,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
@errors_shown_on(detail_page)
def describe(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = _own(request, pk)
    form = DescribeForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("A selection needs a name of at most 200 characters.")
    services.update_selection(selection=selection, **form.cleaned_data)
    messages.success(request, "Name and note are saved.")
    return redirect(selection)


@require_POST
@errors_shown_on(detail_page)
def share(request: SignedInRequest, pk: int) -> HttpResponse:
    """Share, or take the sharing back, as the button said."""
    selection = _own(request, pk)
    visibility = request.POST.get("visibility", "")
    services.update_selection(selection=selection, visibility=visibility)
    shared = visibility == Selection.Visibility.SHARED
    messages.success(
        request,
        "Everyone who signs in here can see and copy this selection now."
        if shared
        else "Only you can see this selection now.",
    )
    return redirect(selection)


@require_POST
def copy(request: SignedInRequest, pk: int) -> HttpResponse:
    copied = services.copy_selection(user=request.user, selection=_visible(request, pk))
    messages.success(request, "This is your copy.")
    return redirect(copied)


@require_http_methods(["GET", "POST"])
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Asks on GET, does it on POST."""
    selection = _own(request, pk)
    if request.method != "POST":
        archives = selection.archives.count()
        context = {"selection": selection, "archives_count": archives}
        return render(request, "selections/delete.html", context)
    services.delete_selection(selection=selection)
    messages.success(request, f"“{selection.name}” is deleted.")
    return redirect("selections:list")


@require_POST
@errors_shown_on(detail_page)
def build(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = _visible(request, pk)
    form = BuildForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("Choose one of the offered ways to build.")
    archive = services.request_archive(user=request.user, selection=selection, **form.options())
    return redirect(archive)


def _per_job(selection: Selection) -> Any:
    by_job = selection.frames.order_by("task_id", "job_id").values("task_id", "job_id")
    return by_job.annotate(frames=Count("pk"))


def _visible(request: SignedInRequest, pk: int) -> Selection:
    visible = Selection.objects.for_user(request.user).select_related("owner").with_counts()
    return get_object_or_404(visible, pk=pk)


def _own(request: SignedInRequest, pk: int) -> Selection:
    return get_object_or_404(Selection.objects.owned_by(request.user), pk=pk)


# --- archives ----------------------------------------------------------------------------------


@never_cache
@require_safe
def archive_list(request: SignedInRequest) -> HttpResponse:
    mine = _archives(request)
    page = Paginator(mine, ARCHIVES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "selections/archives.html", {"page": page})


@never_cache
@require_safe
def archive_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    return archive_page(request, pk)


def archive_page(request: SignedInRequest, pk: int) -> HttpResponse:
    return render(request, "selections/archive.html", {"archive": _archive(request, pk)})


@never_cache
@require_GET
def archive_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """What moves while it is built; once that is over, the whole card in its place."""
    archive = _archive(request, pk)
    if archive.is_active:
        return render(request, "selections/_progress.html", {"archive": archive})
    response = render(request, "selections/_archive.html", {"archive": archive})
    response.headers["HX-Retarget"] = f"#archive-{archive.pk}"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


@require_POST
@errors_shown_on(archive_page)
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    archive = services.cancel_archive(archive=_archive(request, pk))
    messages.success(request, "The build is cancelled.")
    return redirect(archive)


@require_POST
@errors_shown_on(archive_page)
def build_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """The same once more; what an unfinished try has fetched is not fetched again."""
    before = _archive(request, pk)
    return redirect(services.retry_archive(user=request.user, archive=before))


def _archive_of_part(request: SignedInRequest, pk: int, number: int = 1) -> HttpResponse:
    return archive_page(request, pk)


@require_safe
@errors_shown_on(_archive_of_part)
def download(request: SignedInRequest, pk: int, number: int = 1) -> HttpResponseBase:
    return downloads.send(request, _archive(request, pk), number=number)


def _archive(request: SignedInRequest, pk: int) -> Archive:
    return get_object_or_404(_archives(request), pk=pk)


def _archives(request: SignedInRequest) -> ArchiveQuerySet:
    mine = Archive.objects.for_user(request.user)
    return mine.select_related("selection").prefetch_related("parts")
