"""The publications on the page of a selection."""

from __future__ import annotations

from typing import Any

from django import template

from publishing.models import Publication
from selections.models import Selection

register = template.Library()

MOST_LISTED = 5
# Nearly every selection has none: a query of a few columns is built in half the time.
SHOWN = ("target", "status", "url", "task_id", "result_job_id", "result_task_id", "created_at")


@register.inclusion_tag("publishing/_of_selection.html", takes_context=True)
def publications_of(context: dict[str, Any], selection: Selection) -> dict[str, Any]:
    """What the user has made of the selection in CVAT, or is making, newest first."""
    own = Publication.objects.for_user(context["user"]).filter(selection=selection)
    publications = list(own.only(*SHOWN).order_by("-created_at", "-pk")[: MOST_LISTED + 1])
    return {
        "publications": publications[:MOST_LISTED],
        "has_more": len(publications) > MOST_LISTED,
    }
