"""With whom selections and recipes are shared, in the API."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.fields import IdField
from portal.api.strict import StrictSerializer, StrictView, takes
from portal.api.views import IDS
from portal.signed_in import SignedInApiRequest
from selections import services
from selections.models import (
    Recipe,
    RecipeShare,
    RecipeShareQuerySet,
    Selection,
    Share,
    ShareQuerySet,
)


class SharedTeamSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ShareSerializer(serializers.ModelSerializer[Any]):
    person = serializers.SerializerMethodField(
        help_text="User name of the person; null for a team."
    )
    team = SharedTeamSerializer(allow_null=True, help_text="The team; null for a person.")

    class Meta:
        model = Share
        fields = ["id", "person", "team", "may_edit", "created_at"]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_person(self, share: Share | RecipeShare) -> str | None:
        return share.person.username if share.person else None


class NewShareSerializer(StrictSerializer):
    """A person, or a team that you are a member of: one of both."""

    person = serializers.CharField(
        max_length=150,
        required=False,
        default="",
        help_text="User name in the portal, whole and exactly as at the sign-in.",
    )
    team = IdField(required=False, default=None, help_text="Id of a team of yours.")
    may_edit = serializers.BooleanField(default=False)


class HandOverSerializer(StrictSerializer):
    to = serializers.CharField(max_length=150, help_text="User name of the new owner.")


def _given(request: SignedInApiRequest) -> dict[str, Any]:
    """With whom to share, and what they may do, as services take it."""
    form = NewShareSerializer(data=request.data)
    form.is_valid(raise_exception=True)
    data = form.validated_data
    return {"person": data["person"], "team_id": data["team"], "may_edit": data["may_edit"]}


class AccessShareViewSet(
    StrictView,
    mixins.ListModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Any],
):
    lookup_value_regex = IDS

    def shares_of(self, shared: Any) -> Any:
        """The shares of a selection or recipe that the request may list or delete."""
        user, shares = self.request.user, shared.shares.select_related("person", "team")
        if self.action == "destroy":
            return shares.removable_by(user)
        return shares if shared.owner_id == user.pk else shares.reaching(user)

    def perform_destroy(self, instance: Share | RecipeShare) -> None:
        services.stop_sharing(share=instance)


class ShareViewSet(AccessShareViewSet):
    serializer_class = ShareSerializer
    queryset = Share.objects.none()

    def get_queryset(self) -> ShareQuerySet:
        visible = Selection.objects.for_user(self.request.user)
        selection = get_object_or_404(visible, pk=self.kwargs["selection_id"])
        shares: ShareQuerySet = self.shares_of(selection)
        return shares

    @takes(is_paged=True)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """People and teams that a selection of yours is shared with; of somebody else's, what gives
        access to you."""
        return super().list(request, *args, **kwargs)

    @takes(body=NewShareSerializer, responses={201: ShareSerializer})
    def create(self, request: SignedInApiRequest, selection_id: str) -> Response:
        """Share a selection of yours with a person or a team, to read or to edit it too. Repeating
        it makes no second share, and changes `may_edit`."""
        own = Selection.objects.owned_by(request.user)
        selection = get_object_or_404(own, pk=selection_id)
        share = services.share_selection(user=request.user, selection=selection, **_given(request))
        return Response(self.get_serializer(share).data, status=status.HTTP_201_CREATED)

    @takes()
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Stop sharing a selection of yours, or give up your own access to somebody else's."""
        return super().destroy(request, *args, **kwargs)


class RecipeShareSerializer(ShareSerializer):
    class Meta:
        model = RecipeShare
        fields = ShareSerializer.Meta.fields


class RecipeShareViewSet(AccessShareViewSet):
    serializer_class = RecipeShareSerializer
    queryset = RecipeShare.objects.none()

    def get_queryset(self) -> RecipeShareQuerySet:
        visible = Recipe.objects.for_user(self.request.user)
        recipe = get_object_or_404(visible, pk=self.kwargs["recipe_id"])
        shares: RecipeShareQuerySet = self.shares_of(recipe)
        return shares

    @takes(is_paged=True)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """People and teams that a recipe of yours is shared with; of somebody else's, what gives
        access to you."""
        return super().list(request, *args, **kwargs)

    @takes(body=NewShareSerializer, responses={201: RecipeShareSerializer})
    def create(self, request: SignedInApiRequest, recipe_id: str) -> Response:
        """Share a recipe of yours with a person or a team, to read and copy it, or to change it and
        draw its rounds too. Repeating it makes no second share, and changes `may_edit`."""
        recipe = get_object_or_404(Recipe.objects.owned_by(request.user), pk=recipe_id)
        share = services.share_recipe(user=request.user, recipe=recipe, **_given(request))
        return Response(self.get_serializer(share).data, status=status.HTTP_201_CREATED)

    @takes()
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Stop sharing a recipe of yours, or give up your own access to somebody else's."""
        return super().destroy(request, *args, **kwargs)
