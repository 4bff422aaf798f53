"""What frames are from, in the API: a job, tasks or a project, and filters."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from cvat.frames import LARGEST_FRAME
from portal.api.choices import ChoiceField
from portal.api.fields import IdField, ListField, WholeNumberField
from portal.api.strict import StrictSerializer
from selector.api.annotation_filters import AnnotationFilterSerializer
from selector.scope import NO_ASSIGNEE

MOST_JOBS = 10_000
LONGEST_FILENAME_PART = 1000
LONGEST_PATTERN = 200
MOST_IMAGES = 100_000  # on a page
STAGES = ["annotation", "validation", "acceptance"]
STATES = ["new", "in progress", "completed", "rejected"]
SOURCES = ["saved_search", "project_id", "task_ids", "task_id", "job_id"]
TOGETHER = [["task_id", "job_id"], ["saved_search", "task_ids"]]


class TaskIdsField(ListField):
    """Ids of tasks, as many as may be looked through at once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=IdField(), allow_empty=False, required=False, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        most = settings.MAX_SCOPE_TASKS
        if isinstance(data, list) and len(data) > most:
            raise serializers.ValidationError(
                f"{len(data):,} tasks are more than can be looked through at once ({most:,})."
            )
        return list(super().to_internal_value(data))


class ScopeSerializer(StrictSerializer):
    """A job, a task, several tasks or all tasks of a project, and what narrows them."""

    task_id = IdField(required=False, allow_null=True)
    job_id = IdField(required=False, allow_null=True)
    task_ids = TaskIdsField(help_text="Ids of several tasks.")
    project_id = IdField(
        required=False, allow_null=True, help_text="Id of a project: all its tasks."
    )
    saved_search = IdField(
        required=False,
        allow_null=True,
        help_text="Id of a saved search: the tasks that match it now. With `task_ids`: those that "
        "it found before.",
    )
    job_ids = ListField(child=IdField(), required=False, allow_empty=False, max_length=MOST_JOBS)
    stage = ChoiceField(
        choices=STAGES, required=False, help_text="Only from jobs in this stage of CVAT."
    )
    state = ChoiceField(
        choices=STATES, required=False, help_text="Only from jobs in this state of CVAT."
    )
    assignee = serializers.CharField(
        required=False,
        max_length=150,
        help_text="Only from jobs assigned to this person: the user name in CVAT, or "
        f"`{NO_ASSIGNEE}` for jobs that nobody is assigned to.",
    )
    filename_contains = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_FILENAME_PART,
        help_text="Only frames whose name contains each of these words, whatever their case.",
    )
    filename_pattern = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_PATTERN,
        help_text="Only frames whose name is like this pattern, such as `*_left.png`, whatever "
        "the case: `*` stands for any characters, `?` for one, `[0-4]` for one of these, `[!0-4]` "
        "for one that is none of these. Without `/` it is compared with the name without folders.",
    )
    first_frame = WholeNumberField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=LARGEST_FRAME,
        help_text="Only frames with this number or a higher one, in each task.",
    )
    last_frame = WholeNumberField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=LARGEST_FRAME,
        help_text="Only frames with this number or a lower one, in each task.",
    )
    annotation_filter = AnnotationFilterSerializer(
        required=False, help_text="Only frames with such annotations."
    )
    connection = IdField(required=False, allow_null=True)

    def validate_job_ids(self, ids: list[int]) -> list[int]:
        return sorted(set(ids))

    def validate_task_ids(self, ids: list[int]) -> list[int]:
        return sorted(set(ids))

    def validate_filename_contains(self, words: str) -> str:
        return " ".join(words.split())

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in SOURCES if attrs.get(name) is not None]
        if not named:
            raise serializers.ValidationError(
                "Name the task of job_ids by task_id."
                if attrs.get("job_ids")
                else "Name a task by task_id, or a job by job_id. Or name several tasks by "
                "task_ids, all tasks of a project by project_id, or those of a saved search by "
                "saved_search."
            )
        if len(named) > 1 and named not in TOGETHER:
            raise serializers.ValidationError(f"Give only one of {' and '.join(named)}.")
        if attrs.get("job_ids") and attrs.get("job_id") is not None:
            raise serializers.ValidationError("Give either job_id or job_ids.")
        if attrs.get("job_id") is not None:
            for name in ("stage", "state", "assignee"):
                if attrs.get(name):
                    raise serializers.ValidationError(
                        {name: "goes with a task, several tasks or a project, not with a job."}
                    )
        first, last = attrs.get("first_frame"), attrs.get("last_frame")
        if first is not None and last is not None and first > last:
            raise serializers.ValidationError(
                {"last_frame": "must not be smaller than first_frame."}
            )
        if named == ["task_ids"] and len(attrs["task_ids"]) == 1:
            [attrs["task_id"]] = attrs.pop("task_ids")
        return attrs


class LoadImagesSerializer(ScopeSerializer):
    """All frames at once; with `page` or `page_size` a page of them."""

    page = WholeNumberField(
        required=False, min_value=1, max_value=1_000_000, help_text="Only this page, from 1."
    )
    page_size = WholeNumberField(
        required=False,
        min_value=1,
        max_value=MOST_IMAGES,
        help_text=f"Frames on a page, {MOST_IMAGES:,} unless given.",
    )
