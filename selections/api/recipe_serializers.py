"""Serializers of recipes and of notices of their rounds."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portal.api.choices import ChoiceField
from portal.api.fields import IdField, WholeNumberField
from portal.api.strict import StrictFields, StrictSerializer
from selections.api.draw_serializers import DrawSerializer, Fields, amount_names
from selections.api.written_draws import WrittenDrawField, WrittenDrawSerializer
from selections.methods import draw_choices
from selections.models import Notice, Recipe, Selection
from selections.schedules import SCHEDULES
from selections.webhooks import LONGEST_URL

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
