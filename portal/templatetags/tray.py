"""The work under way, at the top of every page."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from portal.work.listing import active_kinds
from portal.work.models import kinds
from portal.work.values import WorkStatus

register = template.Library()


@register.inclusion_tag("_tray.html", takes_context=True)
def tray(context: template.Context) -> dict[str, Any]:
    """The number under way comes with the page, so that nothing moves later and no request is made
    while there is none."""
    active = active_kinds(context["user"])
    activities = {kind.Status.RUNNING.label for kind in active}
    return {
        "active": len(active),
        "activity": activities.pop() if len(activities) == 1 else WorkStatus.RUNNING.label,
        "lists": [
            (kind._meta.verbose_name_plural, reverse(kind.list_page))
            for kind in kinds()
            if kind.list_page
        ],
    }
