"""The API of the annotation index: labels with their counts, and frames by what is on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from cvat.annotations import Label
from cvat.links import MAX_ID
from portal.api.choices import ChoiceField
from portal.api.fields import ListField, WholeNumberField
from portal.api.strict import takes
from portal.signed_in import SignedInApiRequest
from selector.annotation_index.frame_sets import run_numbers, runs_of
from selector.annotation_index.task_index import LabelCounts
from selector.api.annotation_filters import FilterQuerySerializer, filter_of
from selector.api.serializers import ConnectionQuerySerializer
from selector.api.workspace import NOT_STORED, WorkspaceView
from selector.services.annotation_index import KnownAnnotations, known_annotations, known_of_tasks
from selector.services.scope_annotations import MOST_TASKS_ASKED

MOST_RUN_NUMBERS = 400_000  # in an answer about labels: some 3 MB
STATES = READY, READING = "ready", "reading"


class ReadingSerializer(serializers.Serializer[Any]):
    """How far the annotations were read. While `state` is `reading`, ask again after a few seconds:
    the rest of the answer is about the jobs that were read so far."""

    task_id = serializers.IntegerField()
    state = ChoiceField(
        choices=STATES,
        help_text="`ready`: all jobs were read; `reading`: some are still to be read.",
    )
    jobs_count = serializers.IntegerField(help_text="Jobs that the frames come from.")
    jobs_read = serializers.IntegerField(help_text="Jobs among them that were read.")
    work_id = serializers.IntegerField(
        allow_null=True,
        help_text="Id of the work of kind `annotationindexing` that reads them; null for none.",
    )
    problems_count = serializers.IntegerField(help_text="Objects that could not be read.")


class ValueCountSerializer(serializers.Serializer[Any]):
    value = serializers.CharField()
    count = serializers.IntegerField()


class AttributeCountsSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    values = ValueCountSerializer(
        many=True, help_text="At most 50 values, with how many objects have them; the most first."
    )


class LabelCountsSerializer(serializers.Serializer[Any]):
    """Objects count once on each frame that they are on, an interpolated one as well; a skeleton is
    one object."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    color = serializers.CharField(help_text='As CVAT has it, such as "#ff6037".')
    type = serializers.CharField()
    frames_count = serializers.IntegerField()
    objects_count = serializers.IntegerField(help_text="Objects and tags.")
    shape_types = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many of each type, such as `rectangle`."
    )
    sources = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many of each source, such as `manual`."
    )
    attributes = AttributeCountsSerializer(many=True, help_text="The attributes of the label.")
    frames = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        allow_null=True,
        help_text="With `with_frames` the frames that have it, as runs: [0, 3, 8, 1] (first, "
        "count, first, count) are the frames 0, 1, 2 and 8. Null if the answer would be too long: "
        "ask for the frames of this label by `labels_any`.",
    )


class LabelsQuerySerializer(ConnectionQuerySerializer):
    with_frames = serializers.BooleanField(
        default=False, help_text="Answer also on which frames each label is."
    )


class LabelsAnswer(ReadingSerializer):
    frames_count = serializers.IntegerField(help_text="Frames that can be chosen.")
    annotated_frames = serializers.IntegerField(help_text="Frames among them with an object.")
    labels = LabelCountsSerializer(many=True, help_text="All labels of the task.")


class FramesAnswer(ReadingSerializer):
    frames_count = serializers.IntegerField(help_text="Frames that fulfil the filter.")
    frames = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Their numbers as runs, first, count, first, count, ...: [0, 3, 8, 1] are the "
        "frames 0, 1, 2 and 8.",
    )
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Of each label, how many of these frames have it.",
    )


class TasksQuerySerializer(ConnectionQuerySerializer):
    task_ids = ListField(
        child=WholeNumberField(min_value=1, max_value=MAX_ID),
        allow_empty=False,
        max_length=MOST_TASKS_ASKED,
        help_text="Ids of the tasks, as a repeated parameter: `task_ids=1&task_ids=2`.",
    )

    def validate_task_ids(self, ids: list[int]) -> list[int]:
        return sorted(set(ids))


class LabelsOfTasksQuerySerializer(LabelsQuerySerializer, TasksQuerySerializer):
    """The tasks, and whether to answer frames."""


class TasksFilterQuerySerializer(FilterQuerySerializer, TasksQuerySerializer):
    """The tasks and the filter."""


class LabelsOfTasksAnswer(serializers.Serializer[Any]):
    tasks = LabelsAnswer(many=True, help_text="By the id of the task, each task once.")


class FramesOfTasksAnswer(serializers.Serializer[Any]):
    tasks = FramesAnswer(many=True, help_text="By the id of the task, each task once.")


class TaskLabelsView(WorkspaceView):
    @takes(query=LabelsQuerySerializer, responses=LabelsAnswer)
    def get(self, request: SignedInApiRequest, task_id: int) -> Response:
        """The labels of a task, and how often each is on the frames that can be chosen.

        Only jobs that CVAT shows you count. An object that two overlapping jobs hold alike counts
        once. What annotators save is seen after some seconds. Large tasks are read in the
        background: ask again while `state` is `reading`.
        """
        connection = self.connection(request)
        known = known_annotations(connection=connection, task_id=task_id)
        return _respond(_labels_of([known], with_frames=self.query["with_frames"])[0])


class JobLabelsView(WorkspaceView):
    @takes(query=LabelsQuerySerializer, responses=LabelsAnswer)
    def get(self, request: SignedInApiRequest, job_id: int) -> Response:
        """The same of one job, of any type: what is annotated in this job alone."""
        connection = self.connection(request)
        known = known_annotations(connection=connection, job_id=job_id)
        return _respond(_labels_of([known], with_frames=self.query["with_frames"])[0])


class TaskFramesView(WorkspaceView):
    @takes(query=FilterQuerySerializer, responses=FramesAnswer)
    def get(self, request: SignedInApiRequest, task_id: int) -> Response:
        """The frames of a task that fulfil a filter by annotation, see the labels of the task.
        Without a condition these are all frames."""
        connection = self.connection(request)
        known = known_annotations(connection=connection, task_id=task_id)
        return _respond(_frames_of(known, known.matching(filter_of(self.query))))


class JobFramesView(WorkspaceView):
    @takes(query=FilterQuerySerializer, responses=FramesAnswer)
    def get(self, request: SignedInApiRequest, job_id: int) -> Response:
        """The same of one job, of any type."""
        connection = self.connection(request)
        known = known_annotations(connection=connection, job_id=job_id)
        return _respond(_frames_of(known, known.matching(filter_of(self.query))))


class LabelsOfTasksView(WorkspaceView):
    @takes(query=LabelsOfTasksQuerySerializer, responses=LabelsOfTasksAnswer)
    def get(self, request: SignedInApiRequest) -> Response:
        """The labels of several tasks, each as `GET /api/tasks/{task_id}/labels` answers them.

        If there is one of the tasks that you cannot have, the answer is the error of that task.
        """
        connection = self.connection(request)
        tasks = known_of_tasks(connection=connection, task_ids=self.query["task_ids"])
        return _respond({"tasks": _labels_of(tasks, with_frames=self.query["with_frames"])})


class FramesOfTasksView(WorkspaceView):
    @takes(query=TasksFilterQuerySerializer, responses=FramesOfTasksAnswer)
    def get(self, request: SignedInApiRequest) -> Response:
        """The frames of several tasks that fulfil a filter by annotation, each as
        `GET /api/tasks/{task_id}/frames-by-annotation` answers them.

        Labels and attributes that a task does not have are on none of its frames: they are refused
        for a single task only, as the others may have them. If there is one of the tasks that you
        cannot have, the answer is the error of that task.
        """
        connection = self.connection(request)
        tasks = known_of_tasks(connection=connection, task_ids=self.query["task_ids"])
        conditions = filter_of(self.query)
        return _respond(
            {"tasks": [_frames_of(each, each.index.matching(conditions)) for each in tasks]}
        )


def _labels_of(tasks: Iterable[KnownAnnotations], *, with_frames: bool) -> list[dict[str, Any]]:
    """The labels of each task or job, with their counts. `with_frames`: each label also has its
    frames, or None where these would make the answer too long."""
    room = MOST_RUN_NUMBERS
    answers = []
    for known in tasks:
        labels = []
        for label in known.plan.labels:
            labels.append(_label(label, known.index.counts.get(label.name)))
            if with_frames:
                frames = known.index.by_label.get(label.name, 0)
                length = run_numbers(frames)
                labels[-1]["frames"] = runs_of(frames) if length <= room else None
                room -= length if length <= room else 0
        answers.append(
            {
                **_reading(known),
                "frames_count": known.plan.frames_count,
                "annotated_frames": known.index.annotated.bit_count(),
                "labels": labels,
            }
        )
    return answers


def _frames_of(known: KnownAnnotations, frames: int) -> dict[str, Any]:
    """The answer for the frames of a task or job that fulfil the filter, given as a set."""
    by_label = known.index.by_label
    return {
        **_reading(known),
        "frames_count": frames.bit_count(),
        "frames": runs_of(frames),
        "counts": {
            label.name: (frames & by_label.get(label.name, 0)).bit_count()
            for label in known.plan.labels
        },
    }


def _reading(known: KnownAnnotations) -> dict[str, Any]:
    return {
        "task_id": known.plan.task_id,
        "state": READY if known.is_complete else READING,
        "jobs_count": known.jobs_count,
        "jobs_read": known.jobs_read,
        "work_id": known.work_id,
        "problems_count": known.index.problems_count,
    }


def _respond(answer: dict[str, Any]) -> Response:
    return Response(answer, headers={"Cache-Control": NOT_STORED})


def _label(label: Label, counts: LabelCounts | None) -> dict[str, Any]:
    counts = counts or LabelCounts()
    return {
        "id": label.id,
        "name": label.name,
        "color": label.color,
        "type": label.type,
        "frames_count": counts.frames,
        "objects_count": counts.objects,
        "shape_types": counts.shape_types,
        "sources": counts.sources,
        "attributes": [
            {
                "name": each.name,
                "values": [
                    {"value": value, "count": count}
                    for value, count in counts.attributes.get(each.name, ())
                ],
            }
            for each in label.attributes
        ],
    }
