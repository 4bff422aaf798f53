"""Words of publications, for templates."""

from __future__ import annotations

from datetime import datetime

from django import template

register = template.Library()


@register.filter
def as_moment(text: str) -> datetime:
    """The time of a step, which the row has as text."""
    return datetime.fromisoformat(text)
