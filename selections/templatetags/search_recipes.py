"""The recipes that draw from the tasks of a saved search, beside the search."""

from __future__ import annotations

from typing import Any

from django import template

from selections.models import Recipe
from selector.models import SavedSearch

register = template.Library()

RECIPES = "recipes_by_search"


@register.simple_tag(takes_context=True)
def recipes_of_search(context: Any, search: SavedSearch) -> list[str]:
    """The names of the recipes of the user. Read once for all searches of a page."""
    by_search: dict[int, list[str]] | None = context.render_context.get(RECIPES)
    if by_search is None:
        by_search = {}
        for recipe in Recipe.objects.owned_by(context["user"]):
            if (used := recipe.get_draw().saved_search) is not None:
                by_search.setdefault(used, []).append(recipe.name)
        context.render_context[RECIPES] = by_search
    return by_search.get(search.pk, [])
