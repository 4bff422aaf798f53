"""The archives under way, at the top of every page."""

from __future__ import annotations

from typing import Any

from django import template

from selections.models import Archive

register = template.Library()


@register.inclusion_tag("_tray.html", takes_context=True)
def tray(context: template.Context) -> dict[str, Any]:
    """How many run is told with the page, so that nothing jumps and nothing is asked in vain."""
    return {"active": Archive.objects.for_user(context["user"]).active().count()}
