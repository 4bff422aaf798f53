"""The results of a publication, written into the tasks of its frames."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User

from cvat.writing import AnnotationWriter
from cvat.writing.objects import OBJECTS_AT_ONCE
from portal.exceptions import Conflict
from portal.work.exceptions import Stopped, WorkFailed
from portal.work.heartbeat import Heartbeat
from publishing.change import Change
from publishing.models import Publication
from publishing.removal import RemovalOptions
from publishing.services.queueing import follow_up_of, queue
from publishing.services.task_objects import Limits, ObjectReader
from publishing.services.write_back_plans import JobPlan, WriteBackPlan, make_write_back_plan
from publishing.services.writing import Writing, permitted_writing
from publishing.writing_back import WriteBackOptions, object_creation, object_deletion
from selections.services.connections import required_connection
from selector.cvat_requests import cvat_client
from selector.worker_requests import connection_of, worker_client

CHANGED = (
    "The results, or what is annotated on the frames, have changed since you looked at them. "
    "Compare them again, then decide."
)
REMOVING = (
    "The task with these results is being removed in CVAT. To keep the results, cancel the removal "
    "first."
)
WRITING = (
    "These results are being written already, with other choices. Wait for it or cancel it first."
)
NOTHING_TO_WRITE = "There is nothing to write in this way: the tasks of the frames have it already."
PUBLICATION_GONE = "The publication with the results was deleted before they were written."


def plan_write_back(
    *, user: User, source: Publication, options: WriteBackOptions
) -> tuple[WriteBackPlan, list[Change]]:
    """The plan, and the requests that would change something in CVAT; none is sent. Raises like
    request_write_back(), but needs no permission to write."""
    _check_not_removed(user, source)
    with cvat_client(required_connection(user, source)) as client:
        plan = make_write_back_plan(ObjectReader(client), source, options)
    _check(plan, options)
    return plan, plan.changes


def request_write_back(
    *, user: User, source: Publication, options: WriteBackOptions
) -> Publication:
    """Ask for the results of a publication in the tasks of its frames, to be written by a worker.

    One with the same options that is under way for this user is answered instead of a second one.
    Raises ChoiceNeeded, PermissionNeeded, Conflict, InvalidInput, NotConnected, Busy, CvatError.
    """
    if running := _running(user, source, options):
        return running
    plan, planned = plan_write_back(user=user, source=source, options=options)
    if not planned:
        raise Conflict(NOTHING_TO_WRITE)
    tasks = {frame.place.task_id for frame in plan.comparison.frames}
    [task_id] = tasks if len(tasks) == 1 else [None]
    publication = follow_up_of(
        source,
        Publication.Target.WRITE_BACK,
        task_id=task_id,
        task_name=f"{len(tasks):,} tasks" if task_id is None else _task_name(source, task_id),
        frames_total=len(plan.comparison.frames),
        options=options.to_json(),
    )
    return queue(publication, find_same=lambda: _running(user, source, options))


def _running(user: User, source: Publication, options: WriteBackOptions) -> Publication | None:
    """The same that is under way. Raises Conflict while the results are written with other choices,
    or their task is removed."""
    _check_not_removed(user, source)
    active = Publication.objects.for_user(user).active()
    writing_back = active.filter(target=Publication.Target.WRITE_BACK)
    running = writing_back.filter(options__publication_id=source.pk).first()
    if running is not None and running.options != options.to_json():
        raise Conflict(WRITING)
    return running


def _check_not_removed(user: User, source: Publication) -> None:
    """Raises Conflict."""
    active = Publication.objects.for_user(user).active()
    removal = RemovalOptions(source.pk).to_json()
    if active.filter(target=Publication.Target.REMOVAL, options=removal).exists():
        raise Conflict(REMOVING)


def _task_name(source: Publication, task_id: int) -> str:
    """As it was called when its frames were selected, if the person may see that."""
    selection = source.selection
    if selection is None or selection.hides_names_from(source.requested_by):
        return f"Task {task_id}"
    task = selection.tasks.filter(task_id=task_id).first()
    return task.name if task else f"Task {task_id}"


def write_back(publication: Publication, heartbeat: Heartbeat) -> dict[str, Any]:
    """Carry out a publication as results written back; returns the columns of its result."""
    plan = _read_plan(publication, heartbeat)
    with permitted_writing(publication, heartbeat) as writing:
        for _, job in sorted(plan.jobs.items()):
            _write(writing, job)
    _end_earlier_steps(publication, heartbeat)
    return {"result_task_id": publication.task_id}


def _read_plan(publication: Publication, heartbeat: Heartbeat) -> WriteBackPlan:
    options, connection = publication.get_write_back_options(), connection_of(publication)
    own = Publication.objects.for_user(publication.requested_by)
    source = own.filter(pk=options.publication_id).first()
    if source is None:
        raise WorkFailed(PUBLICATION_GONE)
    with worker_client(connection, heartbeat) as client:
        reader = ObjectReader(client, Limits(jobs=math.inf, objects=math.inf))
        plan = make_write_back_plan(reader, source, options)
    if publication.steps:
        return plan  # an earlier attempt has changed what was looked at
    _check(plan, options)
    return plan


def _check(plan: WriteBackPlan, options: WriteBackOptions) -> None:
    """Raises Conflict, ChoiceNeeded."""
    if options.fingerprint and plan.comparison.fingerprint != options.fingerprint:
        raise Conflict(CHANGED)
    plan.check_choices(options)


def _write(writing: Writing, job: JobPlan) -> None:
    """Add objects before others are deleted: so no frame ever lacks both."""
    writer, before = AnnotationWriter(writing.client), job.before
    for part in _parts(job.created):
        with writing.step(object_creation(job.job_id, job.created)):
            before += writer.ensure_annotations(job.job_id, part, before=before)
    for part in _parts(job.deletions):
        with writing.step(object_deletion(job.job_id, job.deletions)):
            writer.ensure_annotations_deleted(job.job_id, part)


def _parts(objects: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """The objects in lots that CVAT takes at once."""
    for kind in ("shapes", "tags"):
        for start in range(0, len(objects[kind]), OBJECTS_AT_ONCE):
            empty: dict[str, Any] = {"shapes": [], "tags": [], "tracks": []}
            yield empty | {kind: objects[kind][start : start + OBJECTS_AT_ONCE]}


def _end_earlier_steps(publication: Publication, heartbeat: Heartbeat) -> None:
    """Note as done what an earlier attempt has sent without noting it: as nothing of it was left to
    be done, CVAT has carried it out."""
    for recorded in publication.steps:
        if recorded["done_at"] is None:
            method, _, path = recorded["request"].partition(" ")
            if not publication.end_step(heartbeat.worker, Change(method, path, recorded["text"])):
                raise Stopped
