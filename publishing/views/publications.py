"""Pages of publications: the list, one of them, cancel."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from portal.exceptions import Explained
from portal.pages import errors_shown_on
from portal.paging import ListPaginator
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.models import Publication, PublicationQuerySet

PUBLICATIONS_PER_PAGE = 20


@never_cache
@require_safe
def publication_list(request: SignedInRequest) -> HttpResponse:
    publications = _publications(request)
    page = ListPaginator(publications, PUBLICATIONS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "publishing/publications.html", {"page": page})


@never_cache
@require_safe
def publication(request: SignedInRequest, pk: int) -> HttpResponse:
    return publication_page(request, pk)


def publication_page(request: SignedInRequest, pk: int) -> HttpResponse:
    context = {"publication": _publication(request, pk)}
    return render(request, "publishing/publication.html", context)


@never_cache
@require_GET
def progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """The card of a publication, with `?in=list` as in the list; it asks for itself again while it
    is under way."""
    context = {"publication": _publication(request, pk), "with_link": "in" in request.GET}
    return render(request, "publishing/_publication.html", context)


@never_cache
@require_GET
def jobs(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far the jobs of a publication are in CVAT; part of its page."""
    context: dict[str, object] = {}
    try:
        followed = services.follow_jobs(user=request.user, publication=_publication(request, pk))
        context["jobs"] = followed
        context["has_reviewers"] = any(each.reviewer for each in followed)
    except Explained as error:
        context["error"] = str(error)
    return render(request, "publishing/_jobs.html", context)


@require_POST
@errors_shown_on(publication_page)
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    cancelled = services.cancel_publication(publication=_publication(request, pk))
    stays = " What CVAT has done already stays." if cancelled.steps else ""
    messages.success(request, f"The publication is cancelled.{stays}")
    return redirect(cancelled)


def _publication(request: SignedInRequest, pk: int) -> Publication:
    return get_object_or_404(_publications(request), pk=pk)


def _publications(request: SignedInRequest) -> PublicationQuerySet:
    own = Publication.objects.for_user(request.user).for_list()
    return own.with_visible_selection(request.user)
