"""The recipes that draw from the tasks of a saved search, beside the search."""

from __future__ import annotations

from typing import Any

from django import template

from selections.models import Recipe
from selections.services import recipes_by_search
from selector.models import SavedSearch

register = template.Library()

RECIPES = "recipes_by_search"


@register.simple_tag(takes_context=True)
def recipes_of_search(context: Any, search: SavedSearch) -> list[str]:
    """The names of the recipes of the user. Read once for all searches of a page."""
    by_search: dict[int, list[Recipe]] | None = context.render_context.get(RECIPES)
    if by_search is None:
        by_search = context.render_context[RECIPES] = recipes_by_search(context["user"])
    return [recipe.name for recipe in by_search.get(search.pk, [])]
