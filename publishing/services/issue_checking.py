"""Which issues the faulty frames of a selection would become, before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.contrib.auth.models import User

from cvat import origins
from cvat.client import CvatClient
from cvat.links import frame_link
from cvat.types import Job
from cvat.writing import IssueWriter
from portal.exceptions import Conflict, InvalidInput
from publishing.change import Change
from publishing.issues import (
    MOST_ISSUES,
    REJECTED,
    FaultyFrame,
    IssueOptions,
    changes,
    message,
    whole_picture,
)
from selections.models import FrameMark, Selection
from selections.services.connections import required_connection
from selector.cvat_requests import cvat_client
from selector.models import Connection

MOST_JOBS = 100  # each is a few requests to CVAT that a person waits for

NOTHING_FAULTY = (
    "No frame of this selection is marked as faulty. Mark some in the large view (F), then come "
    "back."
)
NOTHING_TO_DO = (
    "CVAT has every one of these issues already, and no job is to be changed, so there is nothing "
    "to do."
)


@dataclass(frozen=True, slots=True)
class FrameCheck:
    """`is_there`: the job has an issue with this text at this frame already. `is_deleted`: the
    frame is deleted in CVAT, so no issue is opened for it. `url` is its address there."""

    faulty: FaultyFrame
    is_there: bool
    is_deleted: bool
    url: str

    @property
    def is_to_open(self) -> bool:
        return not (self.is_there or self.is_deleted)


@dataclass(frozen=True, slots=True)
class IssuesCheck:
    """The faulty frames of a selection and their jobs, as CVAT has them now."""

    connection: Connection
    frames: tuple[FrameCheck, ...]
    jobs: tuple[Job, ...]

    @property
    def frames_count(self) -> int:
        """How many faulty frames CVAT shows."""
        return sum(not each.is_deleted for each in self.frames)

    @property
    def to_open(self) -> list[FaultyFrame]:
        return [each.faulty for each in self.frames if each.is_to_open]

    def to_reject(self, options: IssueOptions) -> list[int]:
        """Ids of the jobs that would be changed: those that are not so already."""
        if not options.reject_jobs:
            return []
        return [job.id for job in self.jobs if not _is_rejected(job, options.job_stage)]

    def check_choices(self, options: IssueOptions) -> None:
        """Raises InvalidInput, Conflict."""
        if options.job_stage and not options.reject_jobs:
            raise InvalidInput(
                "A stage is set for jobs that are rejected. Reject the jobs, or name no stage.",
                in_api="`reject_jobs`, or no `job_stage`",
            )
        if not self.changes(options):
            raise Conflict(NOTHING_TO_DO)

    def changes(self, options: IssueOptions) -> list[Change]:
        """The requests that would open the issues and reject the jobs."""
        return changes(self.to_open, self.to_reject(options), options)


def check_issues(*, user: User, selection: Selection) -> IssuesCheck:
    """Ask CVAT through the user's own connection; nothing is changed.

    Raises InvalidInput for a selection without faulty frames, or with very many of them,
    NotConnected, CvatError.
    """
    faulty = _faulty(selection)
    connection = required_connection(user, selection)
    job_ids = sorted({(each.task_id, each.job_id) for each in faulty})
    if len(job_ids) > MOST_JOBS:
        raise InvalidInput(
            f"The faulty frames are of {len(job_ids):,} jobs, and issues are opened in at most "
            f"{MOST_JOBS} at a time. Make smaller selections."
        )
    with cvat_client(connection) as client:
        jobs = [client.job(job_id) for _, job_id in job_ids]
        deleted = dict(_deleted(client, jobs))
        writer = IssueWriter(client)  # it reads issues as it looks for them before it opens one
        texts = {job.id: writer.texts_of_issues(job.id) for job in jobs}
    frames = tuple(
        FrameCheck(
            faulty=each,
            is_there=(each.frame, each.message) in texts[each.job_id],
            is_deleted=each.frame in deleted[each.task_id],
            url=frame_link(connection.url, each.task_id, each.job_id, each.frame),
        )
        for each in faulty
    )
    concerned = {each.faulty.job_id for each in frames if not each.is_deleted}
    return IssuesCheck(connection, frames, tuple(job for job in jobs if job.id in concerned))


def _is_rejected(job: Job, stage: str) -> bool:
    return job.state == REJECTED and job.stage == (stage or job.stage)


def _faulty(selection: Selection) -> list[FaultyFrame]:
    """The frames that are marked faulty, by task and frame. A mark may be of a frame that is not
    in the selection any more."""
    marks = {
        (mark.task_id, mark.frame): mark
        for mark in selection.marks.filter(verdict=FrameMark.Verdict.FAULTY)[: MOST_ISSUES + 1]
    }
    if len(marks) > MOST_ISSUES:
        raise InvalidInput(
            f"More than {MOST_ISSUES:,} frames are marked as faulty, and so many issues are opened "
            "at most at a time. Make smaller selections."
        )
    numbers: dict[int, list[int]] = {}
    for task_id, frame in marks:
        numbers.setdefault(task_id, []).append(frame)
    faulty = []
    for task_id in sorted(numbers):
        rows = selection.frames.filter(task_id=task_id, frame__in=numbers[task_id])
        for row in selection.shown_frames(rows.order_by("frame")):
            mark = marks[row.task_id, row.frame]
            faulty.append(
                FaultyFrame(
                    task_id=row.task_id,
                    job_id=row.job_id,
                    frame=row.frame,
                    filename=row.filename,
                    message=message(mark.comment, mark.tags),
                    position=whole_picture(row.width, row.height),
                )
            )
    if not faulty:
        raise InvalidInput(NOTHING_FAULTY)
    return faulty


def _deleted(client: CvatClient, jobs: Sequence[Job]) -> Iterator[tuple[int, frozenset[int]]]:
    """The deleted frames of each task, of these of its jobs. The jobs are in the order of tasks."""
    for task_id, group in groupby(jobs, key=lambda job: job.task_id):
        yield task_id, origins.read(client, task_id, list(group)).deleted
