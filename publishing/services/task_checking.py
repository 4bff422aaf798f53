"""What a new task of a selection would be, before anything is changed in CVAT."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User as PortalUser
from django.db.models import Count

from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden
from cvat.types import Project, Task
from cvat.writing import NewTask, TaskWriter
from portal.exceptions import InvalidInput
from publishing.change import (
    DELETED_IN_API,
    DELIVER,
    LEAVE_OUT,
    Change,
    deleted_in_words,
    frames_in_words,
)
from publishing.exceptions import ChoiceNeeded
from publishing.label_sets import LabelSet, LabelsToSend, label_sets
from publishing.new_task import MOST_FRAMES, MOST_JOBS, NewTaskOptions
from publishing.new_task_requests import (
    annotation_creation,
    ground_truth_creation,
    job_assignment,
    picture_upload,
    project_creation,
    task_creation,
)
from publishing.replacing import ReplacedFrame
from publishing.services.assignees import check_assignees
from publishing.services.task_places import Place, find_organization, find_place, find_project
from selections.models import Selection
from selections.services.connections import required_connection
from selections.services.deleted_frames import MOST_TASKS, Deletions, find_deleted
from selector.cvat_requests import cvat_client
from selector.models import Connection


@dataclass(frozen=True, slots=True)
class NewTaskPart:
    """One of the tasks to make, and the label sets whose frames it gets."""

    options: NewTaskOptions
    label_sets: tuple[LabelSet, ...]

    @property
    def frames_count(self) -> int:
        return sum(each.remaining(self.options.deleted_frames) for each in self.label_sets)

    def among(self, replaced: Iterable[ReplacedFrame]) -> list[ReplacedFrame]:
        """Those that are frames of this task."""
        task_ids = self.options.task_ids
        return [frame for frame in replaced if not task_ids or frame.task_id in task_ids]


@dataclass(frozen=True, slots=True)
class NewTaskCheck:
    """The frames of a selection and their tasks, as CVAT has them now, by the labels that the tasks
    have (`label_sets`). `organization` is the slug of the one that all tasks lie in, "" for a
    personal space; `project` the one that all are in; `projects` are the newest ones, of
    `projects_count`. `place` is where the new task will be."""

    connection: Connection
    tasks: tuple[Task, ...]
    frames_count: int
    deleted: Deletions
    label_sets: tuple[LabelSet, ...]
    organization: str
    project: Project | None
    projects: tuple[Project, ...]
    projects_count: int
    place: Place

    @property
    def labels(self) -> LabelsToSend | None:
        """Those that the new task gets outside a project; None when the tasks do not have the same
        ones."""
        return self.label_sets[0].labels if len(self.label_sets) == 1 else None

    def remaining(self, deleted_frames: str) -> int:
        """How many frames there are, without those deleted in CVAT if they are to be left out."""
        return self.frames_count - (self.deleted.count if deleted_frames == LEAVE_OUT else 0)

    def check_choices(self, options: NewTaskOptions) -> None:
        """Raises ChoiceNeeded, InvalidInput."""
        self._check_labels(options)
        if options.overlap > options.frames_per_job // 2:
            raise InvalidInput(
                "Jobs can share at most half of their frames with the next one. Give more frames "
                "per job, or a smaller overlap.",
                in_api="`frames_per_job`, `overlap`",
            )
        if options.consensus_replicas and options.with_annotations:
            raise InvalidInput(
                "Annotations are not copied into a task with replicas, whose jobs get those of the "
                "replicas. Leave out one of the two.",
                in_api="`consensus_replicas`, `with_annotations`",
            )
        check_assignees(self.place.members, options.assignee_ids, subject="The task and its jobs")
        if self.deleted.count and options.deleted_frames not in (DELIVER, LEAVE_OUT):
            raise ChoiceNeeded(
                f"{deleted_in_words(self.deleted.count)}. Say whether to leave them out or to take "
                "them all the same.",
                in_api=DELETED_IN_API,
            )
        self._check_honeypots(options)
        self._check_counts(options)

    def _check_counts(self, options: NewTaskOptions) -> None:
        """Raises InvalidInput for too few frames, and for too many jobs."""
        if not self.remaining(options.deleted_frames):
            raise InvalidInput(
                "Every frame of the selection was deleted in CVAT. Choose other frames."
            )
        counts = [part.frames_count for part in self.parts(options)]
        jobs = options.jobs_of(max(counts)) * (1 + options.consensus_replicas)
        if jobs > MOST_JOBS:
            raise InvalidInput(
                f"The task would get {jobs:,} jobs, replicas counted, and CVAT makes at most "
                f"{MOST_JOBS:,} of a task. Give each job more frames.",
                in_api="`frames_per_job`",
            )
        fewest = min(counts)
        if options.ground_truth_count > fewest:
            raise InvalidInput(
                f"A ground-truth job of {frames_in_words(options.ground_truth_count)} was asked "
                f"for, and the task gets {frames_in_words(fewest)}. Give a smaller number.",
                in_api="`ground_truth_count`",
            )

    def _check_honeypots(self, options: NewTaskOptions) -> None:
        """Raises InvalidInput for honeypots beside what CVAT is not known to take with them."""
        if not options.honeypots_per_job:
            return
        if options.honeypots_per_job > options.ground_truth_count:
            raise InvalidInput(
                "Honeypots are copies of the frames of the ground truth, and a job cannot get more "
                "different ones than there are. Give the ground truth as many frames as each job "
                "gets honeypots, or more.",
                in_api="`ground_truth_count`, `honeypots_per_job`",
            )
        if not options.frames_per_job:
            raise InvalidInput(
                "A task with honeypots is cut into jobs by their size. Say how many frames each "
                "job has, without the honeypots.",
                in_api="`frames_per_job`",
            )
        if options.overlap or options.consensus_replicas or options.with_annotations:
            raise InvalidInput(
                "A task with honeypots has its frames in a random order, without jobs that share "
                "frames, replicas, or annotations that go along. Leave these out, or the "
                "honeypots.",
                in_api="`honeypots_per_job` without `overlap`, `consensus_replicas` and "
                "`with_annotations`",
            )
        fewest = min(part.frames_count for part in self.parts(options))
        if options.ground_truth_count >= fewest:
            raise InvalidInput(
                "With honeypots, the frames of the ground truth are in no other job, so some "
                f"frames must remain: give the ground truth fewer than {fewest:,}.",
                in_api="`ground_truth_count`",
            )

    def _check_labels(self, options: NewTaskOptions) -> None:
        if options.project_id is not None and options.new_project:
            raise InvalidInput(
                "Choose a project or name a new one, not both.",
                in_api="`project_id` or `new_project`",
            )
        ways = (
            options.project_id is not None,
            bool(options.labels) or options.per_label_set,
            bool(options.label_schema),
        )
        if sum(ways) > 1:
            raise InvalidInput(
                "The task gets the labels of a project, those of the tasks or a part of them, or "
                "labels of its own: choose one of these.",
                in_api="`project_id`, `labels` with `per_label_set`, or `label_schema`",
            )
        if options.project_id is not None or options.label_schema:
            return
        names = list(dict.fromkeys(name for each in self.label_sets for name in each.names))
        unknown = set(options.labels) - set(names)
        if unknown:
            raise InvalidInput(
                f"The tasks have no label “{min(unknown)}”. They have: {', '.join(names)}."
            )
        if self.labels is None:
            self._check_label_sets(options)

    def _check_label_sets(self, options: NewTaskOptions) -> None:
        if not options.per_label_set:
            raise ChoiceNeeded(
                "The tasks of the selection have different labels: "
                f"{'; '.join(each.in_words() for each in self.label_sets)}. Ask for a task for "
                "each set of labels, name a project whose labels one task gets, or give labels.",
                in_api="`per_label_set`, `project_id` or `label_schema`",
            )
        if options.new_project:
            raise InvalidInput(
                "A project has one set of labels, and the tasks of the selection have different "
                "ones. Leave out the new project, or give labels.",
                in_api="no `new_project`, or `label_schema`",
            )
        for each in self.label_sets:
            if options.labels and not set(options.labels) & set(each.names):
                raise InvalidInput(
                    f"The task of {each.in_words()} would be left without labels. Name one of "
                    "these, too.",
                    in_api="`labels`",
                )

    def parts(self, options: NewTaskOptions) -> list[NewTaskPart]:
        """The task to make, or those for each of the label sets that have frames."""
        remaining = [each for each in self.label_sets if each.remaining(options.deleted_frames)]
        if self.labels is not None or not options.per_label_set:
            return [NewTaskPart(options, self.label_sets)]
        return [
            NewTaskPart(options.part(number, len(remaining), of=each), (each,))
            for number, each in enumerate(remaining, 1)
        ]

    def changes(
        self, options: NewTaskOptions, *, replaced: Sequence[ReplacedFrame] = ()
    ) -> list[Change]:
        """The requests that would make the task, or the tasks, with other pictures of the frames
        that are `replaced`."""
        return [change for part in self.parts(options) for change in self._changes(part, replaced)]

    def _changes(self, part: NewTaskPart, replaced: Sequence[ReplacedFrame]) -> list[Change]:
        options = part.options
        made_with: dict[str, Any] = {
            "marker": "<page of the publication>",
            "labels": part.label_sets[0].labels,
            "organization": self.organization,
        }
        task = self._task(options, made_with)
        project = options.project(**made_with) if options.new_project else None
        changes = [
            *([] if project is None else [project_creation(project)]),
            task_creation(task, self.place.query, new_project=project),
            self._upload(part, replaced),
        ]
        if options.with_annotations:
            changes.append(annotation_creation(None, lost_labels=self._lost_labels(part)))
        if options.job_assignee_ids:
            changes.append(job_assignment(None, assignees=len(set(options.job_assignee_ids))))
        if options.ground_truth_count and not options.honeypots_per_job:
            changes.append(ground_truth_creation(None, frames_count=options.ground_truth_count))
        return changes

    def _task(self, options: NewTaskOptions, made_with: Mapping[str, Any]) -> NewTask:
        return options.task(**made_with)

    def _upload(self, part: NewTaskPart, replaced: Sequence[ReplacedFrame]) -> Change:
        return picture_upload(
            None,
            frames_count=part.frames_count,
            options=part.options,
            replaced=len(part.among(replaced)),
        )

    def _lost_labels(self, part: NewTaskPart) -> frozenset[str]:
        """Names of labels of the frames that the new task will not have."""
        labels = part.options.labels_among(part.label_sets[0].labels)
        if self.place.project is not None:
            labels = tuple(self.place.labels)
        names = frozenset(name for each in part.label_sets for name in each.names)
        return names - {str(label["name"]) for label in labels}


def check_new_task(
    *, user: PortalUser, selection: Selection, project_id: int | None = None
) -> NewTaskCheck:
    """Ask CVAT through the user's own connection; nothing is changed. `project_id`: the project
    that the task is to be made in.

    Raises InvalidInput for a selection that cannot become a task, or a project that the user does
    not see, NotConnected, CvatError.
    """
    frames = _frames_by_task(selection)
    connection = required_connection(user, selection)
    with cvat_client(connection) as client:
        tasks = tuple(_task(client, task_id) for task_id in frames)
        writer = TaskWriter(client)  # it reads the labels in the form in which they are sent
        labels = {task.id: writer.labels_of_task(task.id) for task in tasks}
        organization = find_organization(client, tasks)
        projects = client.projects()
        deleted = find_deleted(user=user, selection=selection)
        return NewTaskCheck(
            connection=connection,
            tasks=tasks,
            frames_count=sum(frames.values()),
            deleted=deleted,
            label_sets=label_sets(labels, frames, deleted.places),
            organization=organization,
            project=find_project(client, tasks),
            projects=projects.results,
            projects_count=projects.count,
            place=find_place(client, tasks[0].organization_id, organization, project_id),
        )


def _frames_by_task(selection: Selection) -> dict[int, int]:
    """How many frames of each task there are. Raises InvalidInput for none, and for too many."""
    counts = selection.frames.order_by("task_id").values("task_id").annotate(count=Count("pk"))
    frames = {row["task_id"]: row["count"] for row in counts}
    if not frames:
        raise InvalidInput("The selection has no frames.")
    if sum(frames.values()) > MOST_FRAMES:
        raise InvalidInput(
            f"A task made here has at most {MOST_FRAMES:,} frames. Make smaller selections."
        )
    if len(frames) > MOST_TASKS:
        raise InvalidInput(
            f"A task made here has frames of at most {MOST_TASKS} tasks. Make smaller selections."
        )
    return frames


def _task(client: CvatClient, task_id: int) -> Task:
    try:
        return client.task(task_id)
    except CvatForbidden as error:
        raise CvatForbidden(
            f"CVAT shows your account single jobs of task {task_id}, but not the task, whose "
            "labels a new task needs. Share the selection with somebody who may see the task.",
            status=error.status,
        ) from None
