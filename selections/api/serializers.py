"""Serializers of selections and their frames."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from cvat.frames import LARGEST_FRAME
from portal.api.choices import ChoiceField
from portal.api.fields import MAX_ID, IdField, ListField, WholeNumberField
from portal.api.strict import StrictFields, StrictSerializer
from selections import methods
from selections.api.draw_serializers import DrawSerializer, Fields, amount_names
from selections.api.written_draws import DrawParametersField, WrittenDrawField
from selections.models import SelectedFrame, Selection
from selections.sampling import MAX_SEED
from selections.services import Choice

# Keys of a frame in answers, which requests may send back.
ANSWERED_OF_FRAME = {
    "task_id", "job_id", "frame", "filename", "width", "height", "source_frame", "video",
}  # fmt: skip


class ChoiceSerializer(StrictSerializer):
    task_id = IdField()
    frame = WholeNumberField(min_value=0, max_value=LARGEST_FRAME)
    job_id = IdField(required=False, allow_null=True)
    # Accepted and ignored, so that frames of an answer can be sent back: CVAT has the truth.
    filename = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    width = serializers.IntegerField(required=False, allow_null=True)
    height = serializers.IntegerField(required=False, allow_null=True)
    source_frame = serializers.IntegerField(required=False, allow_null=True)
    video = serializers.CharField(required=False, allow_blank=True, allow_null=True)


class FramesField(ListField):
    """A list of frames as `Choice`s. Its length is checked before its frames; the first invalid
    frame ends the check."""

    child = ChoiceSerializer()

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        if len(data) > settings.MAX_SELECTION_FRAMES:
            raise serializers.ValidationError(
                f"{len(data):,} frames are more than a selection may hold "
                f"({settings.MAX_SELECTION_FRAMES:,})."
            )
        return [self._choice(place, row) for place, row in enumerate(data)]

    def _choice(self, place: int, row: Any) -> Choice:
        # The serializer takes 20 s for 200,000 rows: use it only for those that may be invalid.
        if isinstance(row, dict) and not _may_be_invalid(row):
            return Choice(row["task_id"], row["frame"], row.get("job_id"))
        try:
            read = self.child.run_validation(row)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({str(place): error.detail}) from None
        return Choice(read["task_id"], read["frame"], read.get("job_id"))


def _may_be_invalid(row: dict[str, Any]) -> bool:
    job_id, name = row.get("job_id"), row.get("filename")
    return not (
        row.keys() <= ANSWERED_OF_FRAME
        and _is_int(row.get("task_id"), 1, MAX_ID)
        and _is_int(row.get("frame"), 0, LARGEST_FRAME)
        and (job_id is None or _is_int(job_id, 1, MAX_ID))
        and (name is None or isinstance(name, str))
        and all(type(row.get(name) or 0) is int for name in ("width", "height", "source_frame"))
        and isinstance(row.get("video") or "", str)
    )


def _is_int(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most  # True and False are ints as well


class SavedTaskSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="Id of the task in CVAT.")
    name = serializers.CharField()


@extend_schema_field(SavedTaskSerializer(many=True))
class SavedTasksField(serializers.Field[Any, Any, Any, Any]):
    """[{"id", "name", ...}]"""

    def to_representation(self, value: Any) -> list[dict[str, Any]]:
        return [task.to_json() for task in value]


class SourceSerializer(serializers.Serializer[Any]):
    """A selection that another one was combined from, as it was then."""

    selection = serializers.IntegerField(help_text="Its id; it may be deleted since.")
    name = serializers.CharField(help_text="Its name then; empty for all but the owner.")
    frames_count = serializers.IntegerField()
    frame_selection_method = serializers.CharField()
    draw = WrittenDrawField(allow_null=True)


class SelectionSerializer(StrictFields, serializers.ModelSerializer[Selection]):
    owner = serializers.CharField(source="owner_name", read_only=True)
    connection = serializers.SerializerMethodField()
    frames_count = serializers.IntegerField(read_only=True)
    may_edit = serializers.SerializerMethodField()
    tasks = SavedTasksField(source="shown_tasks", read_only=True)
    draw = WrittenDrawField(source="shown_draw", read_only=True)
    parameters = DrawParametersField(read_only=True)
    random_seed = serializers.IntegerField(read_only=True, allow_null=True)
    operation = serializers.CharField(
        read_only=True,
        help_text="How its sources were combined: union, intersection or difference; empty for a "
        "selection that was not combined.",
    )
    recipe = serializers.IntegerField(
        source="recipe_id",
        read_only=True,
        allow_null=True,
        help_text="Id of the recipe that it is a round of; null for none. It may be deleted.",
    )
    sources = serializers.SerializerMethodField(
        help_text="The selections that this one was combined from, in the order of the operation."
    )

    class Meta:
        model = Selection
        fields = [
            "id",
            "owner",
            "connection",
            "url",
            "organization",
            "tasks",
            "name",
            "note",
            "frame_selection_method",
            "draw",
            "parameters",
            "random_seed",
            "operation",
            "sources",
            "recipe",
            "round_number",
            "frames_requested",
            "revision",
            "visibility",
            "hides_names",
            "may_edit",
            "frames_count",
            "created_at",
            "updated_at",
        ]
        changeable = frozenset({"name", "note", "visibility", "hides_names"})
        read_only_fields = sorted(set(fields) - changeable)
        extra_kwargs = {
            "note": {"max_length": Selection.LONGEST_NOTE},
            "hides_names": {
                "help_text": "Whether those who may read the selection and not edit it are shown "
                "no names of its tasks and files: these are empty in `tasks`, frames and lists."
            },
            "round_number": {"help_text": "Which round of its recipe it is; null for none."},
            "frames_requested": {
                "help_text": "How many frames the draw asked for; null if not known, and for a "
                "choice by hand."
            },
            "revision": {
                "help_text": "Grows by one with each change of the frames. Name it to change them."
            },
        }

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_connection(self, selection: Selection) -> int | None:
        """The owner's; null for everyone else, who may not use it."""
        return selection.connection_id if self._is_owner(selection) else None

    @extend_schema_field(serializers.BooleanField())
    def get_may_edit(self, selection: Selection) -> bool:
        return self._is_owner(selection) or bool(getattr(selection, "may_edit", False))

    @extend_schema_field(SourceSerializer(many=True))
    def get_sources(self, selection: Selection) -> list[dict[str, Any]]:
        is_owner = self._is_owner(selection)
        return [
            source.to_json(with_name=is_owner, names_hidden=selection.names_hidden)
            for source in selection.source_list
        ]

    def _is_owner(self, selection: Selection) -> bool:
        return selection.owner_id == self._asker_id

    @cached_property
    def _asker_id(self) -> int | None:
        asker_id: int | None = self.context["request"].user.pk
        return asker_id


def answered_selection(request: Request, selection: Selection) -> dict[str, Any]:
    """A selection that was just changed, read again, as the API answers it to the asker."""
    visible = Selection.objects.for_user(request.user).detailed(request.user)
    return saved_selection(request, visible.get(pk=selection.pk))


def saved_selection(request: Request, selection: Selection) -> dict[str, Any]:
    """A selection that the asker has just saved, as the API answers it, without reading it
    again."""
    return dict(SelectionSerializer(selection, context={"request": request}).data)


class NewSelectionSerializer(DrawSerializer):
    """Either `frames` (by hand), or a draw: `frame_selection_method` with what to draw from, and
    the amount that the method takes, if any; or both, for a draw adjusted by hand."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=Selection.LONGEST_NOTE, default=""
    )
    frames = FramesField(required=False, allow_null=True)
    based_on = IdField(
        required=False,
        allow_null=True,
        help_text="The selection that this one was changed from. It stays as it is; if the name is "
        "the same, the new one gets a number.",
    )
    replaces = IdField(
        required=False,
        allow_null=True,
        help_text="A selection of yours that this one takes the place of, with its visibility and, "
        "unless others are given, its name and note. The earlier one is deleted.",
    )

    def get_fields(self) -> dict[str, Fields]:
        method = ChoiceField(choices=methods.choices(), default=methods.MANUAL)
        return {**super().get_fields(), "frame_selection_method": method}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("based_on") is not None and attrs.get("replaces") is not None:
            raise serializers.ValidationError("Give based_on or replaces, not both.")
        method = attrs["frame_selection_method"]
        if method == methods.MANUAL:
            if not attrs.get("frames"):
                raise serializers.ValidationError(
                    "No frame is chosen: give at least one in frames, or a "
                    "frame_selection_method that draws them."
                )
            self._refuse_what_draws(attrs)
            return attrs
        attrs = super().validate(attrs)
        amounts = amount_names(method)
        if amounts and sum(name in attrs for name in amounts) != 1:
            wanted = " or ".join(amounts)
            raise serializers.ValidationError(f"{method} takes exactly one of {wanted}.")
        return attrs

    def _refuse_what_draws(self, attrs: dict[str, Any]) -> None:
        draws = set(DrawSerializer().fields) - {"connection", "frame_selection_method"}
        given = {name for name, value in attrs.items() if name in draws and value is not None}
        if given:
            why = "goes with a draw: name it by frame_selection_method, or leave this out."
            raise serializers.ValidationError({name: [why] for name in sorted(given)})

    @property
    def is_drawn(self) -> bool:
        return bool(self.validated_data["frame_selection_method"] != methods.MANUAL)


class SelectedFrameSerializer(serializers.ModelSerializer[SelectedFrame]):
    """`source_frame` is the number in the uploaded video or list of files, null for selections
    saved before it was noted down; `video` is the file name of the video, "" for images."""

    source_frame = serializers.SerializerMethodField()
    video = serializers.SerializerMethodField()

    class Meta:
        model = SelectedFrame
        fields = [
            "frame",
            "task_id",
            "job_id",
            "filename",
            "width",
            "height",
            "source_frame",
            "video",
        ]

    def to_representation(self, instance: SelectedFrame) -> dict[str, Any]:
        hidden = {"filename": ""} if instance.selection_id in self.context["nameless"] else {}
        return {**super().to_representation(instance), **hidden}

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_source_frame(self, frame: SelectedFrame) -> int | None:
        task = self.context["tasks"].get(frame.task_id)
        return task.source_frame(frame.frame) if task else None

    @extend_schema_field(serializers.CharField())
    def get_video(self, frame: SelectedFrame) -> str:
        task = self.context["tasks"].get(frame.task_id)
        return task.video if task else ""


def frames_context(*selections: Selection) -> dict[str, Any]:
    """What SelectedFrameSerializer has to know of the selections that the frames are of: of a task
    that several have, the first one tells."""
    return {
        "tasks": {
            task_id: task
            for each in reversed(selections)
            for task_id, task in each.shown_tasks_by_id.items()
        },
        "nameless": {each.pk for each in selections if each.names_hidden},
    }


class FrameListQuerySerializer(StrictSerializer):
    raw = serializers.BooleanField(
        default=False,
        help_text="The exact form, for programs. Without it, cells that a spreadsheet could run as "
        "a formula have an apostrophe in front.",
    )


class DrawAgainSerializer(StrictSerializer):
    new_seed = serializers.BooleanField(default=False)
    random_seed = WholeNumberField(
        required=False,
        min_value=0,
        max_value=MAX_SEED,
        help_text="Draw with this seed, such as that of `draw-preview`.",
    )


class RedrawnSerializer(serializers.Serializer[Any]):
    """The new selection, and how it compares with the earlier one: `same` frames are in both, `new`
    ones in the new one alone."""

    selection = SelectionSerializer()
    count = serializers.IntegerField()
    count_before = serializers.IntegerField()
    same = serializers.IntegerField()
    new = serializers.IntegerField()
