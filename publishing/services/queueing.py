"""Publications saved and handed to the workers: each once, and within the limits of a person."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from portal.exceptions import Conflict, InvalidInput, LimitReached
from portal.work.models import lock_person
from publishing.exceptions import PermissionNeeded
from publishing.models import Publication, Upload, WritePermission
from publishing.services.uploads import UPLOAD_GONE, UPLOAD_IN_USE
from selections.models import Selection
from selections.services.connections import required_connection

COPYING = (
    "Annotations are being copied into this task already. Wait until that is done, then look again."
)
REMOVING = "This task is being removed in CVAT. To keep it, cancel the removal first."


def follow_up_of(source: Publication, target: str, **values: Any) -> Publication:
    """A publication, not saved yet, that changes something more in CVAT after `source`. Raises
    NotConnected."""
    connection = required_connection(source.requested_by, source)
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


def queue(
    publication: Publication, *, find_same: Callable[[], Publication | None] = lambda: None
) -> Publication:
    """The saved publication, handed to the workers; or the one that was asked for in the same
    moment. `find_same` looks for the same one under way, and raises Conflict if another one of the
    person rules it out; it is called while the person can ask for nothing else. Raises
    PermissionNeeded, Conflict."""
    return queue_together([publication], find_same=find_same)[0]


def queue_together(
    publications: list[Publication],
    *,
    portal_url: str = "",
    find_same: Callable[[], Publication | None] = lambda: None,
) -> list[Publication]:
    """As queue(), for publications that are saved all or none."""
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
        running = None if selection is None else find_running(user, selection, publication.target)
        if running is None and (upload_id := publication.upload_of_files_id) is not None:
            is_there = Upload.objects.filter(pk=upload_id).exists()
            raise Conflict(UPLOAD_IN_USE if is_there else UPLOAD_GONE) from None
        if selection is None or running is None:
            raise
        return same_or_conflict(running, selection, _asked_options(publication)).asked_together()
    return publications


def check_not_removed(url: str, task_id: int | None) -> None:
    """Raises Conflict while a task is being removed."""
    removals = Publication.objects.active().filter(target=Publication.Target.REMOVAL)
    if removals.filter(url=url, task_id=task_id).exists():
        raise Conflict(REMOVING)


def find_running(user: User, selection: Selection, target: str) -> Publication | None:
    """The publication of the selection that waits or is under way for the user."""
    active = Publication.objects.for_user(user).active()
    return active.filter(selection=selection, target=target).first()


def same_or_conflict(
    running: Publication, selection: Selection, options: dict[str, Any]
) -> Publication:
    """The running one, if these options were asked for, for the same frames. Raises Conflict."""
    if _asked_options(running) == options and running.revision == selection.revision:
        return running
    raise Conflict(
        f"This selection is being published already ({running.get_target_display()}), with other "
        "choices or frames. Wait for it or cancel it first."
    )


def _mark(publication: Publication, portal_url: str) -> None:
    """Store the marker by which a new task is found in CVAT again: the address of the page."""
    page = portal_url.rstrip("/") + publication.get_absolute_url()
    # A portal that is set up anew counts from 1 again: the number alone is not enough.
    publication.marker = f"{page}?made={uuid.uuid4().hex}"[-500:]
    publication.save(update_fields=["marker"])


def _check_active(user: User, count: int) -> None:
    """Raises InvalidInput, Conflict when the user would have too many publications under way."""
    limit = settings.ARCHIVE_ACTIVE_PER_PERSON
    if count > limit:
        raise InvalidInput(
            f"These would be {count:,} publications at once, and one person may have {limit:,} "
            "waiting or under way here. Make smaller selections."
        )
    if Publication.objects.for_user(user).active().count() + count > limit:
        raise LimitReached(
            f"One person may have {limit:,} publications waiting or under way here, and with "
            f"{'this one' if count == 1 else f'these {count:,}'} you would have more. Wait until "
            "one is done, or cancel one under Publications."
        )


def _asked_options(publication: Publication) -> dict[str, Any]:
    """The options of the request that the publication is from."""
    asked: dict[str, Any] = publication.plan.get("asked", publication.options)
    return asked
