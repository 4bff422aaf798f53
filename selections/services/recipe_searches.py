"""The saved searches that recipes draw from."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from portal.exceptions import Conflict
from portal.work.models import lock_person
from selections.models import Recipe
from selector.models import SavedSearch
from selector.services import saved_searches


class SearchHasRecipes(Conflict):
    """Recipes draw from the saved search that is to be deleted."""

    code = "search_has_recipes"

    def __init__(self, search: SavedSearch, recipes: list[Recipe]) -> None:
        count = len(recipes)
        which, them = ("1 recipe draws", "it") if count == 1 else (f"{count} recipes draw", "them")
        super().__init__(
            f"{which} from the search “{search.name}”. Without the search no round of {them} can "
            f"be drawn until another search is chosen for {them}. Choose one first, or delete the "
            "search with despite_recipes=true."
        )
        self.recipes = recipes


def searches_for(recipe: Recipe) -> QuerySet[SavedSearch]:
    """The saved searches of the owner that the recipe can draw from."""
    own = SavedSearch.objects.for_user(recipe.owner)
    return own.filter(url=recipe.url, organization=recipe.organization)


def recipes_by_search(user: User) -> dict[int, list[Recipe]]:
    """The recipes of the user that draw from the tasks of a saved search, by the id of the search
    and in the order of their names."""
    by_search: dict[int, list[Recipe]] = {}
    for recipe in Recipe.objects.owned_by(user):
        if (used := recipe.get_draw().saved_search) is not None:
            by_search.setdefault(used, []).append(recipe)
    return by_search


def delete_search(*, saved: SavedSearch, despite_recipes: bool) -> None:
    """Delete a saved search. Raises SearchHasRecipes if recipes of its owner draw from it, unless
    they may be left without a search."""
    with transaction.atomic():
        lock_person(saved.owner_id)  # no recipe is saved between the question and the deletion
        recipes = recipes_by_search(saved.owner).get(saved.pk)
        if recipes and not despite_recipes:
            raise SearchHasRecipes(saved, recipes)
        saved_searches.delete_search(saved=saved)
