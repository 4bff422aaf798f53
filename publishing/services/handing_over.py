"""Completed jobs of a new task handed over to reviewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User as PortalUser

from cvat.types import Job, User
from cvat.writing import JobWriter
from portal.exceptions import Conflict, InvalidInput
from portal.work.exceptions import WorkFailed
from portal.work.heartbeat import Heartbeat
from publishing.models import Publication
from publishing.reviewing import (
    ANNOTATION,
    COMPLETED,
    NEW,
    VALIDATION,
    HandOver,
    HandOverOptions,
    by_frames,
    in_turn,
)
from publishing.services.assignees import check_assignees, find_members
from publishing.services.following import NO_JOB_SHOWN
from publishing.services.queueing import check_not_removed, follow_up_of, queue
from publishing.services.writing import permitted_writing
from selections.services.connections import required_connection
from selector.cvat_requests import cvat_client
from selector.models import Connection

NO_JOBS = (
    "This publication has no jobs that could be handed over: only those of a new task are, once it "
    "is made in CVAT and as long as it is not removed."
)
NONE_COMPLETED = (
    "No job of the task waits for a review: a job does once its state is completed in the stage "
    "annotation."
)
CHANGED = (
    "{jobs} changed in CVAT since you asked: no longer completed in the stage annotation, so not "
    "handed over. Look at how far the jobs are, and ask again if needed."
)


@dataclass(frozen=True, slots=True)
class HandOverCheck:
    """The annotation jobs of a new task by their frames, as CVAT has them now, and the users of
    CVAT who can get them. `reviewer_ids` were given when the task was asked for."""

    connection: Connection
    jobs: tuple[Job, ...]
    members: tuple[User, ...]
    reviewer_ids: tuple[int, ...]

    @property
    def waiting(self) -> list[Job]:
        return [job for job in self.jobs if _waits(job)]

    def hand_overs(self, reviewer_ids: Sequence[int]) -> list[HandOver]:
        """The jobs that wait for a review. A job has the same reviewer whenever it is handed over:
        its place among all jobs says who. Raises InvalidInput, Conflict."""
        if not reviewer_ids:
            raise InvalidInput("Name at least one reviewer.", in_api="`reviewer_ids`")
        check_assignees(self.members, reviewer_ids, subject="The jobs")
        if not self.waiting:
            raise Conflict(NONE_COMPLETED)
        names = {member.id: member.username for member in self.members}
        return [
            HandOver(job.id, reviewer, names[reviewer])
            for number, job in enumerate(self.jobs)
            if _waits(job)
            for reviewer in [in_turn(reviewer_ids, number)]
        ]


def check_hand_over(*, user: PortalUser, source: Publication) -> HandOverCheck:
    """Ask CVAT through the user's own connection; nothing is changed. Raises Conflict,
    NotConnected, CvatError."""
    task_id = source.result_task_id
    if not source.has_reviewable_jobs or task_id is None:
        raise Conflict(NO_JOBS)
    connection = required_connection(user, source)
    with cvat_client(connection) as client:
        jobs = by_frames(client.jobs(task_id))
        if not jobs:
            raise Conflict(NO_JOB_SHOWN.format(task=task_id))
        return HandOverCheck(
            connection,
            tuple(jobs),
            find_members(client, client.task(task_id).organization_id),
            source.reviewer_ids,
        )


def request_hand_over(
    *, user: PortalUser, source: Publication, reviewer_ids: Sequence[int]
) -> Publication:
    """Ask for the completed jobs of a publication to be handed over, by a worker; one that is asked
    for already with the same reviewers is answered. Raises what check_hand_over() and
    HandOverCheck.hand_overs() raise, PermissionNeeded."""
    options = HandOverOptions(source.pk, tuple(reviewer_ids)).to_json()

    def running() -> Publication | None:
        check_not_removed(source.url, source.result_task_id)
        active = Publication.objects.for_user(user).active()
        return active.filter(target=Publication.Target.HAND_OVER, options=options).first()

    if same := running():
        return same
    check = check_hand_over(user=user, source=source)
    hand_overs = check.hand_overs(reviewer_ids)
    publication = follow_up_of(
        source,
        Publication.Target.HAND_OVER,
        task_id=source.result_task_id,
        task_name=source.task_name,
        frames_total=sum(job.frame_count for job in check.waiting),
        options=options,
        plan={"jobs": [each.to_json() for each in hand_overs]},
        part=source.part,
    )
    return queue(publication, find_same=running)


def hand_over(publication: Publication, heartbeat: Heartbeat) -> dict[str, Any]:
    """Carry out a publication as jobs that are handed over; returns the columns of its result."""
    changed = []
    with permitted_writing(publication, heartbeat) as writing:
        writer = JobWriter(writing.client)
        for data in publication.plan["jobs"]:
            each = HandOver.from_json(data)
            heartbeat.check()
            if publication.has_done(each.change):
                continue
            is_waiting = _waits(writing.client.job(each.job_id))
            if not is_waiting and not publication.has_begun(each.change):
                changed.append(f"job {each.job_id}")
                continue
            with writing.step(each.change):
                if is_waiting:  # else it was sent, its answer was lost, and the review may be on
                    writer.update_job(
                        each.job_id, stage=VALIDATION, state=NEW, assignee_id=each.reviewer_id
                    )
    if changed:
        raise WorkFailed(CHANGED.format(jobs=", ".join(changed).capitalize()))
    return {"result_task_id": publication.task_id}


def _waits(job: Job) -> bool:
    """Whether it is annotated, and nobody reviews it yet."""
    return job.stage == ANNOTATION and job.state == COMPLETED
