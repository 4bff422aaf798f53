"""The deletion of saved searches in the API: not unnoticed by the recipes that draw from them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers, status
from rest_framework.response import Response

from portal.api.errors import shape
from portal.api.schema import ErrorSerializer
from portal.api.strict import StrictSerializer, takes
from portal.signed_in import SignedInApiRequest
from selections import services
from selector.api import saved_searches


class DeletionQuerySerializer(StrictSerializer):
    despite_recipes = serializers.BooleanField(
        default=False,
        help_text="Delete the search although recipes draw from its tasks. No round of them can be "
        "drawn then, until their `saved_search` is changed.",
    )


class RecipeOfSearchSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class SearchHasRecipesSerializer(ErrorSerializer):
    """Recipes draw from the tasks of the search: `code` is `search_has_recipes`."""

    recipes = RecipeOfSearchSerializer(
        many=True, help_text="Your recipes that draw from the search, by name."
    )


class SavedSearchViewSet(saved_searches.SavedSearchViewSet):
    @takes(query=DeletionQuerySerializer, responses={204: None, 409: SearchHasRecipesSerializer})
    def destroy(self, request: SignedInApiRequest, pk: str) -> Response:
        """Delete a saved search. Selections that were drawn by it keep the tasks that it found
        then. 409 with the code `search_has_recipes` and the list of your `recipes` that draw from
        it, without `despite_recipes`."""
        saved = self.get_object()
        try:
            services.delete_search(saved=saved, despite_recipes=self.query["despite_recipes"])
        except services.SearchHasRecipes as error:
            recipes = RecipeOfSearchSerializer(error.recipes, many=True).data
            answer = shape(error.code, str(error), is_specified=False) | {"recipes": recipes}
            return Response(answer, status=status.HTTP_409_CONFLICT)
        return Response(status=status.HTTP_204_NO_CONTENT)
