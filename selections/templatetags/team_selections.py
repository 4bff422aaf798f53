"""The selections on the page of a team."""

from __future__ import annotations

from typing import Any

from django import template

from portal.models import Team
from selections.models import Selection

register = template.Library()

MOST_LISTED = 100


@register.inclusion_tag("selections/_of_team.html", takes_context=True)
def selections_of_team(context: dict[str, Any], team: Team) -> dict[str, Any]:
    """The selections that are shared with the team, newest first."""
    user = context["user"]
    shared = Selection.objects.for_user(user).listed().shared_with(team)
    return {
        "team": team,
        "user": user,
        "count": shared.count(),
        "selections": shared.with_owner_names().with_counts()[:MOST_LISTED],
    }
