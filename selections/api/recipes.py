"""Recipes and their rounds in the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.strict import StrictView, takes
from portal.api.views import IDS
from portal.signed_in import SignedInApiRequest
from selections import services
from selections.api.recipe_serializers import (
    OF_OWNER,
    NewRecipeSerializer,
    NoticeSerializer,
    RecipeNoticesSerializer,
    RecipeSerializer,
    SavedNoticesSerializer,
)
from selections.api.serializers import (
    SelectionSerializer,
    saved_selection,
)
from selections.api.shares import HandOverSerializer
from selections.models import Notice, Recipe, RecipeNotices, RecipeQuerySet, Selection
from selector.services.connections import find_connection


class RecipeViewSet(
    StrictView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Any],  # of recipes, and of their rounds
):
    serializer_class = RecipeSerializer
    queryset = Recipe.objects.none()
    lookup_value_regex = IDS

    def get_queryset(self) -> RecipeQuerySet:
        user = self.request.user
        if self.action in {"destroy", "hand_over", "notices", "set_notices", "sent_notices"}:
            recipes = Recipe.objects.owned_by(user)
        elif self.action == "partial_update":
            data = self.request.data
            is_of_owner = isinstance(data, Mapping) and not OF_OWNER.isdisjoint(data)
            recipes = Recipe.objects.editable_by(user)
            if is_of_owner:
                recipes = recipes.owned_by(user)
        elif self.action == "draw_round":
            recipes = Recipe.objects.editable_by(user)
        else:
            recipes = Recipe.objects.for_user(user)
        # Without an order the pages of the list may overlap.
        return recipes.select_related("owner").with_rounds().with_may_edit(user).order_by("-pk")

    @takes(
        body=NewRecipeSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: RecipeSerializer},
    )
    def create(self, request: SignedInApiRequest) -> Response:
        """Save a draw to be drawn round after round: that of a selection of yours, or a new one."""
        form = NewRecipeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return once(request, lambda: self._create(request, form))

    def _create(self, request: SignedInApiRequest, form: NewRecipeSerializer) -> Response:
        data = form.validated_data
        about = {"user": request.user, "name": data["name"], "note": data["note"]}
        if data.get("selection") is not None:
            own = Selection.objects.owned_by(request.user)
            selection = get_object_or_404(own, pk=data["selection"])
            recipe = services.save_as_recipe(selection=selection, **about)
        else:
            connection = find_connection(user=request.user, connection_id=data.get("connection"))
            recipe = services.create_recipe(connection=connection, draw=form.draw(), **about)
        return self._answer(recipe, status.HTTP_201_CREATED)

    @takes(body=RecipeSerializer)
    def partial_update(self, request: SignedInApiRequest, pk: str) -> Response:
        """Change name or note of a recipe that you may edit; of your own also the schedule, or the
        saved search that gives the tasks."""
        recipe = self.get_object()
        form = self.get_serializer(recipe, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        services.update_recipe(recipe=recipe, **form.validated_data)
        return self._answer(recipe, status.HTTP_200_OK)

    def perform_destroy(self, instance: Recipe) -> None:
        services.delete_recipe(recipe=instance)

    @takes(body=HandOverSerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="hand-over", url_name="hand-over")
    def hand_over(self, request: SignedInApiRequest, pk: str) -> Response:
        """Make another person the owner of a recipe of yours, which you do not see any more. Its
        rounds stay with whoever drew them, and its schedule ends."""
        form = HandOverSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        services.give_recipe(user=request.user, recipe=self.get_object(), **form.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @takes(parameters=[IDEMPOTENCY_KEY], responses={201: RecipeSerializer})
    @action(detail=True, methods=["post"])
    def copy(self, request: SignedInApiRequest, pk: str) -> Response:
        """A recipe of your own that draws the same and has no rounds yet."""

        def copy() -> Response:
            copied = services.copy_recipe(user=request.user, recipe=self.get_object())
            return self._answer(copied, status.HTTP_201_CREATED)

        return once(request, copy)

    @takes(is_paged=True, responses=SelectionSerializer(many=True))
    @action(detail=True)
    def rounds(self, request: SignedInApiRequest, pk: str) -> Response:
        """The rounds, the newest first."""
        rounds = Selection.objects.for_user(request.user).rounds_of(self.get_object())
        page = self.paginate_queryset(rounds.detailed(request.user))
        context = self.get_serializer_context()
        listed = SelectionSerializer(page, many=True, context=context)
        return self.get_paginated_response(listed.data)

    @takes(parameters=[IDEMPOTENCY_KEY], responses={201: SelectionSerializer})
    @rounds.mapping.post
    def draw_round(self, request: SignedInApiRequest, pk: str) -> Response:
        """Draw the next round: the recipe as CVAT has its tasks now, without the frames of its
        earlier rounds. With `frames_count` below `frames_requested` no more frames are left."""

        def draw() -> Response:
            drawn = services.draw_next_round(user=request.user, recipe=self.get_object())
            answer = saved_selection(request, drawn.selection)
            return Response(answer, status=status.HTTP_201_CREATED)

        return once(request, draw)

    @takes(responses=RecipeNoticesSerializer)
    @action(detail=True)
    def notices(self, request: SignedInApiRequest, pk: str) -> Response:
        """Where notices of scheduled rounds are sent."""
        notices = RecipeNotices.of(self.get_object())
        return Response({"by_mail": notices.by_mail, "webhook_url": notices.webhook_url})

    @takes(body=RecipeNoticesSerializer, responses=SavedNoticesSerializer)
    @notices.mapping.put
    def set_notices(self, request: SignedInApiRequest, pk: str) -> Response:
        """Change where notices of scheduled rounds are sent. A new address has a new secret."""
        recipe = self.get_object()
        form = RecipeNoticesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        secret = services.set_notices(recipe=recipe, **form.validated_data)
        notices = RecipeNotices.of(recipe)
        return Response(
            {
                "by_mail": notices.by_mail,
                "webhook_url": notices.webhook_url,
                "webhook_secret": secret,
            }
        )

    @takes(is_paged=True, responses=NoticeSerializer(many=True))
    @action(detail=True, url_path="sent-notices", url_name="sent-notices")
    def sent_notices(self, request: SignedInApiRequest, pk: str) -> Response:
        """Notices of scheduled rounds that were written, the newest first; the last 100 are
        kept."""
        own = Notice.objects.for_user(request.user).filter(recipe=self.get_object())
        listed = NoticeSerializer(self.paginate_queryset(own), many=True)
        return self.get_paginated_response(listed.data)

    def _answer(self, recipe: Recipe, code: int) -> Response:
        again = self.get_queryset().get(pk=recipe.pk)
        return Response(self.get_serializer(again).data, status=code)
