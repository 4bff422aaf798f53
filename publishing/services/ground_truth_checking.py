"""What a ground-truth job of a selection would be, before anything is changed in CVAT."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User as PortalUser

from cvat import origins
from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden
from cvat.types import Job, Task, User
from portal.exceptions import Conflict, InvalidInput
from publishing.change import (
    DELETED_IN_API,
    DELIVER,
    LEAVE_OUT,
    Change,
    deleted_in_words,
    frames_in_words,
)
from publishing.exceptions import ChoiceNeeded
from publishing.ground_truth import MOST_FRAMES, GroundTruthOptions, changes
from publishing.services.assignees import check_assignees, find_members
from selections.models import Selection
from selections.services.connections import required_connection
from selector.cvat_requests import cvat_client
from selector.models import Connection

ONE_JOB_ONLY = (
    "CVAT shows your account single jobs of task {task}, but not the task, and a ground-truth job "
    "belongs to the whole task. Share the selection with somebody who may see the task."
)


@dataclass(frozen=True, slots=True)
class JobShare:
    """How many of the frames an annotation job holds."""

    job: Job
    frames_count: int


@dataclass(frozen=True, slots=True)
class GroundTruthCheck:
    """The frames of a selection and the task that they are of, as CVAT has it now. `frames` are
    ascending; `deleted` those of them that are deleted in CVAT. `existing` is the ground-truth job
    of the task. `members` are the CVAT users that the new one can be assigned to."""

    connection: Connection
    task: Task
    frames: tuple[int, ...]
    deleted: tuple[int, ...]
    jobs: tuple[JobShare, ...]
    existing: Job | None
    members: tuple[User, ...]

    @property
    def frames_count(self) -> int:
        return len(self.frames)

    @property
    def jobs_without_frames(self) -> tuple[Job, ...]:
        """Annotation jobs in which nothing would be checked."""
        return tuple(share.job for share in self.jobs if not share.frames_count)

    def remaining(self, deleted_frames: str) -> list[int]:
        """The frames, without those deleted in CVAT if they are to be left out."""
        left_out = set(self.deleted) if deleted_frames == LEAVE_OUT else set()
        return [frame for frame in self.frames if frame not in left_out]

    def chosen(self, options: GroundTruthOptions) -> list[int]:
        """The frames that the job would have. Raises ChoiceNeeded, InvalidInput, Conflict."""
        self._check_existing(options.replace_job)
        if options.assignee_id is not None:
            check_assignees(self.members, [options.assignee_id], subject="The job")
        if self.deleted and options.deleted_frames not in (DELIVER, LEAVE_OUT):
            raise ChoiceNeeded(
                f"{deleted_in_words(len(self.deleted))}: {self._named()}. Say whether to leave "
                "them out or to check them all the same.",
                in_api=DELETED_IN_API,
            )
        frames = self.remaining(options.deleted_frames)
        if not frames:
            raise InvalidInput(
                "Every frame of the selection was deleted in CVAT. Choose other frames."
            )
        return frames

    def changes(self, options: GroundTruthOptions) -> list[Change]:
        """The requests that would make the job."""
        frames = self.remaining(options.deleted_frames)
        return changes(task_id=self.task.id, frames=frames, options=options)

    def _check_existing(self, replaced: int | None) -> None:
        existing = self.existing
        if existing is None and replaced is not None:
            raise Conflict(
                f"Task {self.task.id} has no ground-truth job {replaced} any more. Look at it "
                "again, then decide anew."
            )
        if existing is not None and replaced is None:
            raise ChoiceNeeded(
                f"Task {self.task.id} has ground-truth job {existing.id} already, and CVAT allows "
                "one. To replace it, which deletes it and all annotations in it, say so.",
                in_api=f"`replace_job`: {existing.id}",
            )
        if existing is not None and replaced != existing.id:
            raise Conflict(
                f"The ground-truth job of task {self.task.id} is job {existing.id} now, not job "
                f"{replaced}. Look at it, then decide anew."
            )

    def _named(self) -> str:
        named = ", ".join(map(str, self.deleted[:10]))
        return named if len(self.deleted) <= 10 else f"{named} and others"


def check_ground_truth(*, user: PortalUser, selection: Selection) -> GroundTruthCheck:
    """Ask CVAT through the user's own connection; nothing is changed.

    Raises InvalidInput for a selection that cannot become a ground-truth job, NotConnected,
    CvatError.
    """
    frames = _frames(selection)
    task_id = frames[0][0]
    numbers = tuple(frame for _, frame in frames)
    connection = required_connection(user, selection)
    with cvat_client(connection) as client:
        task = _task(client, task_id)
        check_task(task, numbers)
        jobs = client.jobs(task_id)
        shares = tuple(JobShare(job, _held(job, numbers)) for job in jobs if job.is_annotation)
        holders = [share.job for share in shares if share.frames_count]
        deleted = origins.read(client, task_id, holders).deleted
        return GroundTruthCheck(
            connection=connection,
            task=task,
            frames=numbers,
            deleted=tuple(frame for frame in numbers if frame in deleted),
            jobs=shares,
            existing=next((job for job in jobs if job.type == "ground_truth"), None),
            members=find_members(client, task.organization_id),
        )


def _frames(selection: Selection) -> list[tuple[int, int]]:
    """(task, frame) of each frame, which are all of one task."""
    rows = selection.frames.order_by("task_id", "frame")
    tasks = list(rows.order_by("task_id").values_list("task_id", flat=True).distinct()[:2])
    if not tasks:
        raise InvalidInput("The selection has no frames.")
    if len(tasks) > 1:
        raise InvalidInput(
            "The selection has frames of several tasks, and a ground-truth job is of one. Make a "
            "selection for each task."
        )
    frames = list(rows.values_list("task_id", "frame")[: MOST_FRAMES + 1])
    if len(frames) > MOST_FRAMES:
        raise InvalidInput(
            f"A ground-truth job made here has at most {MOST_FRAMES:,} frames. Draw fewer."
        )
    return frames


def _task(client: CvatClient, task_id: int) -> Task:
    try:
        return client.task(task_id)
    except CvatForbidden as error:
        raise CvatForbidden(ONE_JOB_ONLY.format(task=task_id), status=error.status) from None


def check_task(task: Task, frames: Sequence[int]) -> None:
    """Raises InvalidInput for a task that CVAT makes no ground-truth job of these frames in."""
    if task.dimension != "2d":
        raise InvalidInput(
            f"Task {task.id} holds point clouds. CVAT makes ground-truth jobs of pictures and "
            "videos alone."
        )
    if task.validation_mode == "gt_pool":
        raise InvalidInput(
            f"Task {task.id} has honeypots: its ground truth was chosen when it was made, and CVAT "
            "takes no other one. Choose frames of another task."
        )
    unknown = [frame for frame in frames if frame >= task.size]
    if unknown:
        named = ", ".join(map(str, unknown[:10]))
        raise InvalidInput(
            f"Task {task.id} has {task.size:,} frames now, and "
            f"{frames_in_words(len(unknown))} of the selection are beyond them ({named}). "
            "Look at the selection and save it anew."
        )


def _held(job: Job, frames: tuple[int, ...]) -> int:
    return bisect_right(frames, job.stop_frame) - bisect_left(frames, job.start_frame)
