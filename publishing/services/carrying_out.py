"""What a worker does for a publication."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import DatabaseError

from cvat.client import CvatClient
from cvat.exceptions import CvatRefused, CvatUnauthorized
from cvat.types import Job
from cvat.writing import CvatWriter
from cvat.writing.refusals import ENDED
from portal.exceptions import NotConnected
from portal.work.exceptions import Stopped, WorkFailed
from portal.work.heartbeat import Heartbeat
from portal.work.running import run
from publishing.exceptions import PermissionNeeded
from publishing.ground_truth import changes
from publishing.models import Publication, WritePermission
from publishing.services import packing
from publishing.services.checking import check_task
from publishing.services.making_tasks import make_task
from publishing.services.steps import step
from selector.services.task_reading import worker_client

logger = logging.getLogger(__name__)

ANOTHER = (
    "Task {task} has a ground-truth job since you asked for this one: job {job}. Nothing was "
    "changed. Look at it, then ask again."
)
DELETED = "Ground-truth job {job}, which it was to replace, is deleted already."


def publish(pk: int) -> bool:
    """Carry out the publication. False if it does not wait to be done."""
    is_claimed = run(Publication, pk, _perform)
    if is_claimed:
        packing.clear(pk)
    return is_claimed


class _GivenAnew(Exception):
    """CVAT refused a permission that its owner has replaced meanwhile."""


def _perform(publication: Publication, heartbeat: Heartbeat) -> None:
    while True:
        try:
            return _perform_once(publication, heartbeat)
        except _GivenAnew:
            logger.info("publication %s goes on with the new permission", publication.pk)


def _perform_once(publication: Publication, heartbeat: Heartbeat) -> None:
    result: dict[str, Any]
    if publication.target == Publication.Target.TASK:
        result = {"result_task_id": _publish_task(publication, heartbeat)}
    else:
        with _writing_client(publication, heartbeat) as client:
            job = _make_ground_truth_job(publication, heartbeat, client)
        result = {"result_task_id": job.task_id, "result_job_id": job.id}
    if not publication.finish(heartbeat.worker, **result):
        raise Stopped


def _publish_task(publication: Publication, heartbeat: Heartbeat) -> int:
    with _writing_client(publication, heartbeat) as client:
        CvatWriter(client).check_permission()  # before much is fetched in vain
    pictures = packing.pack(publication, heartbeat)
    with _writing_client(publication, heartbeat) as client:
        return make_task(publication, heartbeat, client, pictures)


@contextmanager
def _writing_client(publication: Publication, heartbeat: Heartbeat) -> Iterator[CvatClient]:
    """Raises NotConnected; PermissionNeeded, also when the permission ends or is withdrawn
    meanwhile; WorkFailed when CVAT does not accept it any more, which deletes it: the access that
    reads is another one; _GivenAnew when its owner has replaced it by another."""
    connection = publication.connection
    if connection is None:
        raise NotConnected("The connection was removed. Connect to the CVAT server again.")
    permission = WritePermission.objects.of(connection)
    if permission is None:
        raise PermissionNeeded(connection.url)
    credential = permission.get_credential()
    watch = partial(_stop_if_ended, permission, heartbeat)
    heartbeat.at_beat.append(watch)
    try:
        with worker_client(connection, heartbeat, credential=credential) as client:
            yield client
    except Stopped:
        if permission.has_ended():
            raise PermissionNeeded(connection.url) from None
        raise
    except CvatUnauthorized:
        # Only this one: given anew, it is the same row with another credential.
        used = WritePermission.objects.filter(pk=permission.pk, given_at=permission.given_at)
        if not used.delete()[0]:
            raise _GivenAnew from None
        raise WorkFailed(ENDED) from None
    finally:
        heartbeat.at_beat.remove(watch)


def _stop_if_ended(permission: WritePermission, heartbeat: Heartbeat) -> None:
    """With each heartbeat: what uploads for hours must not go on without the permission."""
    try:
        if permission.has_ended():
            heartbeat.stopped.set()
    except DatabaseError as error:
        logger.warning("whether %s is not known this time: %s", permission, error)


def _make_ground_truth_job(
    publication: Publication, heartbeat: Heartbeat, client: CvatClient
) -> Job:
    """The job, made once: an earlier attempt may have come to any point of this."""
    options, frames, task_id = publication.get_options(), publication.frames, publication.task_id
    if task_id is None:
        raise WorkFailed("This publication names no task. Ask for it again.")
    writer, replaced = CvatWriter(client), options.replace_job
    *deletions, creation = changes(task_id=task_id, frames=frames, options=options)
    if not publication.steps:
        check_task(client.task(task_id), frames)  # before a job is deleted in vain
        _check_ground_truth(task_id, replaced, writer)
    if replaced is not None and not publication.has_done(deletions[0]):
        with step(publication, heartbeat, deletions[0]):
            writer.ensure_job_deleted(replaced)
    try:
        with step(publication, heartbeat, creation):
            return writer.ensure_ground_truth_job(task_id, frames, assignee_id=options.assignee_id)
    except CvatRefused as error:
        if replaced is None:
            raise
        raise WorkFailed(f"{error} {DELETED.format(job=replaced)}") from error


def _check_ground_truth(task_id: int, replaced: int | None, writer: CvatWriter) -> None:
    """Raises WorkFailed when the task has another ground-truth job than the person knew of."""
    for job in writer.ground_truth_jobs(task_id):
        if job.id != replaced:
            raise WorkFailed(ANOTHER.format(task=task_id, job=job.id))
