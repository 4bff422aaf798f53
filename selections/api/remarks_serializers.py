"""Serializers of what the receiver of a ZIP should know of its files and annotations.

A key that can be missing is not `read_only`: the schema calls every such field required.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ListedFrameSerializer(serializers.Serializer[Any]):
    task_id = serializers.IntegerField(read_only=True)
    frame = serializers.IntegerField(read_only=True)
    filename = serializers.CharField(read_only=True)


class ListedFramesSerializer(serializers.Serializer[Any]):
    """How many frames, and the first 100 of them."""

    count = serializers.IntegerField(read_only=True)
    frames = ListedFrameSerializer(many=True, read_only=True)


class AnnotationProblemSerializer(serializers.Serializer[Any]):
    """An object, or all of a job or a task, that is not among the annotations, and why. Keys that
    do not apply are missing."""

    task_id = serializers.IntegerField(required=False)
    job_id = serializers.IntegerField(required=False)
    frame = serializers.IntegerField(required=False, allow_null=True)
    object_id = serializers.IntegerField(
        required=False, allow_null=True, help_text="Id in CVAT of a shape, tag or track."
    )
    reason = serializers.CharField(read_only=True)


class ResultlessFrameSerializer(serializers.Serializer[Any]):
    task_id = serializers.IntegerField(read_only=True)
    frame = serializers.IntegerField(read_only=True)


class AnnotationsFromSerializer(serializers.Serializer[Any]):
    """The publication whose results the annotations are, and what to know of them."""

    publication = serializers.IntegerField(read_only=True, help_text="Its id.")
    task_id = serializers.IntegerField(read_only=True, help_text="The task of the results.")
    job_id = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        help_text="The ground-truth job that they are of; null: the annotation jobs of the task.",
    )
    updated_date = serializers.CharField(
        read_only=True, help_text="When these jobs were changed last, in CVAT's words."
    )
    not_held_count = serializers.IntegerField(
        read_only=True,
        help_text="How many frames of the selection are not in the publication: they have no "
        "objects.",
    )
    not_held = ResultlessFrameSerializer(
        many=True, read_only=True, help_text="The first 20 of these frames."
    )
    not_shown_count = serializers.IntegerField(
        read_only=True, help_text="How many frames are in no job of the results that CVAT shows."
    )
    deleted_count = serializers.IntegerField(
        read_only=True, help_text="How many frames are deleted among the results."
    )
    resized_count = serializers.IntegerField(
        read_only=True,
        help_text="How many pictures have another size among the results: their objects may not "
        "fit.",
    )
    labels_added = serializers.DictField(
        child=serializers.IntegerField(),
        read_only=True,
        help_text="Labels that the task of the frame does not have: how many objects each.",
    )


class AnnotationsSerializer(serializers.Serializer[Any]):
    """The annotations in the ZIP, and what of them is missing."""

    format = serializers.CharField(read_only=True, help_text="Their format, as asked for.")
    objects_count = serializers.IntegerField(read_only=True, help_text="How many objects they are.")
    problems_count = serializers.IntegerField(
        read_only=True, help_text="How many objects, jobs and tasks are missing."
    )
    left_out = serializers.DictField(
        child=serializers.IntegerField(),
        read_only=True,
        help_text="How many objects the format has no place for, by the reason; also of frames "
        "that are not in the ZIP.",
    )
    attributes_left_out = serializers.DictField(
        child=serializers.IntegerField(),
        required=False,
        help_text="Of each attribute that the format has no place for, how many values of it the "
        "objects have.",
    )
    jobs_left_out_count = serializers.IntegerField(
        required=False,
        help_text="How many jobs of these frames are not completed or accepted, as asked for.",
    )
    jobs_left_out = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text="The ids of the first 20 of these jobs.",
    )
    annotations_from = AnnotationsFromSerializer(
        required=False, help_text="Missing when they are those of the tasks."
    )
    problems = AnnotationProblemSerializer(
        many=True, read_only=True, help_text="The first 20 that are missing, each with its reason."
    )


class RemarksSerializer(serializers.Serializer[Any]):
    """What the receiver of the ZIP should know; null until it is built. `exact` files are the
    uploads byte for byte. `differs` and `may_differ` count the others by the keys of the manifest's
    lines. `deleted` frames were deleted in CVAT after the selection was saved and are in the ZIP,
    `left_out` ones are not, as asked for. `longest_path` is in characters, `long_paths` counts
    those that are too long for Windows; `most_entries` is of the ZIP with the most files.
    `annotations` is missing when none were asked for, `listed` when the
    pictures are in the ZIP, `without_objects` when there are none."""

    exact = serializers.IntegerField(read_only=True)
    differs = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    may_differ = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    deleted = ListedFramesSerializer(read_only=True)
    left_out = ListedFramesSerializer(read_only=True)
    longest_path = serializers.IntegerField(read_only=True)
    long_paths = serializers.IntegerField(read_only=True)
    most_entries = serializers.IntegerField(read_only=True)
    task_folders = serializers.BooleanField(read_only=True)
    annotations = AnnotationsSerializer(required=False)
    listed = serializers.IntegerField(
        required=False, help_text="How many pictures are not in the ZIP."
    )
    without_objects = ListedFramesSerializer(
        required=False, help_text="Frames left out because they have no objects."
    )
