"""Which objects an archive has and how its frames are split, as the API takes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.api.choices import ChoiceField
from portal.api.fields import IdField, ListField, WholeNumberField
from portal.api.strict import StrictSerializer
from selections import formats, object_choice, splits
from selections.models import EmptyFrames
from selections.object_choice import ObjectChoice
from selections.sampling import MAX_SEED
from selections.splits import Split

ANNOTATIONS_FROM = (
    "Id of a publication of this selection that has results (`GET /api/publications`): the objects "
    "are those of its new task or ground-truth job, on the frames that it was made of. Null: those "
    "of the tasks themselves."
)
OR_SPLITS = f"{', '.join(splits.SPLITS[:-1])} or {splits.SPLITS[-1]}"


class ObjectChoiceSerializer(StrictSerializer):
    """The objects that are in the files. Classes are numbered over all labels, used or not."""

    jobs = ChoiceField(
        choices=object_choice.JOB_CHOICES,
        default=object_choice.ALL,
        help_text="The objects of all jobs, of those in state completed, or of those in stage "
        "acceptance and state completed.",
    )
    labels = ListField(
        child=serializers.CharField(max_length=object_choice.LONGEST_NAME),
        max_length=object_choice.MOST_LABELS,
        default=list,
        help_text="Only the objects of these labels; empty: of all.",
    )
    rename = serializers.DictField(
        child=serializers.CharField(max_length=object_choice.LONGEST_NAME),
        default=dict,
        error_messages={"not_a_dict": 'Expected a JSON object, such as {{"car": "vehicle"}}.'},
        help_text='Other names of labels in the files, such as {"car": "vehicle", "van": '
        '"vehicle"}. Labels that get one name become one, at the place of the first.',
    )


class SharesSerializer(StrictSerializer):
    """They add up to 1."""

    train = serializers.FloatField(
        default=0.0, min_value=0, max_value=1, help_text="Share of the frames to train with."
    )
    val = serializers.FloatField(
        default=0.0, min_value=0, max_value=1, help_text="Share of the frames to validate with."
    )
    test = serializers.FloatField(
        default=0.0, min_value=0, max_value=1, help_text="Share of the frames to test with."
    )


class SplitSerializer(StrictSerializer):
    """How frames are split into train, val (validation) and test. What does not go with `by` plays
    no part."""

    by = ChoiceField(
        choices=splits.BY_CHOICES,
        help_text="`shares`: so much for each, at random. `subsets`: those of the tasks in CVAT, a "
        "task without one is in train. `names`: as `names` says.",
    )
    shares = SharesSerializer(
        required=False, help_text="Without them 0.8 for train, 0.1 for val and for test."
    )
    seed = WholeNumberField(
        default=0,
        min_value=0,
        max_value=MAX_SEED,
        help_text="The same seed gives the same split by shares.",
    )
    unit = ChoiceField(
        choices=splits.UNIT_CHOICES,
        default=splits.FRAME,
        help_text="What stays together in a split by shares. `name`: pictures whose names begin "
        "alike, up to the separator that comes after `pieces` pieces.",
    )
    separator = serializers.CharField(
        default="_",
        max_length=splits.LONGEST_SEPARATOR,
        trim_whitespace=False,
        help_text="Of the pieces of a file name, for the unit `name`.",
    )
    pieces = WholeNumberField(
        default=1,
        min_value=1,
        max_value=splits.MOST_PIECES,
        help_text="1: cam3 of cam3_0815.jpg, for the unit `name`.",
    )
    even_labels = serializers.BooleanField(
        default=False,
        help_text="Divide each label by the shares too, as far as the units allow. Goes with a "
        "format of annotations.",
    )
    names = serializers.DictField(
        child=serializers.CharField(
            max_length=20,
            error_messages={"invalid": f"Expected the split of this picture: {OR_SPLITS}."},
        ),
        required=False,
        error_messages={
            "not_a_dict": 'Expected the split of each picture, such as {{"a.jpg": "train"}}.'
        },
        help_text="The split of each picture, by its path in CVAT (of a video such as "
        "frame_000012.png), with `task_<id>/` in front where paths repeat.",
    )

    def validate_names(self, names: dict[str, str]) -> dict[str, str]:
        try:
            return dict(splits.checked_names(names.items()))
        except ValueError as error:
            raise serializers.ValidationError(f"{error}.") from error

    def split(self) -> Split:
        return Split.from_json(self.validated_data)


class SplitTableSerializer(SplitSerializer):
    """A split, and for `even_labels` and `empty_frames` which objects count."""

    objects = ObjectChoiceSerializer(
        required=False,
        help_text="Which objects count for `even_labels` and `empty_frames`.",
    )
    annotations = ChoiceField(
        formats.choices(),
        default=formats.NONE,
        help_text="The format of the archive: objects of kinds that it has no place for do not "
        "count. `none`: those of every kind count.",
    )
    annotations_from = IdField(default=None, allow_null=True, help_text=ANNOTATIONS_FROM)
    empty_frames = ChoiceField(
        EmptyFrames.choices,
        default=EmptyFrames.DELIVER,
        help_text="`leave_out`: frames without any of the chosen objects do not count.",
    )

    def choice(self) -> ObjectChoice:
        return ObjectChoice.from_json(self.validated_data.get("objects", {}))

    @property
    def leaves_out_empty(self) -> bool:
        return bool(self.validated_data["empty_frames"] == EmptyFrames.LEAVE_OUT)


class LeftOutByFormatQuestionSerializer(StrictSerializer):
    """A format, and which objects count."""

    annotations = ChoiceField(
        formats.choices(), help_text="The format of annotations; of `none` nothing is said."
    )
    annotations_from = IdField(default=None, allow_null=True, help_text=ANNOTATIONS_FROM)
    objects = ObjectChoiceSerializer(required=False, help_text="Which objects count.")

    def choice(self) -> ObjectChoice:
        return ObjectChoice.from_json(self.validated_data.get("objects", {}))


class LeftOutByFormatSerializer(serializers.Serializer[Any]):
    """What a format has no place for."""

    objects = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many objects of which kinds, such as `polyline`; the most frequent first.",
    )
    attributes = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Of each attribute how many of the other objects have a value of it that is not "
        "in the files; the most frequent first.",
    )


class SplitRowSerializer(serializers.Serializer[Any]):
    """A split, and how much of the selection is in it."""

    split = serializers.CharField(help_text="train, val, test, or another subset of CVAT.")
    frames_count = serializers.IntegerField(help_text="How many frames are in it.")
    units_count = serializers.IntegerField(
        allow_null=True, help_text="How many units that stay together; null but for shares."
    )
    labels = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many frames have each label; empty without `even_labels`.",
    )
