"""What a worker does for a publication."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cvat.exceptions import CvatUnauthorized
from cvat.types import Job
from cvat.writing import CvatWriter
from portal.exceptions import NotConnected
from portal.work.exceptions import Stopped, WorkFailed
from portal.work.heartbeat import Heartbeat
from portal.work.running import run
from publishing.exceptions import PermissionNeeded
from publishing.ground_truth import Change, changes
from publishing.models import Publication, WritePermission
from selector.services.task_reading import worker_client

ANOTHER = (
    "Task {task} has a ground-truth job since you asked for this one: job {job}. Nothing was "
    "changed. Look at it, then ask again."
)


def publish(pk: int) -> bool:
    """Carry out the publication. False if it does not wait to be done."""
    return run(Publication, pk, _perform)


def _perform(publication: Publication, heartbeat: Heartbeat) -> None:
    with _writer(publication, heartbeat) as writer:
        job = _make_ground_truth_job(publication, heartbeat, writer)
    if not publication.finish(heartbeat.worker, result_job_id=job.id):
        raise Stopped


@contextmanager
def _writer(publication: Publication, heartbeat: Heartbeat) -> Iterator[CvatWriter]:
    """Raises NotConnected, PermissionNeeded, and WorkFailed when CVAT does not accept the
    permission to write any more, which is then deleted: the access that reads is another one."""
    connection = publication.connection
    if connection is None:
        raise NotConnected("The connection was removed. Connect to the CVAT server again.")
    permission = WritePermission.objects.of(connection)
    if permission is None:
        raise PermissionNeeded(connection.url)
    credential = permission.get_credential()
    try:
        with worker_client(connection, heartbeat, credential=credential) as client:
            yield CvatWriter(client)
    except CvatUnauthorized as error:
        permission.delete()
        raise WorkFailed(str(error)) from error


def _make_ground_truth_job(
    publication: Publication, heartbeat: Heartbeat, writer: CvatWriter
) -> Job:
    """The job, made once: an earlier attempt may have come to any point of this."""
    options, frames = publication.get_options(), publication.frames
    *deletions, creation = changes(task_id=publication.task_id, frames=frames, options=options)
    if not publication.steps:
        _check_ground_truth(publication, writer)
    if options.replace_job is not None and not publication.has_done(deletions[0]):
        with _step(publication, heartbeat, deletions[0]):
            writer.ensure_job_deleted(options.replace_job)
    with _step(publication, heartbeat, creation):
        return writer.ensure_ground_truth_job(
            publication.task_id, frames, assignee_id=options.assignee_id
        )


def _check_ground_truth(publication: Publication, writer: CvatWriter) -> None:
    """Raises WorkFailed when the task has another ground-truth job than the person knew of."""
    replaced = publication.get_options().replace_job
    for job in writer.ground_truth_jobs(publication.task_id):
        if job.id != replaced:
            raise WorkFailed(ANOTHER.format(task=publication.task_id, job=job.id))


@contextmanager
def _step(publication: Publication, heartbeat: Heartbeat, change: Change) -> Iterator[None]:
    """Note in the row that the block sends a request, before it is sent, and then that CVAT has
    done it. Raises Stopped."""
    heartbeat.check()
    if not publication.begin_step(heartbeat.worker, change):
        raise Stopped
    yield
    if not publication.end_step(heartbeat.worker, change):
        raise Stopped
