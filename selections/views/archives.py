"""Pages of archives: parse, call one service, answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from portal.pages import errors_shown_on
from portal.paging import ListPaginator
from portal.signed_in import SignedInRequest
from selections import downloads, live_downloads, page_queries, services
from selections.models import Archive, ArchiveQuerySet

ARCHIVES_PER_PAGE = 20


@never_cache
@require_safe
def archive_list(request: SignedInRequest) -> HttpResponse:
    word = request.GET.get("status", "")
    chosen = Archive.Status(word) if word in Archive.Status.values else None
    stock = page_queries.stock(request.user)
    count = stock.by_status.get(chosen, 0) if chosen else stock.total
    archives = _archives(request) if count else Archive.objects.none()
    paginator = ListPaginator(
        archives.filter(status=chosen) if chosen else archives, ARCHIVES_PER_PAGE
    )
    paginator.count = count  # known: not counted again
    context = {
        "page": paginator.get_page(request.GET.get("page")),
        "chosen": chosen,
        "stock": stock,
    }
    return render(request, "selections/archives.html", context)


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


@require_POST
@errors_shown_on(archive_page)
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    archive = _archive(request, pk)
    services.delete_archive(archive=archive)
    messages.success(request, f"{archive.download_name} is deleted. Its selection is kept.")
    return redirect("selections:archives")


def _archive_of_part(request: SignedInRequest, pk: int, number: int = 1) -> HttpResponse:
    return archive_page(request, pk)


@require_safe
@errors_shown_on(_archive_of_part)
def download(request: SignedInRequest, pk: int, number: int = 1) -> HttpResponseBase:
    """The ZIP; with `?follow` also while it is built."""
    send = live_downloads.follow if "follow" in request.GET else downloads.send
    return send(request, _archive(request, pk), number=number)


def _archive(request: SignedInRequest, pk: int) -> Archive:
    return get_object_or_404(_archives(request), pk=pk)


def _archives(request: SignedInRequest) -> ArchiveQuerySet:
    return Archive.objects.for_user(request.user).for_cards(request.user)
