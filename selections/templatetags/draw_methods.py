"""The draw methods, and the rules for file names, for the workspace."""

from __future__ import annotations

from typing import Any

from django import template

from selections.known_names import MATCHES
from selections.methods import METHODS

register = template.Library()


@register.simple_tag
def draw_methods() -> list[dict[str, Any]]:
    """See draw_methods.js."""
    return [
        {
            "key": method.key,
            "label": method.short_label,
            "description": method.description,
            "isPerJob": method.is_per_job,
            "isPerLabel": method.is_per_label,
            "isRandom": method.is_random,
            "nestedUpTo": method.nested_up_to,
            "isForOneJob": method.is_for_one_job,
            "isForOneTask": method.is_for_one_task,
            "shortage": method.shortage,
            "amounts": [
                {"name": each.name, "kind": each.kind, "label": each.label}
                for each in method.amounts
            ],
            "settings": [
                {
                    "name": each.name,
                    "label": each.label,
                    "description": each.description,
                    "default": each.default,
                }
                for each in method.settings
            ],
        }
        for method in METHODS.values()
    ]


@register.simple_tag
def name_matches() -> tuple[tuple[str, str], ...]:
    """The rules by which file names of tasks are the same: keys and labels."""
    return MATCHES
