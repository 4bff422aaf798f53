"""Asking for a publication, and giving it up."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from portal.exceptions import Conflict
from portal.services import works
from portal.work.models import lock_person
from publishing.exceptions import PermissionNeeded
from publishing.ground_truth import Change, GroundTruthOptions, changes
from publishing.models import Publication, WritePermission
from publishing.services.checking import check_ground_truth
from selections.models import Selection


def request_ground_truth_job(
    *, user: User, selection: Selection, options: GroundTruthOptions
) -> Publication:
    """Ask for a ground-truth job of the frames of a selection, to be made by a worker.

    One of this selection with the same options that is under way for this user is answered instead
    of a second one. Raises what check_ground_truth() and GroundTruthCheck.chosen() raise,
    PermissionNeeded, Conflict.
    """
    active = Publication.objects.for_user(user).active().filter(selection=selection)
    running = active.filter(target=Publication.Target.GROUND_TRUTH).first()
    if running is not None:
        return _same_or_conflict(running, options)
    check = check_ground_truth(user=user, selection=selection)
    frames = check.chosen(options)
    if WritePermission.objects.of(check.connection) is None:
        raise PermissionNeeded(check.connection.url)
    publication = Publication(
        target=Publication.Target.GROUND_TRUTH,
        selection=selection,
        selection_name=selection.name,
        requested_by=user,
        connection=check.connection,
        url=check.connection.url,
        task_id=check.task.id,
        task_name=check.task.name[:500],
        frames=frames,
        frames_total=len(frames),
        options=options.to_json(),
    )
    try:
        with transaction.atomic():
            lock_person(user.pk)  # of two requests at once, the second counts the first
            _check_active(user)
            publication.save()
            # Robust: without a broker the row waits, and is handed out once there is one.
            transaction.on_commit(publication.send, robust=True)
    except IntegrityError:  # asked twice in the same moment; the constraint let one through
        return _same_or_conflict(active.get(target=Publication.Target.GROUND_TRUTH), options)
    return publication


def plan_ground_truth_job(
    *, user: User, selection: Selection, options: GroundTruthOptions
) -> list[Change]:
    """The requests that would change something in CVAT; none is sent. Raises like
    request_ground_truth_job(), but needs no permission to write."""
    check = check_ground_truth(user=user, selection=selection)
    return changes(task_id=check.task.id, frames=check.chosen(options), options=options)


def cancel_publication(*, publication: Publication) -> Publication:
    """Give up a publication; what CVAT has done for it stays. Raises Conflict when it has ended."""
    works.cancel(work=publication)
    return publication


def _check_active(user: User) -> None:
    limit = settings.ARCHIVE_ACTIVE_PER_PERSON
    if Publication.objects.for_user(user).active().count() >= limit:
        raise Conflict(
            f"{limit:,} of your publications are waiting or under way, which is as many as one "
            "person may have here. Wait until one is done, or cancel one under Publications."
        )


def _same_or_conflict(running: Publication, options: GroundTruthOptions) -> Publication:
    if running.get_options() == options:
        return running
    raise Conflict(
        "A ground-truth job of this selection is being made with other choices. Wait for it or "
        "cancel it first."
    )
