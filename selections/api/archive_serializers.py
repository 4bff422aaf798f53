"""What comes in and goes out of the resource of archives."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portal.api.choices import ChoiceField
from portal.api.fields import FlagField, IdField, WholeNumberField
from portal.api.strict import StrictSerializer
from selections import formats
from selections.api.option_serializers import (
    ANNOTATIONS_FROM,
    ObjectChoiceSerializer,
    SplitSerializer,
)
from selections.api.remarks_serializers import RemarksSerializer
from selections.models import (
    Archive,
    ArchiveOptions,
    ArchivePart,
    DeletedFrames,
    EmptyFrames,
    Quality,
    VideoFormat,
)


class ArchivePartSerializer(serializers.ModelSerializer[ArchivePart]):
    """One ZIP file; there are several only when a part size was asked for."""

    name = serializers.CharField(source="download_name", read_only=True)
    download_url = serializers.SerializerMethodField()

    class Meta:
        model = ArchivePart
        fields = ["number", "name", "size", "sha256", "download_url"]
        read_only_fields = fields

    @extend_schema_field(serializers.URLField())
    def get_download_url(self, part: ArchivePart) -> str:
        path = reverse("api-archive-download", args=[part.archive_id])
        if part.number > 1:
            path += f"?part={part.number}"
        return str(self.context["request"].build_absolute_uri(path))


class ProblemSerializer(serializers.Serializer[Any]):
    """A frame that is not in the ZIP, and why."""

    task_id = serializers.IntegerField(read_only=True)
    job_id = serializers.IntegerField(read_only=True)
    frame = serializers.IntegerField(read_only=True)
    filename = serializers.CharField(read_only=True)
    reason = serializers.CharField(read_only=True)


class ProblemGroupSerializer(serializers.Serializer[Any]):
    """Frames that are missing for one reason; `frames` names them, such as
    "task 8: frames 0–39, 57"."""

    reason = serializers.CharField(read_only=True)
    count = serializers.IntegerField(read_only=True)
    frames = serializers.CharField(read_only=True)


class ArchiveListSerializer(serializers.ModelSerializer[Archive]):
    """One build, without the list of `problems`. `selection` is null once the selection is deleted;
    `selection_name` is its name when the archive was asked for. `problem_groups` tells by reason
    which frames are not in the ZIP, `problems_count` how many they are."""

    problem_groups = ProblemGroupSerializer(many=True, read_only=True)
    remarks = serializers.SerializerMethodField()
    options = serializers.SerializerMethodField(
        help_text="The options of the build; in lists without the names of a split."
    )
    parts = ArchivePartSerializer(many=True, read_only=True)
    status_url = serializers.SerializerMethodField()
    download_url = serializers.SerializerMethodField()
    follow_url = serializers.SerializerMethodField(
        help_text="Address that sends the ZIP while it is built; null once the build has ended, "
        "and when a part size or a number of files may make several ZIPs of it."
    )

    class Meta:
        model = Archive
        fields = [
            "id",
            "selection",
            "selection_name",
            "revision",
            "status",
            "quality",
            "options",
            "frames_total",
            "frames_done",
            "bytes_done",
            "frames_per_second",
            "bytes_per_second",
            "seconds_left",
            "waiting_for",
            "problems_count",
            "problem_groups",
            "remarks",
            "error",
            "size",
            "parts",
            "created_at",
            "started_at",
            "finished_at",
            "expires_at",
            "status_url",
            "download_url",
            "follow_url",
        ]
        read_only_fields = fields

    quality = serializers.CharField(read_only=True)
    revision = serializers.IntegerField(
        read_only=True, help_text="The revision of the selection whose frames it has."
    )
    seconds_left = serializers.IntegerField(read_only=True, allow_null=True)
    waiting_for = serializers.CharField(
        read_only=True, help_text="What the build waits for, as a sentence; mostly empty."
    )

    @extend_schema_field(serializers.DictField())
    def get_options(self, archive: Archive) -> dict[str, Any]:
        split = archive.options.get("split")
        if not split or "names" not in split:
            return dict(archive.options)
        without_names = {name: value for name, value in split.items() if name != "names"}
        return {**archive.options, "split": without_names}

    @extend_schema_field(RemarksSerializer(allow_null=True))
    def get_remarks(self, archive: Archive) -> dict[str, Any] | None:
        return archive.remarks or None

    @extend_schema_field(serializers.URLField())
    def get_status_url(self, archive: Archive) -> str:
        return self._absolute(reverse("api-archive-detail", args=[archive.pk]))

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_download_url(self, archive: Archive) -> str | None:
        """None as long as there is no file."""
        if not archive.has_file:
            return None
        return self._absolute(reverse("api-archive-download", args=[archive.pk]))

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_follow_url(self, archive: Archive) -> str | None:
        if not (archive.is_active and archive.get_options().makes_one_file):
            return None
        return self._absolute(reverse("api-archive-download", args=[archive.pk]) + "?follow")

    def _absolute(self, path: str) -> str:
        return str(self.context["request"].build_absolute_uri(path))


class ArchiveSerializer(ArchiveListSerializer):
    """One build. `problems` names the first 200 frames that are not in the ZIP; the manifest in the
    ZIP names each."""

    problems = ProblemSerializer(many=True, read_only=True)

    class Meta(ArchiveListSerializer.Meta):
        fields = [*ArchiveListSerializer.Meta.fields, "problems"]
        read_only_fields = fields

    @extend_schema_field(serializers.DictField())
    def get_options(self, archive: Archive) -> dict[str, Any]:
        return dict(archive.options)


class NewArchiveSerializer(StrictSerializer):
    """`part_size` in bytes cuts a large archive into several ZIPs (0: one). Video frames are
    decoded by the portal: as PNG, or as JPEG of `video_quality`. `deleted_frames`: frames that
    were deleted in CVAT after the selection was saved are delivered and marked in the manifest, or
    left out. `part_files` begins a new ZIP after so many files (0: never). `task_folders`: every
    path begins with `task_<id>/`, also for a single task, and the manifest is named after the
    selection, so that ZIPs of several selections can be unpacked into one folder. `annotations` is
    the format of the annotations of these frames; it goes with original files alone."""

    quality = ChoiceField(choices=Quality.choices, default=Quality.ORIGINAL)
    part_size = WholeNumberField(default=0, min_value=0, max_value=2**50)
    video_format = ChoiceField(choices=VideoFormat.choices, default=VideoFormat.PNG)
    video_quality = WholeNumberField(default=95, min_value=1, max_value=100)
    deleted_frames = ChoiceField(choices=DeletedFrames.choices, default=DeletedFrames.DELIVER)
    part_files = WholeNumberField(default=0, min_value=0, max_value=2**31 - 1)
    task_folders = serializers.BooleanField(default=False)
    annotations = ChoiceField(choices=formats.choices(), default=formats.NONE)
    annotations_from = IdField(default=None, allow_null=True, help_text=ANNOTATIONS_FROM)
    pictures = serializers.BooleanField(
        default=True,
        help_text="False: the annotations alone; the manifest lists the frames. No picture is "
        "fetched.",
    )
    objects = ObjectChoiceSerializer(
        required=False, help_text="Which objects are in the files. Goes with a format."
    )
    empty_frames = ChoiceField(
        choices=EmptyFrames.choices,
        default=EmptyFrames.DELIVER,
        help_text="Frames with none of the chosen objects: `deliver` or `leave_out`.",
    )
    split = SplitSerializer(
        required=False,
        help_text="Train, validation and test: in the folders and lists of the format, and as "
        "`split` of each frame in the manifest.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        # Generated clients send every default.
        is_chosen = attrs["video_quality"] != self.fields["video_quality"].default
        if is_chosen and attrs["video_format"] != "jpeg":
            raise serializers.ValidationError(
                {"video_quality": "goes with video_format jpeg: PNG has no quality."}
            )
        return attrs

    def options(self) -> ArchiveOptions:
        return ArchiveOptions.from_json(self.validated_data)


class DownloadQuerySerializer(StrictSerializer):
    part = WholeNumberField(
        default=1,
        min_value=1,
        max_value=100_000,
        help_text="Which ZIP, where there are several.",
    )
    follow = FlagField(
        default=False,
        help_text="Begin to send the ZIP while it is built. Without a value it means true.",
    )
