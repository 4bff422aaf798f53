"""Random draws in the API: what to draw, and what was drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rest_framework import serializers

from cvat.links import InvalidAddress, normalize_url
from portal.api.choices import ChoiceField
from portal.api.fields import IdField, ListField, WholeNumberField
from portal.api.strict import StrictSerializer
from selections.api.amount_fields import (
    REQUIRED_AMOUNT,
    CountField,
    SeedField,
    SettingField,
    ShareField,
)
from selections.draws import Draw
from selections.known_names import AS_IS, MATCHES, MOST_TASKS
from selections.methods import DEFAULT, METHODS, draw_choices
from selections.methods.method import Parameter
from selections.sampling import JobDraw, TaskDraw
from selector.api.annotation_filters import NamesField
from selector.api.scopes import ScopeSerializer
from selector.api.serializers import LoadImagesAnswer

MOST_EXCLUDED = 100
MOST_ROUNDS = 2**31 - 1
MOST_PAIRS = 200  # of near-duplicates in an answer
Fields = serializers.Field[Any, Any, Any, Any]


def parameter_fields() -> dict[str, Fields]:
    """A field for each parameter that a draw method takes."""
    return {
        each.name: _parameter_field(each)
        for method in METHODS.values()
        for each in method.parameters
    }


def _parameter_field(parameter: Parameter) -> Fields:
    if parameter.kind == "number":
        return SettingField(
            parameter.label.lower(),
            min_value=parameter.minimum,
            max_value=parameter.maximum,
            help_text=f"{parameter.description} {parameter.default} unless given.",
        )
    kind = CountField if parameter.kind == "count" else ShareField
    return kind(required=False, help_text=parameter.description)


class OtherTaskSerializer(StrictSerializer):
    """A task, and the address of its CVAT server; without one it is that of the draw. You must be
    connected to another server."""

    task_id = IdField(help_text="Id of the task in CVAT.")
    url = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=500,
        help_text="Address of the CVAT server, if it is another one than that of the draw.",
    )

    def validate_url(self, url: str) -> str:
        try:
            return normalize_url(url) if url else ""
        except InvalidAddress as error:
            raise serializers.ValidationError(str(error)) from None


class ExcludedFilenamesSerializer(StrictSerializer):
    """Leave out frames whose file name is in one of these tasks already. `match` says which names
    are the same."""

    tasks = ListField(child=OtherTaskSerializer(), allow_empty=False, max_length=MOST_TASKS)
    match = ChoiceField(
        choices=MATCHES,
        default=AS_IS,
        help_text="`as_is`: with their folders. `base_name`: without. `base_name_without_job_id`: "
        "without folders and a leading `<job id>_`, on both sides.",
    )


class DrawSerializer(ScopeSerializer):
    """What to draw from a job, a task, several tasks or a project, in CVAT's words."""

    random_seed = SeedField()
    exclude_selections = ListField(child=IdField(), required=False, max_length=MOST_EXCLUDED)
    recipe = IdField(
        required=False,
        allow_null=True,
        help_text="Leave out the rounds of this recipe before `round_number`.",
    )
    round_number = WholeNumberField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MOST_ROUNDS,
        help_text="The round of `recipe` whose earlier rounds are left out.",
    )
    labels = NamesField(
        help_text="The labels of which so many frames each are drawn; without it, all there are."
    )
    exclude_filenames = ExcludedFilenamesSerializer(
        required=False,
        help_text="Leave out frames whose file name is in one of these tasks already.",
    )

    def get_fields(self) -> dict[str, Fields]:
        method = ChoiceField(choices=draw_choices(), default=DEFAULT)
        return {**super().get_fields(), "frame_selection_method": method, **parameter_fields()}

    def validate_exclude_selections(self, ids: list[int]) -> list[int]:
        return sorted(set(ids))

    def validate_labels(self, names: list[str]) -> list[str]:
        return sorted(set(names))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        self._refuse_parameters_of_other_methods(attrs)
        if (attrs.get("recipe") is None) != (attrs.get("round_number") is None):
            raise serializers.ValidationError("Give both recipe and round_number, or neither.")
        if attrs.get("labels") and not METHODS[attrs["frame_selection_method"]].is_per_label:
            per_label = " or ".join(key for key, method in METHODS.items() if method.is_per_label)
            raise serializers.ValidationError(
                {"labels": f"goes with frame_selection_method {per_label} alone."}
            )
        return super().validate(attrs)

    def _refuse_parameters_of_other_methods(self, attrs: dict[str, Any]) -> None:
        key = attrs["frame_selection_method"]
        own = [each.name for each in METHODS[key].parameters]
        for other, method in METHODS.items():
            for name in (each.name for each in method.parameters):
                if name in attrs and name not in own:
                    why = (
                        f"goes with frame_selection_method {other}, not with {key}, "
                        f"which takes {' or '.join(own)}."
                    )
                    raise serializers.ValidationError({name: why})

    def draw(self) -> Draw:
        data = self.validated_data
        draw = Draw.from_json(data)
        return replace(draw, count=data.get("count", draw.count))


def amount_names(method: str) -> list[str]:
    """The keys of the amounts that the method takes, of which a draw has exactly one."""
    return [each.name for each in METHODS[method].amounts]


class RandomSelectSerializer(DrawSerializer):
    """`count` frames of each job; or, in CVAT's words, another method and amount."""

    count = CountField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        method = attrs["frame_selection_method"]
        amounts = amount_names(method)
        named = [name for name in ("count", *amounts) if name in attrs]
        if named and not amounts:
            raise serializers.ValidationError({"count": f"{method} takes no number of frames."})
        if amounts and not named:
            raise serializers.ValidationError({"count": REQUIRED_AMOUNT})
        if len(named) > 1:
            raise serializers.ValidationError(f"Give only one of {' and '.join(named)}.")
        return attrs


class SharedFramesSerializer(serializers.Serializer[Any]):
    job_id = serializers.IntegerField()
    frames_count = serializers.IntegerField()


class JobSummarySerializer(serializers.Serializer[Any]):
    """`selected` frames count for this job, of the `total` that it holds. `requested`: how many
    were asked for of this job; null in a draw over all jobs. Drawn frames that the job holds too
    and that count for another, overlapping job are in `counted_for_other_jobs`. `reason` says why
    a job gave fewer than asked: `too_few_frames` (it has no more) or `counted_for_other_jobs`.
    `near_duplicates` of its frames were left out because they look like another one, `known_names`
    because their file name is in a task of `exclude_filenames`."""

    job_id = serializers.IntegerField()
    task_id = serializers.SerializerMethodField()
    selected = serializers.IntegerField()
    total = serializers.IntegerField()
    requested = serializers.IntegerField(allow_null=True)
    counted_for_other_jobs = SharedFramesSerializer(many=True, source="elsewhere")
    reason = ChoiceField(
        choices=["", "too_few_frames", "counted_for_other_jobs"], source="shortage"
    )
    near_duplicates = serializers.IntegerField(
        help_text="How many frames of the job were left out because they look like another one."
    )
    known_names = serializers.IntegerField(
        help_text="How many frames of the job were left out because their file name is in a task "
        "of exclude_filenames."
    )

    def get_task_id(self, job: JobDraw) -> int:
        return int(self.context["drawn"].task_of_job[job.job_id])


class TaskSummarySerializer(serializers.Serializer[Any]):
    """`selected` frames are of this task, of the `total` that could be drawn of it. `requested`:
    how many were asked for of this task; null in a draw that asks for no number of each task.

    A draw over all of more than 50 tasks reads only those that it takes frames of; in `total` of
    the others, and of their jobs, frames that were deleted in CVAT are counted too."""

    task_id = serializers.IntegerField()
    name = serializers.SerializerMethodField()
    selected = serializers.IntegerField()
    total = serializers.IntegerField()
    requested = serializers.IntegerField(allow_null=True)

    def get_name(self, task: TaskDraw) -> str:
        return str(self.context["drawn"].task_names[task.task_id])


class LabelSummarySerializer(serializers.Serializer[Any]):
    """`selected` of the `total` frames with this label were drawn; with `selected` below
    `requested` there are no more. A frame counts for each label that is on it."""

    label = serializers.CharField(help_text="Name of the label.")  # type: ignore[assignment]
    requested = serializers.IntegerField()
    selected = serializers.IntegerField()
    total = serializers.IntegerField()


class AssigneeSummarySerializer(serializers.Serializer[Any]):
    """`selected` frames count for the jobs of this assignee, of the `total` that they hold."""

    assignee = serializers.CharField()
    requested = serializers.IntegerField()
    selected = serializers.IntegerField()
    total = serializers.IntegerField()


class PlaceSerializer(serializers.Serializer[Any]):
    task_id = serializers.IntegerField()
    frame = serializers.IntegerField()
    filename = serializers.CharField(help_text="Name of the file in CVAT.")


class NearDuplicateSerializer(serializers.Serializer[Any]):
    """`frame` was left out because it looks like `like`, which could be drawn: the hashes of their
    pictures differ in `distance` of 64 bits."""

    frame = PlaceSerializer()
    like = PlaceSerializer(source="other", help_text="The frame that it looks like.")
    distance = serializers.IntegerField(help_text="In how many of 64 bits the hashes differ.")


class RandomSelectAnswer(LoadImagesAnswer):
    """`count` frames were drawn of `requested`, from `total_available` candidates. `job_id` of an
    image is the job for which it counts."""

    requested = serializers.IntegerField()
    total_available = serializers.IntegerField()
    jobs_count = serializers.IntegerField()
    per_job_count = serializers.IntegerField(allow_null=True)
    random_seed = serializers.IntegerField()
    task_summary = TaskSummarySerializer(many=True)
    job_summary = JobSummarySerializer(many=True)
    label_summary = LabelSummarySerializer(
        many=True, help_text="Of each label, in a draw by label; empty in others."
    )
    assignee_summary = AssigneeSummarySerializer(
        many=True, help_text="Of each assignee, in a draw per assignee; empty in others."
    )
    near_duplicates_count = serializers.IntegerField(
        help_text="How many frames no_near_duplicates left out because they look like another one."
    )
    near_duplicates = NearDuplicateSerializer(
        many=True, help_text=f"The first {MOST_PAIRS} of these, the least alike first."
    )
    unseen_count = serializers.IntegerField(
        help_text="How many frames no_near_duplicates could not compare, for lack of a picture."
    )
    known_names_count = serializers.IntegerField(
        help_text="How many frames were left out because their file name is in a task of "
        "exclude_filenames."
    )
