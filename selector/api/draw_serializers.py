"""Where to draw frames from, and how many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from portal.api.fields import IdField
from portal.api.strict import StrictSerializer
from selector.api.fields import REQUIRED_AMOUNT, CountField, SeedField, ShareField
from selector.services import PER_JOB, UNIFORM, DrawRequest

MOST_JOBS = 10_000
MOST_EXCLUDED = 100
LONGEST_FILENAME_PART = 1000


class SourceSerializer(StrictSerializer):
    """A task, or one of its jobs."""

    task_id = IdField(required=False, allow_null=True)
    job_id = IdField(required=False, allow_null=True)
    connection = IdField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("task_id") is None and attrs.get("job_id") is None:
            raise serializers.ValidationError("Name a task by task_id, or a job by job_id.")
        return attrs


class DrawSerializer(SourceSerializer):
    """What to draw from a task, some of its jobs (`job_ids`) or one job, in CVAT's words."""

    AMOUNTS = {
        PER_JOB: ("frames_per_job_count", "frames_per_job_share"),
        UNIFORM: ("frame_count", "frame_share"),
    }

    job_ids = serializers.ListField(
        child=IdField(), required=False, allow_empty=False, max_length=MOST_JOBS
    )
    frame_selection_method = serializers.ChoiceField(choices=[PER_JOB, UNIFORM], default=PER_JOB)
    frame_count = CountField(required=False)
    frame_share = ShareField(required=False)
    frames_per_job_count = CountField(required=False)
    frames_per_job_share = ShareField(required=False)
    random_seed = SeedField()
    filename_contains = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_FILENAME_PART,
        help_text="Only frames whose name contains each of these words, whatever their case.",
    )
    exclude_selections = serializers.ListField(
        child=IdField(), required=False, max_length=MOST_EXCLUDED
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("job_ids") and attrs.get("job_id") is not None:
            raise serializers.ValidationError("Give either job_id or job_ids.")
        if attrs.get("job_ids") and attrs.get("task_id") is None:
            raise serializers.ValidationError("Name the task of job_ids by task_id.")
        self._refuse_amounts_of_other_methods(attrs)
        return super().validate(attrs)

    def _refuse_amounts_of_other_methods(self, attrs: dict[str, Any]) -> None:
        method = attrs["frame_selection_method"]
        for other, amounts in self.AMOUNTS.items():
            for name in amounts:
                if other != method and name in attrs:
                    raise serializers.ValidationError(
                        {name: f"goes with frame_selection_method {other}, not with {method}."}
                    )

    def draw_request(self) -> DrawRequest:
        data = self.validated_data
        count, share = self.AMOUNTS[data["frame_selection_method"]]
        return DrawRequest(
            task_id=data.get("task_id"),
            job_id=data.get("job_id"),
            job_ids=_once(data.get("job_ids", ())),
            exclude_selections=_once(data.get("exclude_selections", ())),
            method=data["frame_selection_method"],
            count=data.get("count", data.get(count)),
            share=data.get(share),
            seed=data.get("random_seed"),
            filename_contains=" ".join(data.get("filename_contains", "").split()),
        )


def _once(ids: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(ids)))


class RandomSelectSerializer(DrawSerializer):
    """`count` frames of each job; or, in CVAT's words, another method and amount."""

    count = CountField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        amounts = self.AMOUNTS[attrs["frame_selection_method"]]
        named = [name for name in ("count", *amounts) if name in attrs]
        if not named:
            raise serializers.ValidationError({"count": REQUIRED_AMOUNT})
        if len(named) > 1:
            raise serializers.ValidationError(f"Give only one of {' and '.join(named)}.")
        return super().validate(attrs)
