"""The page of the results of a publication: compare, decide, write them back."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cvat.links import frame_link
from portal.exceptions import Explained
from portal.pages import errors_shown_in
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.change import Change
from publishing.forms import WriteBackForm
from publishing.models import Publication, WritePermission
from publishing.results import ComparedFrame
from publishing.views.deciding import refused_page
from selections.services.connections import required_connection

PAGE = "publishing/results.html"
MOST_LISTED = 100  # frames that differ


@never_cache
@require_http_methods(["GET", "POST"])
def results(request: SignedInRequest, pk: int) -> HttpResponse:
    own = Publication.objects.for_user(request.user).with_visible_selection(request.user)
    publication = get_object_or_404(own, pk=pk)
    if request.method == "GET":
        return _page(request, publication)
    form = WriteBackForm(request.POST)
    if not form.is_valid():
        return _page(request, publication, form, status=400)
    options = form.options(publication.pk)
    with errors_shown_in(form) as outcome:
        if "show" in request.POST:
            _, planned = services.plan_write_back(
                user=request.user, source=publication, options=options
            )
            if not planned:
                messages.info(request, services.NOTHING_TO_WRITE)
            return _page(request, publication, form, planned=planned)
        written = services.request_write_back(
            user=request.user, source=publication, options=options
        )
    if form.errors:
        return _page(request, publication, form, status=outcome.status)
    messages.success(request, "The writing was requested. This page shows how far it is.")
    return redirect(written)


def _page(
    request: SignedInRequest,
    publication: Publication,
    form: WriteBackForm | None = None,
    *,
    planned: Sequence[Change] = (),
    status: int = 200,
) -> HttpResponse:
    try:
        connection = required_connection(request.user, publication)
        comparison = services.compare_results(user=request.user, publication=publication)
    except Explained as error:
        return refused_page(request, PAGE, {"publication": publication}, error)
    differing = comparison.differing
    context = {
        "publication": publication,
        "comparison": comparison,
        "differing_count": len(differing),
        "differing": [_with_links(publication, frame) for frame in differing[:MOST_LISTED]],
        "unknown_labels": sorted(comparison.unknown_labels.items()),
        "unexpected_kinds": sorted(comparison.unexpected_kinds.items()),
        "form": form or WriteBackForm(),
        "planned": [(change, change.body_text) for change in planned],
        "permission": WritePermission.objects.of(connection),
        "check": {"connection": connection},  # as on the other pages that send something
    }
    return render(request, PAGE, context, status=status)


def _with_links(publication: Publication, frame: ComparedFrame) -> dict[str, object]:
    """A frame and its addresses in CVAT, in its task and among the results."""
    place, url = frame.place, publication.url
    new_task_id = publication.result_task_id or place.task_id
    return {
        "place": place,
        "differences": frame.differences,
        "url": frame_link(url, place.task_id, frame.job_id, place.frame),
        "new_url": frame_link(url, new_task_id, frame.new_job_id, place.new_frame),
    }
