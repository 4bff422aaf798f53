"""Asking for a publication, and giving it up."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from portal.exceptions import Conflict, InvalidInput
from portal.services import works
from portal.work.models import lock_person
from publishing.change import Change
from publishing.copying import LARGEST, CopyOptions
from publishing.exceptions import PermissionNeeded
from publishing.ground_truth import GroundTruthOptions
from publishing.issues import IssueOptions
from publishing.models import Publication, Upload, WritePermission
from publishing.new_task import NewTaskOptions
from publishing.services.copy_checking import CopyCheck
from publishing.services.following import connection_to
from publishing.services.ground_truth_checking import check_ground_truth
from publishing.services.issue_checking import check_issues
from publishing.services.replacing import find_replaced
from publishing.services.task_checking import check_new_task
from publishing.services.uploads import UPLOAD_GONE, UPLOAD_IN_USE, remove_used_upload
from selections.models import Selection
from selector.models import Connection

COPYING = (
    "Annotations are being copied into this task already. Wait until that is done, then look again."
)

REMOVING = "This task is being removed in CVAT. To keep it, cancel the removal first."


def request_ground_truth_job(
    *, user: User, selection: Selection, options: GroundTruthOptions
) -> Publication:
    """Ask for a ground-truth job of the frames of a selection, to be made by a worker.

    One of this selection with the same options that is under way for this user is answered instead
    of a second one. Raises what check_ground_truth() and GroundTruthCheck.chosen() raise,
    PermissionNeeded, Conflict.
    """
    running = _running(user, selection, Publication.Target.GROUND_TRUTH)
    if running is not None:
        return _same_or_conflict(running, selection, options.to_json())
    check = check_ground_truth(user=user, selection=selection)
    frames = check.chosen(options)
    publication = _of_selection(
        Publication.Target.GROUND_TRUTH,
        user=user,
        selection=selection,
        connection=check.connection,
        options=options.to_json(),
        task_id=check.task.id,
        task_name=check.task.name[:500],
        frames=frames,
        frames_total=len(frames),
    )
    return queued(publication)


def request_new_task(
    *, user: User, selection: Selection, options: NewTaskOptions, portal_url: str
) -> list[Publication]:
    """Ask for a new task of the frames of a selection, or for one for each set of labels, to be
    made by a worker. The task names the page of its publication below `portal_url` as its issue
    tracker.

    Those of this selection with the same options that are under way for this user are answered
    instead of others. Raises what check_new_task() and NewTaskCheck.check_choices() raise,
    PermissionNeeded, Conflict.
    """
    running = _running(user, selection, Publication.Target.TASK)
    if running is not None:
        return _same_or_conflict(running, selection, options.to_json()).asked_together()
    check = check_new_task(user=user, selection=selection, project_id=options.project_id)
    check.check_choices(options)
    replaced = find_replaced(user=user, selection=selection, check=check, options=options)
    parts = check.parts(options)
    is_divided = len(parts) > 1
    together = uuid.uuid4() if is_divided else None
    publications = [
        _of_selection(
            Publication.Target.TASK,
            user=user,
            selection=selection,
            connection=check.connection,
            options=part.options.to_json(),
            organization=check.organization,
            task_name=part.options.name,
            frames_total=part.frames_count,
            together=together,
            part=number,
            upload_of_files_id=options.replacement_upload_id,
            plan=({"asked": options.to_json()} if is_divided else {})
            | ({"replaced": part.among(replaced)} if replaced else {}),
        )
        for number, part in enumerate(parts)
    ]
    return queued_together(publications, portal_url=portal_url)


def request_copy(*, user: User, check: CopyCheck, options: CopyOptions) -> Publication:
    """Ask for the objects of a check to be written into its task, by a worker.

    One with the same objects that is under way for this user is answered instead of a second one.
    Raises what CopyCheck.check_choices() raises, InvalidInput, PermissionNeeded, Conflict.
    """
    check.check_choices(options)
    plan = {"jobs": [job.to_json() for job in check.jobs]}
    if len(json.dumps(plan)) > LARGEST:
        raise InvalidInput(
            f"The objects to copy are larger than {LARGEST // 1024**2} MB, which is the most at a "
            "time. Copy from a task or file with fewer."
        )
    url = check.connection.url

    def find_same() -> Publication | None:
        check_not_removed(url, check.task_id)
        own = Publication.objects.for_user(user).active().filter(target=Publication.Target.COPY)
        running = own.filter(url=url, task_id=check.task_id).first()
        is_same = running is not None and (running.options, running.plan) == (
            options.to_json(),
            plan,
        )
        return running if is_same else None

    if same := find_same():
        return same
    publication = Publication(
        target=Publication.Target.COPY,
        selection_name=check.source.name[:200],
        requested_by=user,
        connection=check.connection,
        url=url,
        task_id=check.task_id,
        task_name=check.task_name[:500],
        frames_total=check.frames_count,
        options=options.to_json(),
        plan=plan,
    )
    return queued(publication, find_same=find_same)


def check_not_removed(url: str, task_id: int | None) -> None:
    """Raises Conflict while a task is being removed."""
    removals = Publication.objects.active().filter(target=Publication.Target.REMOVAL)
    if removals.filter(url=url, task_id=task_id).exists():
        raise Conflict(REMOVING)


def plan_new_task(*, user: User, selection: Selection, options: NewTaskOptions) -> list[Change]:
    """The requests that would change something in CVAT; none is sent. Raises like
    request_new_task(), but needs no permission to write."""
    check = check_new_task(user=user, selection=selection, project_id=options.project_id)
    check.check_choices(options)
    replaced = find_replaced(user=user, selection=selection, check=check, options=options)
    return check.changes(options, replaced=replaced)


def request_issues(*, user: User, selection: Selection, options: IssueOptions) -> Publication:
    """Ask for an issue in CVAT at each faulty frame of a selection, and for its job to be rejected,
    to be done by a worker.

    One of this selection with the same options that is under way for this user is answered instead
    of a second one. Raises what check_issues() and IssuesCheck.check_choices() raise,
    PermissionNeeded, Conflict.
    """
    running = _running(user, selection, Publication.Target.ISSUES)
    if running is not None:
        return _same_or_conflict(running, selection, options.to_json())
    check = check_issues(user=user, selection=selection)
    check.check_choices(options)
    task_ids = sorted({job.task_id for job in check.jobs})
    tasks = selection.shown_tasks_by_id
    names = [tasks[number].name or f"Task {number}" for number in task_ids if number in tasks]
    publication = _of_selection(
        Publication.Target.ISSUES,
        user=user,
        selection=selection,
        connection=check.connection,
        options=options.to_json(),
        task_id=task_ids[0] if len(task_ids) == 1 else None,
        task_name=", ".join(names)[:500],
        frames_total=check.frames_count,
        plan={
            "issues": [frame.to_json() for frame in check.to_open],
            "jobs": check.to_reject(options),
        },
    )
    return queued(publication)


def plan_issues(*, user: User, selection: Selection, options: IssueOptions) -> list[Change]:
    """The requests that would change something in CVAT; none is sent. Raises like
    request_issues(), but needs no permission to write."""
    check = check_issues(user=user, selection=selection)
    check.check_choices(options)
    return check.changes(options)


def plan_ground_truth_job(
    *, user: User, selection: Selection, options: GroundTruthOptions
) -> list[Change]:
    """The requests that would change something in CVAT; none is sent. Raises like
    request_ground_truth_job(), but needs no permission to write."""
    check = check_ground_truth(user=user, selection=selection)
    check.chosen(options)
    return check.changes(options)


def cancel_publication(*, publication: Publication) -> Publication:
    """Give up a publication; what CVAT has done for it stays. Raises Conflict when it has ended."""
    works.cancel(work=publication)
    remove_used_upload(publication.pk)
    return publication


def _of_selection(
    target: str,
    *,
    user: User,
    selection: Selection,
    connection: Connection,
    options: dict[str, Any],
    **columns: Any,
) -> Publication:
    """A publication of a selection as it is now, not saved yet; `columns` are those of its kind."""
    return Publication(
        target=target,
        selection=selection,
        selection_name=selection.name,
        revision=selection.revision,
        requested_by=user,
        connection=connection,
        url=connection.url,
        options=options,
        **columns,
    )


def _running(user: User, selection: Selection, target: str) -> Publication | None:
    active = Publication.objects.for_user(user).active()
    return active.filter(selection=selection, target=target).first()


def of_results(source: Publication, target: str, **values: Any) -> Publication:
    """A publication, not saved yet, of what comes after another one. Raises NotConnected."""
    connection = connection_to(source.requested_by, source)
    return Publication(
        target=target,
        selection=source.selection,
        selection_name=source.selection_name,
        revision=source.revision,
        requested_by=source.requested_by,
        connection=connection,
        url=connection.url,
        **values,
    )


def queued(
    publication: Publication, *, find_same: Callable[[], Publication | None] = lambda: None
) -> Publication:
    """The saved publication, handed to the workers; or the one that was asked for in the same
    moment. `find_same` looks for the same one under way, and raises Conflict if another one of the
    person rules it out; it is called where no other can be added. Raises PermissionNeeded,
    Conflict."""
    return queued_together([publication], find_same=find_same)[0]


def queued_together(
    publications: list[Publication],
    *,
    portal_url: str = "",
    find_same: Callable[[], Publication | None] = lambda: None,
) -> list[Publication]:
    """As queued(), for publications that are saved all or none."""
    publication = publications[0]
    connection, user = publication.connection, publication.requested_by
    if connection is None or WritePermission.objects.of(connection) is None:
        raise PermissionNeeded(publication.url)
    try:
        with transaction.atomic():
            lock_person(user.pk)  # of two requests at once, the second counts the first
            _check_active(user, len(publications))
            if same := find_same():
                return [same]
            for each in publications:
                each.save()
                if portal_url:
                    _mark(each, portal_url)
                # Robust: without a broker the row waits, and is handed out once there is one.
                transaction.on_commit(each.send, robust=True)
    except IntegrityError:  # asked twice in the same moment; the constraint let one through
        if publication.target == Publication.Target.COPY:
            raise Conflict(COPYING) from None
        selection = publication.selection
        running = None if selection is None else _running(user, selection, publication.target)
        if running is None and (upload_id := publication.upload_of_files_id) is not None:
            is_there = Upload.objects.filter(pk=upload_id).exists()
            raise Conflict(UPLOAD_IN_USE if is_there else UPLOAD_GONE) from None
        if selection is None or running is None:
            raise
        return _same_or_conflict(running, selection, _asked(publication)).asked_together()
    return publications


def _mark(publication: Publication, portal_url: str) -> None:
    page = portal_url.rstrip("/") + publication.get_absolute_url()
    # A portal that is set up anew counts from 1 again: the number alone is not enough.
    publication.marker = f"{page}?made={uuid.uuid4().hex}"[-500:]
    publication.save(update_fields=["marker"])


def _check_active(user: User, count: int) -> None:
    limit = settings.ARCHIVE_ACTIVE_PER_PERSON
    if count > limit:
        raise InvalidInput(
            f"These would be {count:,} publications at once, and one person may have {limit:,} "
            "waiting or under way here. Make smaller selections."
        )
    if Publication.objects.for_user(user).active().count() + count > limit:
        raise Conflict(
            f"One person may have {limit:,} publications waiting or under way here, and with "
            f"{'this one' if count == 1 else f'these {count:,}'} you would have more. Wait until "
            "one is done, or cancel one under Publications."
        )


def _asked(publication: Publication) -> dict[str, Any]:
    """The options of the request that the publication is from."""
    asked: dict[str, Any] = publication.plan.get("asked", publication.options)
    return asked


def _same_or_conflict(
    running: Publication, selection: Selection, options: dict[str, Any]
) -> Publication:
    if _asked(running) == options and running.revision == selection.revision:
        return running
    raise Conflict(
        f"This selection is being published already ({running.get_target_display()}), with other "
        "choices or frames. Wait for it or cancel it first."
    )
