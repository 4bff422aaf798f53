"""A task that a publication made, deleted in CVAT when nobody needs it any more."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from cvat.client import CvatClient
from cvat.exceptions import CvatNotFound
from cvat.writing import TaskWriter
from portal.exceptions import Conflict
from portal.work.exceptions import WorkFailed
from portal.work.heartbeat import Heartbeat
from publishing.models import Publication
from publishing.removal import RemovalOptions, task_removal
from publishing.services.queueing import follow_up_of, queue
from publishing.services.writing import permitted_writing

NO_TASK = "This publication has no task in CVAT that could be removed."
WRITING = (
    "The results in this task are being written into the tasks of its frames. Wait until that is "
    "done, or cancel it first."
)
COPYING = (
    "Annotations are being copied into this task. Wait until that is done, then remove the task."
)
HANDING_OVER = (
    "Jobs of this task are being handed over to reviewers. Wait until that is done, then remove "
    "the task."
)
NOT_OURS = (
    "Task {task} no longer names this publication as its issue tracker, so it may be another one "
    "by now. Nothing was deleted. Look at it in CVAT and delete it there."
)


def find_removable_task(source: Publication) -> int:
    """The id of the task that the publication made, which can be removed. Raises Conflict without
    one, and while something else is still being done with it."""
    task_id = source.result_task_id
    if not source.has_removable_task or task_id is None:
        raise Conflict(NO_TASK)
    if why := _why_not_yet(source):
        raise Conflict(why)
    return task_id


def request_removal(*, user: User, source: Publication) -> Publication:
    """Ask for the task of a publication to be deleted in CVAT, by a worker; one that is asked for
    already is answered. Raises PermissionNeeded, Conflict, NotConnected."""
    task_id = find_removable_task(source)
    if running := _running(user, source):
        return running
    publication = follow_up_of(
        source,
        Publication.Target.REMOVAL,
        task_id=task_id,
        task_name=source.task_name,
        frames_total=source.frames_total,
        options=RemovalOptions(source.pk).to_json(),
    )
    return queue(publication, find_same=lambda: _running(user, source))


def _running(user: User, source: Publication) -> Publication | None:
    """The removal that is under way. Raises Conflict while something else is done with the task."""
    if why := _why_not_yet(source):
        raise Conflict(why)
    active = Publication.objects.for_user(user).active()
    options = RemovalOptions(source.pk).to_json()
    return active.filter(target=Publication.Target.REMOVAL, options=options).first()


def remove_task(publication: Publication, heartbeat: Heartbeat) -> dict[str, Any]:
    """Carry out a publication as the removal of a task; returns the columns of its result."""
    own = Publication.objects.for_user(publication.requested_by)
    source = own.filter(pk=publication.get_removal_options().publication_id).first()
    task_id = publication.task_id
    if source is None or task_id is None:
        raise WorkFailed(NO_TASK)
    if why := _why_not_yet(source):  # asked for in the same moment as the removal
        raise WorkFailed(why)
    change = task_removal(task_id)
    with permitted_writing(publication, heartbeat) as writing:
        writer = TaskWriter(writing.client)
        if not _is_gone(writing.client, task_id) and writer.find_task(source.marker) != task_id:
            raise WorkFailed(NOT_OURS.format(task=task_id))
        with writing.step(change):
            writer.ensure_task_deleted(task_id)
    source.note_task_removed(change)
    return {}


def _why_not_yet(source: Publication) -> str:
    """What is still being done with the task, as a message; "" for nothing. Others may copy
    annotations into it, too."""
    active = Publication.objects.active()
    own = active.filter(requested_by_id=source.requested_by_id)
    writing_back = own.filter(target=Publication.Target.WRITE_BACK)
    if writing_back.filter(options__publication_id=source.pk).exists():
        return WRITING
    in_task = active.filter(url=source.url, task_id=source.result_task_id)
    if in_task.filter(target=Publication.Target.COPY).exists():
        return COPYING
    handing_over = in_task.filter(target=Publication.Target.HAND_OVER)
    return HANDING_OVER if handing_over.exists() else ""


def _is_gone(client: CvatClient, task_id: int) -> bool:
    """Whether it was deleted already, perhaps by an earlier attempt."""
    try:
        client.task(task_id)
    except CvatNotFound:
        return True
    return False
