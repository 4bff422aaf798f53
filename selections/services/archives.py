"""Requesting, retrying and cancelling archives."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, count

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.exceptions import Conflict, InvalidInput, NotConnected, NotFinished, NotFound
from portal.services import works
from portal.work.models import lock_person
from selections.archives import results
from selections.archives.naming import archive_stem
from selections.models import Archive, ArchiveOptions, Selection
from selections.services.connections import closest, usable_connection
from selections.services.label_checks import check_labels
from selections.services.limits import check_builds, check_may_build, check_room
from selections.services.own_names import named_for
from selections.services.resolving import Choice
from selections.services.saving import create_selection
from selections.services.split_tables import check_names
from selections.splits import NAMES
from selector.models import Connection
from selector.own_connections import own_connections
from selector.services.connections import find_connection

DEFAULT_OPTIONS = ArchiveOptions()
OF_A_SELECTION = (
    "annotations_from is for a saved selection: frames that are no selection have no publication. "
    "Save them as a selection first, or leave it out."
)


def request_archive(
    *,
    user: User,
    selection: Selection,
    options: ArchiveOptions = DEFAULT_OPTIONS,
    named_after_selection: bool = True,
) -> Archive:
    """Ask for the ZIPs of a selection. The file is called after the selection, or
    `cvat_images_<time>.zip`.

    A build of this selection that is under way for this user already is answered instead of a
    second one; an earlier one that ended without all frames is taken over, so that only what is
    missing is fetched. Raises InvalidInput, NotConnected, Conflict, TooManyBuilds.
    """
    options.check()
    options = ArchiveOptions.from_json(options.to_json())  # what plays no part is as by default
    running = Archive.objects.for_user(user).active().filter(selection=selection).first()
    if running is not None:
        return _same_or_conflict(running, selection, options)
    check_room(user=user)
    connection = _connection_for(user, selection)
    chosen_results = results.find(
        user=user, selection=selection, results_id=options.annotations_from
    )
    check_labels(
        connection=connection, selection=selection, choice=options.objects, results=chosen_results
    )
    if options.split.by == NAMES:
        check_names(selection=named_for(user=user, selection=selection), split=options.split)
    archive = Archive(
        selection=selection,
        selection_name=selection.name,
        requested_by=user,
        connection=connection,
        revision=selection.revision,
        options=options.to_json(),
        continues=_unfinished(user, selection, options),
        frames_total=selection.frames.count(),
    )
    stem = archive_stem(selection.name) if named_after_selection else "cvat_images"
    try:
        with transaction.atomic():
            lock_person(user.pk)  # of two requests at once, the second counts the first
            check_builds(user=user)
            archive.file_stem = _free_stem(user, stem)
            archive.save()
            # Robust: without a broker the row waits, and is handed out once there is one.
            transaction.on_commit(archive.send, robust=True)
    except IntegrityError:  # asked twice in the same moment; the constraint let one through
        running = Archive.objects.for_user(user).active().get(selection=selection)
        return _same_or_conflict(running, selection, options)
    return archive


def request_archive_of_frames(
    *,
    user: User,
    connection: Connection,
    choices: Sequence[Choice],
    name: str,
    options: ArchiveOptions,
) -> Archive:
    """Request an archive of frames without saving them as a listed selection."""
    options.check()
    if options.annotations_from is not None:
        raise InvalidInput(OF_A_SELECTION)
    check_may_build(user=user)  # before a selection is saved in vain
    selection = create_selection(
        owner=user, connection=connection, choices=choices, name=name, is_temporary=True
    )
    return request_archive(
        user=user, selection=selection, options=options, named_after_selection=False
    )


def retry_archive(*, user: User, archive: Archive) -> Archive:
    """Request an archive with the same options. It continues an unfinished build: what that has
    fetched is not fetched again."""
    if archive.is_active:
        raise NotFinished("This archive is still being built.")
    visible = Selection.objects.for_user(user)
    selection = visible.filter(archives=archive).first()
    if selection is None:
        raise NotFound(
            "The selection of this archive was deleted or is no longer shared with you, so it "
            "cannot be built again."
        )
    return request_archive(
        user=user,
        selection=selection,
        options=archive.get_options(),
        named_after_selection=not archive.file_stem.startswith("cvat_images_"),
    )


def _free_stem(user: User, stem: str) -> str:
    """The stem with the time, and a number when the user has an archive of that name already."""
    # In the zone of the portal: a name must not depend on who looks.
    now = timezone.localtime(timezone=timezone.get_default_timezone())
    stem = f"{stem}_{now:%Y%m%d_%H%M%S}"
    own = Archive.objects.filter(requested_by=user, file_stem__istartswith=stem)
    taken = {each.casefold() for each in own.values_list("file_stem", flat=True)}
    numbered = (f"{stem}_{number}" for number in count(2))
    return next(each for each in chain([stem], numbered) if each.casefold() not in taken)


def _unfinished(user: User, selection: Selection, options: ArchiveOptions) -> Archive | None:
    """What an archive of the same frames has fetched already."""
    builds = Archive.objects.for_user(user).may_continue()
    earlier = builds.filter(selection=selection, revision=selection.revision)
    last = earlier.filter(continued_by__isnull=True).first()
    return last if last is not None and last.get_options() == options else None


def _same_or_conflict(running: Archive, selection: Selection, options: ArchiveOptions) -> Archive:
    if running.revision != selection.revision:
        raise Conflict(
            "An archive of the frames that this selection had before its last change is being "
            "built. Wait for it or cancel it first."
        )
    if running.get_options() == options:
        return running
    raise Conflict(
        "An archive of this selection with other options is being built. "
        "Wait for it or cancel it first."
    )


def _connection_for(user: User, selection: Selection) -> Connection:
    """The user's own connection to the server of the selection: CVAT judges that user's rights."""
    connection = usable_connection(user, selection) or closest(selection, own_connections(user))
    if connection is None:
        raise NotConnected(f"You are not connected to {selection.url}. Connect to it first.")
    return find_connection(user=user, connection_id=connection.pk)


def cancel_archive(*, archive: Archive) -> Archive:
    """Give up a build. Raises Conflict when there is nothing left to give up."""
    works.cancel(work=archive)
    return archive
