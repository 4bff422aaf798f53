"""The draw methods for the workspace."""

from __future__ import annotations

from typing import Any

from django import template

from selections.methods import METHODS

register = template.Library()


@register.simple_tag
def draw_methods() -> list[dict[str, Any]]:
    """See draw_methods.js."""
    return [
        {
            "key": method.key,
            "label": method.short_label,
            "isPerJob": method.is_per_job,
            "isPerLabel": method.is_per_label,
            "parameters": [
                {"name": each.name, "kind": each.kind, "label": each.label}
                for each in method.parameters
            ],
        }
        for method in METHODS.values()
    ]
