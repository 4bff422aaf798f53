"""How far the jobs of a publication are in CVAT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden
from cvat.links import job_link
from cvat.types import Job
from portal.exceptions import Conflict
from publishing.models import Publication
from publishing.reviewing import by_frames, in_turn
from publishing.services.assignees import find_members
from selections.services.connections import required_connection
from selector.cvat_requests import cvat_client

NOT_MADE = "CVAT has not made it yet, so there are no jobs to follow."

NO_JOB_SHOWN = (
    "CVAT shows no job of task {task} to you any more. The task may have been deleted there."
)


@dataclass(frozen=True, slots=True)
class FollowedJob:
    """A job of a publication. `url` is its address in CVAT; `reviewer` the name of the CVAT user
    who was chosen to review it, "" for nobody."""

    job: Job
    url: str
    reviewer: str = ""

    @property
    def kind(self) -> str:
        """What it is other than an annotation job, in words; "" for one."""
        if self.job.is_annotation:
            return ""
        return "ground truth" if self.job.type == "ground_truth" else "replica"


def follow_jobs(*, user: User, publication: Publication) -> list[FollowedJob]:
    """The jobs of the new task, or the ground-truth job, as CVAT has them now; asked through the
    user's own connection. Raises Conflict, NotConnected, CvatError."""
    task_id, job_id = publication.result_task_id, publication.result_job_id
    if task_id is None or publication.status != Publication.Status.READY:
        raise Conflict(NOT_MADE)
    with cvat_client(required_connection(user, publication)) as client:
        jobs = [client.job(job_id)] if job_id is not None else client.jobs(task_id)
        if not jobs:
            raise Conflict(NO_JOB_SHOWN.format(task=task_id))
        reviewers = _reviewers(client, task_id, jobs, publication.reviewer_ids)
    return [
        FollowedJob(job, job_link(publication.url, job.task_id, job.id), reviewers.get(job.id, ""))
        for job in jobs
    ]


def _reviewers(
    client: CvatClient, task_id: int, jobs: Sequence[Job], reviewer_ids: Sequence[int]
) -> Mapping[int, str]:
    """The name of the reviewer of each annotation job, by its id, or which user of CVAT it is where
    CVAT does not tell the name."""
    if not reviewer_ids:
        return {}
    try:
        organization_id = client.task(task_id).organization_id
        members = find_members(client, organization_id, only_active=False)  # to name them
    except CvatForbidden:  # for those who see single jobs of the task
        members = ()
    names = {member.id: member.username for member in members}
    chosen = {job.id: in_turn(reviewer_ids, n) for n, job in enumerate(by_frames(jobs))}
    return {job_id: names.get(user, f"user {user}") for job_id, user in chosen.items()}
