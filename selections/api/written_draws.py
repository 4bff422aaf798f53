"""Serializers of draws as they stand in saved selections and in recipes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portal.api.choices import ChoiceField
from selections.api.draw_serializers import ExcludedFilenamesSerializer, Fields, parameter_fields
from selections.methods import draw_choices
from selector.api.annotation_filters import AnnotationFilterSerializer


class DrawParametersSerializer(serializers.Serializer[Any]):
    """Parameters of a draw."""

    task_id = serializers.IntegerField(required=False)
    job_id = serializers.IntegerField(required=False, allow_null=True)
    task_ids = serializers.ListField(child=serializers.IntegerField(), required=False)
    project_id = serializers.IntegerField(required=False)
    saved_search = serializers.IntegerField(
        required=False, help_text="The saved search that found `task_ids`."
    )
    job_ids = serializers.ListField(child=serializers.IntegerField(), required=False)
    stage = serializers.CharField(required=False)
    state = serializers.CharField(required=False)
    assignee = serializers.CharField(required=False)
    filename_contains = serializers.CharField(
        required=False, help_text="Only frames whose name contains each of these words."
    )
    filename_pattern = serializers.CharField(
        required=False, help_text="Only frames whose name is like this pattern."
    )
    first_frame = serializers.IntegerField(required=False)
    last_frame = serializers.IntegerField(required=False)
    exclude_selections = serializers.ListField(child=serializers.IntegerField(), required=False)
    recipe = serializers.IntegerField(
        required=False, help_text="The rounds of this recipe before `round_number` are left out."
    )
    round_number = serializers.IntegerField(required=False, help_text="See `recipe`.")
    annotation_filter = AnnotationFilterSerializer(
        required=False, help_text="Only frames with such annotations."
    )
    labels = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="The labels of which so many frames each were drawn; without it, all.",
    )
    exclude_filenames = ExcludedFilenamesSerializer(
        required=False, help_text="Without frames whose file name is in one of these tasks."
    )
    adjusted_from = serializers.DictField(
        required=False, help_text="The draw that a choice by hand began with."
    )

    def get_fields(self) -> dict[str, Fields]:
        return super().get_fields() | parameter_fields()


@extend_schema_field(DrawParametersSerializer)
class DrawParametersField(serializers.JSONField):
    """See DrawParametersSerializer."""


class WrittenDrawSerializer(DrawParametersSerializer):
    """The draw that the frames began with, as a new selection can be asked for with it."""

    adjusted_from = None  # type: ignore[assignment]  # the draw itself, adjusted or not
    random_seed = serializers.IntegerField()

    def get_fields(self) -> dict[str, Fields]:
        method = ChoiceField(choices=draw_choices())
        return {"frame_selection_method": method, **super().get_fields()}


@extend_schema_field(WrittenDrawSerializer(allow_null=True))
class WrittenDrawField(serializers.JSONField):
    """See WrittenDrawSerializer."""
