"""Publications asked for, planned and given up."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib.auth.models import User

from portal.exceptions import InvalidInput
from portal.services import works
from publishing.change import Change
from publishing.copying import LARGEST, CopyOptions
from publishing.ground_truth import GroundTruthOptions
from publishing.issues import IssueOptions
from publishing.models import Publication
from publishing.new_task import NewTaskOptions
from publishing.services.copy_checking import CopyCheck
from publishing.services.ground_truth_checking import check_ground_truth
from publishing.services.issue_checking import check_issues
from publishing.services.queueing import (
    check_not_removed,
    find_running,
    queue,
    queue_together,
    same_or_conflict,
)
from publishing.services.replacing import find_replaced
from publishing.services.task_checking import check_new_task
from publishing.services.uploads import remove_used_upload
from selections.models import Selection
from selector.models import Connection


def request_ground_truth_job(
    *, user: User, selection: Selection, options: GroundTruthOptions
) -> Publication:
    """Ask for a ground-truth job of the frames of a selection, to be made by a worker.

    One of this selection with the same options that is under way for this user is answered instead
    of a second one. Raises what check_ground_truth() and GroundTruthCheck.chosen() raise,
    PermissionNeeded, Conflict.
    """
    running = find_running(user, selection, Publication.Target.GROUND_TRUTH)
    if running is not None:
        return same_or_conflict(running, selection, options.to_json())
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
    return queue(publication)


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
    running = find_running(user, selection, Publication.Target.TASK)
    if running is not None:
        return same_or_conflict(running, selection, options.to_json()).asked_together()
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
    return queue_together(publications, portal_url=portal_url)


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
    return queue(publication, find_same=find_same)


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
    running = find_running(user, selection, Publication.Target.ISSUES)
    if running is not None:
        return same_or_conflict(running, selection, options.to_json())
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
    return queue(publication)


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
