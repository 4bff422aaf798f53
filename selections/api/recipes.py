"""Recipes and their rounds in the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portal.api.choices import ChoiceField
from portal.api.fields import IdField, WholeNumberField
from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.strict import StrictFields, StrictSerializer, StrictView, takes
from portal.api.views import IDS
from portal.signed_in import SignedInApiRequest
from selections import services
from selections.api.draw_serializers import DrawSerializer, Fields, amount_names
from selections.api.serializers import (
    SelectionSerializer,
    saved_selection,
)
from selections.api.shares import HandOverSerializer
from selections.api.written_draws import WrittenDrawField, WrittenDrawSerializer
from selections.methods import draw_choices
from selections.models import Notice, Recipe, RecipeNotices, RecipeQuerySet, Selection
from selections.schedules import SCHEDULES
from selections.webhooks import LONGEST_URL
from selector.services.connections import find_connection

LONGEST_NAME = 180
OF_OWNER = {"schedule", "schedule_hour", "schedule_weekday", "saved_search"}
CHANGEABLE = {"name", "note", *OF_OWNER}


class RecipeDrawSerializer(WrittenDrawSerializer):
    """What each round draws; `random_seed` is null: each round has its own."""

    recipe = None  # type: ignore[assignment]  # that of each round is the recipe itself
    round_number = None  # type: ignore[assignment]
    random_seed = serializers.IntegerField(allow_null=True)


@extend_schema_field(RecipeDrawSerializer)
class RecipeDrawField(WrittenDrawField):
    """See RecipeDrawSerializer."""


class RecipeSerializer(StrictFields, serializers.ModelSerializer[Recipe]):
    owner = serializers.CharField(source="owner.username", read_only=True)
    may_edit = serializers.BooleanField(read_only=True)
    connection = serializers.SerializerMethodField()
    draw = RecipeDrawField(read_only=True, help_text="What each round draws.")
    rounds_count = serializers.IntegerField(
        read_only=True, help_text="How many rounds there are, without deleted ones."
    )
    last_round_at = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="When the newest round was drawn; null without any.",
    )

    schedule = ChoiceField(
        choices=[key for key, _ in SCHEDULES],
        required=False,
        help_text="When rounds are drawn by themselves: `daily`, `weekly`, or empty for never.",
    )
    schedule_hour = WholeNumberField(
        required=False,
        min_value=0,
        max_value=23,
        help_text="At which full hour, in the time zone of the portal.",
    )
    schedule_weekday = WholeNumberField(
        required=False,
        min_value=0,
        max_value=6,
        help_text="On which day, if weekly: 0 is Monday, 6 is Sunday.",
    )

    saved_search = IdField(
        required=False,
        write_only=True,
        help_text="A saved search of yours, for the tasks of which the recipe draws from now on; "
        "`draw` names the present one.",
    )

    class Meta:
        model = Recipe
        fields = [
            "id",
            "owner",
            "may_edit",
            "connection",
            "url",
            "organization",
            "name",
            "note",
            "draw",
            "last_round",
            "rounds_count",
            "last_round_at",
            "schedule",
            "schedule_hour",
            "schedule_weekday",
            "next_round_at",
            "problem",
            "problem_at",
            "saved_search",
            "created_at",
            "updated_at",
        ]
        read_only_fields = [name for name in fields if name not in CHANGEABLE]
        extra_kwargs = {
            "note": {"max_length": Selection.LONGEST_NOTE},
            "last_round": {
                "help_text": "The highest number that a round was given; 0 before the first."
            },
            "next_round_at": {"help_text": "When the schedule has a round drawn; null for never."},
            "problem": {
                "help_text": "Why the schedule could not draw the last round that was due; empty "
                "when it could."
            },
            "problem_at": {"help_text": "When that was; null without a problem."},
        }
        # What the database checks, the service tells of.
        validators: list[Any] = []

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_connection(self, recipe: Recipe) -> int | None:
        """The owner's; null for everyone else, who may not use it."""
        is_owner = recipe.owner_id == self.context["request"].user.pk
        return recipe.connection_id if is_owner else None


class NewRecipeSerializer(DrawSerializer):
    """`name`, and either `selection`, whose draw is taken, or a draw: `frame_selection_method` with
    what to draw from, and an amount."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=Selection.LONGEST_NOTE, default=""
    )
    selection = IdField(
        required=False,
        allow_null=True,
        help_text="A selection of yours that was drawn: it becomes round 1.",
    )

    # Of single rounds.
    recipe = None  # type: ignore[assignment]
    round_number = None  # type: ignore[assignment]
    random_seed = None  # type: ignore[assignment]

    def get_fields(self) -> dict[str, Fields]:
        method = ChoiceField(choices=draw_choices(), required=False)
        return {**super().get_fields(), "frame_selection_method": method}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        drawn = attrs.keys() - {"name", "note", "selection"}
        if attrs.get("selection") is not None:
            if drawn:
                why = "goes with a draw alone: leave it out, or leave out selection."
                raise serializers.ValidationError({name: [why] for name in sorted(drawn)})
            return attrs
        if "frame_selection_method" not in attrs:
            raise serializers.ValidationError(
                {"frame_selection_method": "Give this or selection: what each round is to draw."}
            )
        attrs = super().validate(attrs)
        method = attrs["frame_selection_method"]
        amounts = amount_names(method)
        if amounts and sum(name in attrs for name in amounts) != 1:
            wanted = " or ".join(amounts)
            raise serializers.ValidationError(f"{method} takes exactly one of {wanted}.")
        return attrs


class RecipeNoticesSerializer(StrictSerializer):
    """Where notices of scheduled rounds are sent: by mail to your address, where the operator has
    set up mail, and as a signed POST."""

    by_mail = serializers.BooleanField(default=False, help_text="Whether to send mail.")
    webhook_url = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=LONGEST_URL,
        help_text="Address that JSON is posted to; empty for none. The header X-Selector-Signature "
        "has `sha256=` and the HMAC-SHA256 of the body with the secret.",
    )


class SavedNoticesSerializer(RecipeNoticesSerializer):
    webhook_secret = serializers.CharField(
        help_text="The secret of an address that is new, which is not answered again; else empty."
    )


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    class Meta:
        model = Notice
        fields = [
            "id",
            "channel",
            "event",
            "status",
            "attempts",
            "next_attempt_at",
            "problem",
            "created_at",
            "ended_at",
        ]
        extra_kwargs = {
            "channel": {"help_text": "`mail` or `webhook`."},
            "event": {"help_text": "`round.drawn` or `round.failed`."},
            "status": {"help_text": "`waiting`, `sent`, or `failed` after the last attempt."},
            "attempts": {"help_text": "How often it was tried to send it."},
            "next_attempt_at": {"help_text": "When it is tried next; null once it has ended."},
            "problem": {"help_text": "Why the last attempt failed; empty if it did not."},
            "ended_at": {"help_text": "When it was sent or given up; null before."},
        }


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
