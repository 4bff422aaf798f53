"""The results of a publication in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cvat.differences import MOST_PAIRS
from portal.api.choices import ChoiceField
from portal.api.strict import StrictSerializer
from publishing.results import ComparedFrame, Comparison
from publishing.writing_back import KEEP, LEAVE_OUT, PLACES

MOST_LISTED = 1000  # frames that differ

SAME = "Objects that are equal in both."
CHANGED = "Objects in another place, with other attributes, or with another label before."
NEW = "Objects that are in the results alone."
REMOVED = "Objects that are in the task of the frame alone."


class ResultLabelSerializer(serializers.Serializer[Any]):
    """How many objects of a label are the same, changed, in the results alone, and in the tasks of
    the frames alone."""

    label = serializers.CharField(help_text="Its name.")  # type: ignore[assignment]
    same = serializers.IntegerField(help_text=SAME)
    changed = serializers.IntegerField(help_text=CHANGED)
    new = serializers.IntegerField(help_text=NEW)
    removed = serializers.IntegerField(help_text=REMOVED)


class ComparedFrameSerializer(serializers.Serializer[Any]):
    """A frame that differs, with its numbers of objects."""

    task_id = serializers.IntegerField(source="place.task_id", help_text="The task of the frame.")
    frame = serializers.IntegerField(source="place.frame", help_text="Its number there.")
    new_frame = serializers.IntegerField(
        source="place.new_frame", help_text="In the new task; of a ground-truth job the same."
    )
    same = serializers.SerializerMethodField(help_text=SAME)
    changed = serializers.SerializerMethodField(help_text=CHANGED)
    new = serializers.SerializerMethodField(help_text=NEW)
    removed = serializers.SerializerMethodField(help_text=REMOVED)

    def get_same(self, frame: ComparedFrame) -> int:
        return len(frame.differences.same)

    def get_changed(self, frame: ComparedFrame) -> int:
        return len(frame.differences.changed)

    def get_new(self, frame: ComparedFrame) -> int:
        return len(frame.differences.new)

    def get_removed(self, frame: ComparedFrame) -> int:
        return len(frame.differences.removed)


class NotComparedSerializer(serializers.Serializer[Any]):
    """Frames that were left out, by the reason."""

    deleted = serializers.IntegerField(help_text="In the task of the frame.")
    deleted_in_results = serializers.IntegerField(help_text="In the new task.")
    not_shown = serializers.IntegerField(
        help_text="In no annotation job of their task that CVAT shows you: frames of a pool of "
        "honeypots, which its ground-truth job alone holds, and of jobs of other people."
    )
    not_shown_in_results = serializers.IntegerField(
        help_text="CVAT does not show you the job of the frame in the new task."
    )


class UnknownLabelSerializer(serializers.Serializer[Any]):
    label = serializers.CharField(help_text="Its name.")  # type: ignore[assignment]
    count = serializers.IntegerField(help_text="How many objects.")


class UnexpectedKindSerializer(UnknownLabelSerializer):
    kind = serializers.CharField(help_text="Such as `polygon`.")


class ResultsSerializer(serializers.Serializer[Any]):
    """The results of a publication, compared with what is annotated on its frames now."""

    frames_count = serializers.SerializerMethodField(help_text="How many frames were compared.")
    labels = ResultLabelSerializer(source="by_label", many=True, help_text="By their names.")
    differing_count = serializers.SerializerMethodField(help_text="How many frames differ.")
    differing = serializers.SerializerMethodField(
        help_text=f"Frames that differ: at most {MOST_LISTED}."
    )
    not_compared = NotComparedSerializer(help_text="Frames that were left out.")
    unknown_labels = serializers.SerializerMethodField(
        help_text="Labels of results that the task of their frame does not have."
    )
    unexpected_kinds = serializers.SerializerMethodField(
        help_text="Objects of another kind than their label is for in the task of their frame."
    )
    resized_count = serializers.IntegerField(
        help_text="Frames whose picture has another size in the new task: what is annotated there "
        "may not fit."
    )
    problems_count = serializers.IntegerField(help_text="Objects that could not be read.")
    by_place_alone_count = serializers.IntegerField(
        help_text="Frames on which moved objects count as removed and new, because all frames "
        f"together have more than {MOST_PAIRS:,} pairs of objects near each other that are not in "
        "the same place."
    )
    fingerprint = serializers.CharField(help_text="Another one for other objects.")

    def get_frames_count(self, comparison: Comparison) -> int:
        return len(comparison.frames)

    def get_differing_count(self, comparison: Comparison) -> int:
        return len(comparison.differing)

    @extend_schema_field(ComparedFrameSerializer(many=True))
    def get_differing(self, comparison: Comparison) -> Any:
        return ComparedFrameSerializer(comparison.differing[:MOST_LISTED], many=True).data

    @extend_schema_field(UnknownLabelSerializer(many=True))
    def get_unknown_labels(self, comparison: Comparison) -> Any:
        rows = sorted(comparison.unknown_labels.items())
        return [{"label": label, "count": count} for label, count in rows]

    @extend_schema_field(UnexpectedKindSerializer(many=True))
    def get_unexpected_kinds(self, comparison: Comparison) -> Any:
        rows = sorted(comparison.unexpected_kinds.items())
        return [{"label": label, "kind": kind, "count": n} for (label, kind), n in rows]


class WriteBackSerializer(StrictSerializer):
    """How the results come into the tasks of their frames."""

    place = ChoiceField(
        choices=PLACES,
        help_text="`add`: objects that are new; what the frames have stays as it is. `replace`: "
        "afterwards the frames have the results; objects that differ from them are deleted.",
    )
    unmatched = ChoiceField(
        choices=[(LEAVE_OUT, "Leave out what does not fit")],
        required=False,
        help_text="Objects and attributes that the task of a frame cannot take. Needed if there "
        "are such.",
    )
    tracks = ChoiceField(
        choices=[(KEEP, "Tracks stay as they are")],
        required=False,
        help_text="Tracks that differ from the results on frames that are replaced: they go on "
        "over other frames and are not cut. Needed if there are such.",
    )
    fingerprint = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=64,
        help_text="Of the comparison that you looked at: 409 when the objects have changed since.",
    )
    dry_run = serializers.BooleanField(
        default=False,
        help_text="Answer the requests that would change something in CVAT, and send none; of long "
        "lists of objects the beginning.",
    )
