"""The publications on the page of a selection."""

from __future__ import annotations

from typing import Any

from django import template

from publishing.services.newest_publications import newest_publications
from selections.models import Selection

register = template.Library()

MOST_LISTED = 5


@register.inclusion_tag("publishing/_newest_publications.html", takes_context=True)
def publications_of(context: dict[str, Any], selection: Selection) -> dict[str, Any]:
    """What the user has made of the selection in CVAT, or is making, newest first."""
    publications = newest_publications(context["user"], selection)
    return {
        "publications": publications[:MOST_LISTED],
        "has_more": len(publications) > MOST_LISTED,
    }
