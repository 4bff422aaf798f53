"""What comes in and goes out of the resources of selections; every bound on input is here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from selections.models import Archive, SelectedFrame, Selection
from selections.services import Choice
from selector.api.serializers import MAX_COUNT, IdField
from selector.sampling import MAX_SEED
from selector.services import PER_JOB, UNIFORM, DrawRequest

LARGEST_FRAME = 2**31 - 1


class ChoiceSerializer(serializers.Serializer[Any]):
    task_id = IdField()
    frame = serializers.IntegerField(min_value=0, max_value=LARGEST_FRAME)
    job_id = IdField(required=False, allow_null=True)
    # Taken so that the answer of load-images can be sent back as it is; CVAT's own name counts.
    filename = serializers.CharField(required=False, allow_blank=True, allow_null=True)


def choices(rows: list[dict[str, Any]]) -> list[Choice]:
    return [Choice(row["task_id"], row["frame"], row.get("job_id")) for row in rows]


class FramesField(serializers.ListField):
    """A list of frames, refused by its length before each of them is looked at."""

    child = ChoiceSerializer()

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and len(data) > settings.MAX_SELECTION_FRAMES:
            raise serializers.ValidationError(
                f"{len(data):,} frames are more than a selection may hold "
                f"({settings.MAX_SELECTION_FRAMES:,})."
            )
        return super().to_internal_value(data)


class SelectionSerializer(serializers.ModelSerializer[Selection]):
    owner = serializers.CharField(source="owner.username", read_only=True)
    frames_count = serializers.IntegerField(read_only=True)

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
            "parameters",
            "random_seed",
            "visibility",
            "frames_count",
            "created_at",
            "updated_at",
        ]
        read_only_fields = [name for name in fields if name not in {"name", "note", "visibility"}]


class NewSelectionSerializer(serializers.Serializer[Any]):
    """Either `frames` (by hand), or a draw: `frame_selection_method` with a task or a job and one
    of the four amounts, in CVAT's words; or both, for a draw adjusted by hand."""

    AMOUNTS = {
        UNIFORM: ("frame_count", "frame_share"),
        PER_JOB: ("frames_per_job_count", "frames_per_job_share"),
    }

    connection = IdField(required=False, allow_null=True)
    name = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    note = serializers.CharField(required=False, allow_blank=True, max_length=10_000, default="")
    frames = FramesField(required=False, allow_null=True)
    frame_selection_method = serializers.ChoiceField(
        choices=Selection.Method.choices, default=Selection.Method.MANUAL
    )
    task_id = IdField(required=False, allow_null=True)
    job_id = IdField(required=False, allow_null=True)
    frame_count = serializers.IntegerField(required=False, min_value=1, max_value=MAX_COUNT)
    frame_share = serializers.FloatField(required=False, min_value=1e-6, max_value=1)
    frames_per_job_count = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_COUNT
    )
    frames_per_job_share = serializers.FloatField(required=False, min_value=1e-6, max_value=1)
    random_seed = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=MAX_SEED
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        method = attrs["frame_selection_method"]
        if method == Selection.Method.MANUAL:
            if not attrs.get("frames"):
                raise serializers.ValidationError(
                    "No frame is chosen: give at least one in frames."
                )
            return attrs
        if attrs.get("task_id") is None and attrs.get("job_id") is None:
            raise serializers.ValidationError("Name a task by task_id, or a job by job_id.")
        if sum(name in attrs for name in self.AMOUNTS[method]) != 1:
            wanted = " or ".join(self.AMOUNTS[method])
            raise serializers.ValidationError(f"{method} takes exactly one of {wanted}.")
        return attrs

    def draw_request(self) -> DrawRequest | None:
        data = self.validated_data
        method = data["frame_selection_method"]
        if method == Selection.Method.MANUAL:
            return None
        count, share = self.AMOUNTS[method]
        return DrawRequest(
            task_id=data.get("task_id"),
            job_id=data.get("job_id"),
            method=method,
            count=data.get(count),
            share=data.get(share),
            seed=data.get("random_seed"),
        )


class SelectedFrameSerializer(serializers.ModelSerializer[SelectedFrame]):
    class Meta:
        model = SelectedFrame
        fields = ["frame", "task_id", "job_id", "filename", "width", "height"]


class ArchiveSerializer(serializers.ModelSerializer[Archive]):
    status_url = serializers.SerializerMethodField()
    download_url = serializers.SerializerMethodField()

    class Meta:
        model = Archive
        fields = [
            "id",
            "selection",
            "status",
            "quality",
            "frames_total",
            "frames_done",
            "bytes_done",
            "seconds_left",
            "problems",
            "error",
            "size",
            "sha256",
            "created_at",
            "started_at",
            "finished_at",
            "expires_at",
            "status_url",
            "download_url",
        ]
        read_only_fields = fields

    quality = serializers.CharField(read_only=True)
    seconds_left = serializers.IntegerField(read_only=True, allow_null=True)

    @extend_schema_field(serializers.URLField())
    def get_status_url(self, archive: Archive) -> str:
        return self._absolute(reverse("api-archive-detail", args=[archive.pk]))

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_download_url(self, archive: Archive) -> str | None:
        """None as long as there is no file."""
        if not archive.has_file:
            return None
        return self._absolute(reverse("api-archive-download", args=[archive.pk]))

    def _absolute(self, path: str) -> str:
        return str(self.context["request"].build_absolute_uri(path))


class NewArchiveSerializer(serializers.Serializer[Any]):
    quality = serializers.ChoiceField(
        choices=Archive.Quality.choices, default=Archive.Quality.ORIGINAL
    )


class DownloadImagesSerializer(NewArchiveSerializer):
    frames = FramesField(required=False, allow_null=True)
    selection = IdField(required=False, allow_null=True)
    connection = IdField(required=False, allow_null=True)
    name = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("frames")) == (attrs.get("selection") is not None):
            raise serializers.ValidationError(
                "Give either frames (at least one) or the id of a selection."
            )
        return attrs


class DownloadImagesAnswer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    archive = ArchiveSerializer()
    selection = serializers.IntegerField()
