"""Rendering of form fields."""

from __future__ import annotations

import pickle
from functools import lru_cache
from typing import Any

from django.forms.renderers import DjangoTemplates

WIDGETS = "django/forms/widgets/"
MOST_WIDGETS = 1000
LONGEST_WIDGET = 10_000  # bytes of its context: longer ones are not kept


class Renderer(DjangoTemplates):
    """Keeps the HTML of widgets: the page of a selection has 20 of them, nearly always with the
    same content, and Django renders each option of a select by two templates."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> Any:
        if template_name.startswith(WIDGETS):
            # Tells apart what is equal but not rendered alike: 1 and True, text and safe HTML.
            pickled = pickle.dumps(context)
            if len(pickled) <= LONGEST_WIDGET:
                return _rendered(self, template_name, pickled)
        return super().render(template_name, context, request)

    def render_anew(self, template_name: str, context: dict[str, Any]) -> Any:
        return super().render(template_name, context)


@lru_cache(MOST_WIDGETS)
def _rendered(renderer: Renderer, template_name: str, pickled: bytes) -> Any:
    """The HTML for a pickled context, which this process has made."""
    return renderer.render_anew(template_name, pickle.loads(pickled))  # noqa: S301
