"""What a person asked to be changed in CVAT: one kind of background work."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from cvat.links import job_link, task_link
from portal.work.models import Work
from portal.work.values import WorkStatus, status_field
from publishing.change import Change
from publishing.ground_truth import GroundTruthOptions
from publishing.issues import IssueOptions
from publishing.models.publication_queries import (
    NEW_TASKS,
    PublicationQuerySet,
    PublicationStatus,
    PublicationTarget,
)
from publishing.models.steps import WorkOfSteps
from publishing.models.upload import Upload
from publishing.new_task import NewTaskOptions
from publishing.new_task_requests import PROJECT_DELETION, PROJECT_REQUEST
from publishing.removal import RemovalOptions
from publishing.replacing import ReplacedFrame
from publishing.reviewing import HandOverOptions
from publishing.writing_back import WriteBackOptions
from selections.archives import result_remarks
from selections.models import Selection
from selections.models.selected import FIRST_REVISION


class Publication(WorkOfSteps):
    """What a person asked to be changed in CVAT, nearly always with the frames of a selection, and
    what was done there for it. It stays with that person, as the record of it, also when the
    selection is deleted."""

    task = "publishing.tasks.publish"
    list_page = "publishing:publications"

    Target = PublicationTarget
    Status = PublicationStatus

    target = models.CharField(max_length=20, choices=Target)
    selection = models.ForeignKey(
        Selection, on_delete=models.SET_NULL, null=True, related_name="publications"
    )
    # Of a new task from files, or with pictures that replace those of the selection; null once the
    # portal has removed them.
    upload_of_files = models.ForeignKey(
        Upload, on_delete=models.SET_NULL, null=True, editable=False, related_name="publications"
    )
    # As it was called when the publication was asked for, and of the frames that it had then; of
    # copied annotations the name of what they are copied from; of files that of their upload.
    selection_name = models.CharField(max_length=200)
    revision = models.PositiveIntegerField(default=FIRST_REVISION, editable=False)
    url = models.CharField("CVAT server", max_length=500)
    # The task that is changed or removed in CVAT; null for a new one, and for changes in several.
    task_id = models.BigIntegerField(null=True, blank=True)
    task_name = models.CharField(max_length=500, blank=True)
    # Of a ground-truth job: task frames, ascending, as when the publication was asked for.
    frames = models.JSONField(default=list)
    # As the options of its target write them with to_json(): GroundTruthOptions, NewTaskOptions,
    # IssueOptions, CopyOptions, WriteBackOptions, RemovalOptions, HandOverOptions.
    options = models.JSONField(default=dict, blank=True)
    # What is to be done, where options and frames do not say it. Of issues: {"issues": as
    # FaultyFrame writes them, "jobs": ids of those to reject}; of copied annotations: {"jobs": as
    # JobObjects writes them}, until they are copied; of one of several new tasks {"asked": the
    # options of the request for all of them}; of a new task with pictures of an upload {"replaced":
    # as ReplacedFrame writes them}; of jobs handed over {"jobs": as HandOver writes them}.
    plan = models.JSONField(default=dict, blank=True, editable=False)
    result_job_id = models.BigIntegerField(null=True, blank=True)
    result_task_id = models.BigIntegerField(null=True, blank=True)
    # Of a new task: the slug of the organization to make it in, "" for the personal space.
    organization = models.CharField(max_length=100, blank=True)
    # Shared by the publications that were asked for in one request, which are numbered from 0; null
    # for one that was asked for alone.
    together = models.UUIDField(null=True, editable=False, db_index=True)
    part = models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)
    # By which a new task is found in CVAT again: it stands there as its issue tracker.
    marker = models.CharField(max_length=500, blank=True, editable=False)
    # CVAT's id of the upload of the pictures, to go on with it.
    upload_id = models.CharField(max_length=200, blank=True, editable=False)
    status = status_field(Status)

    objects: ClassVar = PublicationQuerySet.as_manager()

    class Meta(Work.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["selection", "requested_by", "target", "part"],
                condition=Q(status__in=["queued", "running"]),
                name="one_active_publication_per_selection",
            ),
            models.UniqueConstraint(
                fields=["upload_of_files", "part"],
                condition=Q(status__in=["queued", "running"]),
                name="one_active_publication_per_upload",
            ),
            # Whoever asks: two at once would each add what the other one is about to add.
            models.UniqueConstraint(
                fields=["url", "task_id"],
                condition=Q(status__in=["queued", "running"], target="copy"),
                name="one_active_copy_per_task",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.selection_name}: {self.get_target_display()}"

    def asked_together(self) -> list[Publication]:
        """It and those that were asked for with it, in their order."""
        if self.together is None:
            return [self]
        same = Publication.objects.filter(
            together=self.together, requested_by_id=self.requested_by_id
        )
        return list(same.for_list().order_by("part"))

    def get_absolute_url(self) -> str:
        return reverse("publishing:publication", args=[self.pk])

    def rows_below(self) -> models.QuerySet[Any]:
        return self.published_frames.order_by()

    @property
    def task_url(self) -> str:
        """The address of the task that is changed; "" without one, or once it is removed."""
        is_removed = self.target == self.Target.REMOVAL and self.status == self.Status.READY
        if self.task_id is None or is_removed:
            return ""
        return task_link(self.url, self.task_id)

    @property
    def result_url(self) -> str:
        """The address of the result in CVAT; "" while there is none."""
        if self.result_job_id is not None and self.task_id is not None:
            return job_link(self.url, self.task_id, self.result_job_id)
        return "" if self.result_task_id is None else task_link(self.url, self.result_task_id)

    @property
    def status_in_words(self) -> str:
        """The status as pages show it: only jobs and tasks are published, until they are removed;
        anything else is done."""
        if self.target not in (self.Target.GROUND_TRUTH, *NEW_TASKS):
            words = {self.Status.RUNNING: "under way", self.Status.READY: "done"}
            return words.get(self.Status(self.status), self.get_status_display())
        is_new_task = self.target in NEW_TASKS
        if is_new_task and self.status == self.Status.READY and self.result_task_id is None:
            return "task removed"
        return self.get_status_display()

    @property
    def again_url(self) -> str:
        """The page on which the same can be asked for again; "" where there is none."""
        if self.target == self.Target.COPY:
            query = {"connection": self.connection_id or "", "task": self.task_id}
            return f"{reverse('publishing:copy')}?{urlencode(query)}"
        if self.target == self.Target.WRITE_BACK:
            source = self.get_write_back_options().publication_id
            return reverse("publishing:results", args=[source])
        if self.target == self.Target.REMOVAL:
            source = self.get_removal_options().publication_id
            return reverse("publishing:remove-task", args=[source])
        if self.target == self.Target.HAND_OVER:
            source = self.get_hand_over_options().publication_id
            return reverse("publishing:hand-over", args=[source])
        if self.target == self.Target.FILES:
            if self.upload_of_files_id is None:
                return reverse("publishing:files")
            return reverse("publishing:task-of-files", args=[self.upload_of_files_id])
        if self.selection_id is None:
            return ""
        page = reverse(f"publishing:{_PAGES[self.target]}", args=[self.selection_id])
        # The form of a new task is long: it is filled with what was chosen.
        return f"{page}?like={self.pk}" if self.target == self.Target.TASK else page

    @property
    def has_results(self) -> bool:
        """Whether it has made jobs in CVAT whose annotations can come back to its frames."""
        has_jobs = self.target in (self.Target.GROUND_TRUTH, self.Target.TASK)
        return has_jobs and self.status == self.Status.READY and self.result_task_id is not None

    @property
    def results_title(self) -> str:
        """Such as “publication 12 (new task 57)”."""
        about = {
            "publication": self.pk,
            "task_id": self.result_task_id,
            "job_id": self.result_job_id,
        }
        return result_remarks.title(about)

    @property
    def reviewer_ids(self) -> tuple[int, ...]:
        """Users of CVAT who were named as the reviewers of its jobs."""
        return tuple(self.options.get("reviewer_ids", ()))

    @property
    def has_honeypots(self) -> bool:
        """Whether its new task has some frames in the ground-truth job alone, as a pool."""
        return self.target == self.Target.TASK and bool(self.options.get("honeypots_per_job"))

    @property
    def has_reviewable_jobs(self) -> bool:
        """Whether it has made a task whose completed jobs can be handed over to reviewers."""
        has_task = self.status == self.Status.READY and self.result_task_id is not None
        return self.target in NEW_TASKS and has_task

    @property
    def has_removable_task(self) -> bool:
        """Whether it has made a task in CVAT, finished or not, and does no more with it."""
        is_new_task = self.target in NEW_TASKS and self.result_task_id is not None
        return is_new_task and not self.is_active

    @property
    def left_project(self) -> str:
        """The name of the project that was made, or may have been, for a task that is not there; ""
        if there is none."""
        has_task = self.result_task_id is not None or self.status == self.Status.READY
        if self.is_active or has_task or self.target not in NEW_TASKS:
            return ""
        asked = [step for step in self.steps if step["request"].startswith(PROJECT_REQUEST)]
        is_made = any(not step["is_refused"] for step in asked)
        is_deleted = any(step["request"].startswith(PROJECT_DELETION) for step in self.steps)
        return self.get_new_task_options().new_project if is_made and not is_deleted else ""

    def get_ground_truth_options(self) -> GroundTruthOptions:
        """Of a ground-truth job."""
        return GroundTruthOptions.from_json(self.options)

    def get_new_task_options(self) -> NewTaskOptions:
        """Of a new task."""
        return NewTaskOptions.from_json(self.options)

    @property
    def replaced(self) -> tuple[ReplacedFrame, ...]:
        """Of a new task: the frames whose pictures are those of its upload."""
        return tuple(ReplacedFrame(*row) for row in self.plan.get("replaced", ()))

    @property
    def video(self) -> str:
        """Of a task of files: the file name of the video that it is made of; "" for pictures."""
        return str(self.plan.get("video", ""))

    def get_issue_options(self) -> IssueOptions:
        """Of issues."""
        return IssueOptions.from_json(self.options)

    def get_removal_options(self) -> RemovalOptions:
        """Of a published task that is removed."""
        return RemovalOptions.from_json(self.options)

    def get_write_back_options(self) -> WriteBackOptions:
        """Of results written back."""
        return WriteBackOptions.from_json(self.options)

    def get_hand_over_options(self) -> HandOverOptions:
        """Of jobs handed over to reviewers."""
        return HandOverOptions.from_json(self.options)

    def note_task(self, worker: uuid.UUID, task_id: int | None) -> bool:
        """Note which task was made; None: it was deleted. False if the worker has lost its
        claim."""
        return self._change(self._held(worker), result_task_id=task_id)

    def note_upload(self, worker: uuid.UUID, upload_id: str) -> bool:
        """Note which upload to go on with. False if the worker has lost its claim."""
        return self._change(self._held(worker), upload_id=upload_id[:200])

    def note_task_removed(self, change: Change) -> None:
        """Note that the task, which was made, was deleted in CVAT since."""
        ended = Publication.objects.exclude(status__in=self.ACTIVE)
        made = ended.filter(result_task_id__isnull=False)
        self._note_removal(made, change)

    def note_removal(self, change: Change) -> None:
        """Note that the task, or the project made for it, was deleted in CVAT after the publication
        was given up."""
        self._note_removal(Publication.objects.given_up(), change)

    def _note_removal(self, rows: PublicationQuerySet, change: Change) -> None:
        now = timezone.now().isoformat()
        step = {"request": change.request, "text": change.text, "sent_at": now, "done_at": now}
        self._change(
            rows,
            steps=[*self.steps, step | {"is_refused": False}],
            result_task_id=None,
        )

    def finish(
        self,
        worker: uuid.UUID,
        *,
        problems: Sequence[dict[str, Any]] = (),
        left_out: int = 0,
        **result: Any,
    ) -> bool:
        """running -> ready. `problems` are the first objects that CVAT did not get, and `result`
        has the other columns of LeftOut: no frame is missing."""
        return self._change(
            self._held(worker),
            **{
                "status": WorkStatus.READY,
                "problems": list(problems[: self.PROBLEMS_IN_ROW]),
                "frames_done": self.frames_total - left_out,
                "finished_at": timezone.now(),
                **result,
            },
        )


# Names of the URLs of the pages on which publications are asked for.
_PAGES: Mapping[str, str] = {
    Publication.Target.GROUND_TRUTH: "ground-truth",
    Publication.Target.TASK: "new-task",
    Publication.Target.ISSUES: "issues",
}
