"""A ground-truth job in CVAT: made once, in place of another if that was asked for."""

from __future__ import annotations

from typing import Any

from cvat.exceptions import CvatRefused
from cvat.types import Job
from cvat.writing import JobWriter
from portal.work.exceptions import WorkFailed
from portal.work.heartbeat import Heartbeat
from publishing.ground_truth import changes
from publishing.models import Publication
from publishing.services.ground_truth_checking import check_task
from publishing.services.writing import Writing, permitted_writing

ANOTHER = (
    "Task {task} has a ground-truth job since you asked for this one: job {job}. Nothing was "
    "changed. Look at it, then ask again."
)
DELETED = "Ground-truth job {job}, which it was to replace, is deleted already."


def make_ground_truth_job(publication: Publication, heartbeat: Heartbeat) -> dict[str, Any]:
    """Carry out a publication as a ground-truth job; returns the columns of its result."""
    with permitted_writing(publication, heartbeat) as writing:
        job = _make(writing)
    return {"result_task_id": job.task_id, "result_job_id": job.id}


def _make(writing: Writing) -> Job:
    """The job, made once: an earlier attempt may have come to any point of this."""
    publication = writing.publication
    options = publication.get_ground_truth_options()
    frames, task_id = publication.frames, publication.task_id
    if task_id is None:
        raise WorkFailed("This publication names no task. Ask for it again.")
    writer, replaced = JobWriter(writing.client), options.replace_job
    *deletions, creation = changes(task_id=task_id, frames=frames, options=options)
    if not publication.steps:
        check_task(writing.client.task(task_id), frames)  # before a job is deleted in vain
        _check_ground_truth(task_id, replaced, writer)
    if replaced is not None and not publication.has_done(deletions[0]):
        with writing.step(deletions[0]):
            writer.ensure_job_deleted(replaced)
    try:
        with writing.step(creation):
            return writer.ensure_ground_truth_job(task_id, frames, assignee_id=options.assignee_id)
    except CvatRefused as error:
        if replaced is None:
            raise
        raise WorkFailed(f"{error} {DELETED.format(job=replaced)}") from error


def _check_ground_truth(task_id: int, replaced: int | None, writer: JobWriter) -> None:
    """Raises WorkFailed when the task has another ground-truth job than the person knew of."""
    for job in writer.ground_truth_jobs(task_id):
        if job.id != replaced:
            raise WorkFailed(ANOTHER.format(task=task_id, job=job.id))
