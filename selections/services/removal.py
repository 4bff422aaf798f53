"""Deleting selections and archives: what is hidden at once, what can be undone, what is purged.

discard: hidden, its owner can undo it for ten minutes. delete: hidden, cannot be undone. purge: the
rows and files go, at once or by housekeeping.

The owner's archives go with a selection. Those of other people stay with these: a build of theirs
that waits or runs is finished first, then the selection is purged.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from portal.exceptions import NotFinished, NotFound
from portal.housekeeping import for_each
from selections.batches import delete_frames
from selections.models import Archive, ArchiveQuerySet, Selection, SelectionQuerySet


def discard_selection(*, selection: Selection) -> None:
    """Hide the selection and the owner's archives of it; the owner's builds are cancelled. All is
    purged once it is too late for `restore_selection`."""
    _hide(selection, Selection.objects.present(), deleted_at=timezone.now())


def restore_selection(*, user: User, selection_id: int) -> Selection:
    """Undo a deletion. Raises NotFound when it is too late, or not the user's to undo."""
    restorable = Selection.objects.restorable(user).filter(pk=selection_id)
    if not restorable.update(deleted_at=None):
        raise NotFound("This selection is gone for good: it was deleted too long ago.")
    return Selection.objects.get(pk=selection_id)


def delete_selection(*, selection: Selection) -> None:
    """Hide the selection for good, also one that was only discarded, and purge it; while other
    people's builds of it wait or run, housekeeping purges it later."""
    _hide(selection, Selection.objects.all(), deleted_at=timezone.now() - 2 * Selection.UNDO)
    for each in _purgeable().filter(pk=selection.pk):
        _purge(each)


def purge_selections() -> None:
    """Purge what was deleted long enough ago, and what was never saved to the end."""
    for_each(_purgeable(), _purge)
    for_each(_temporary_and_unused(), lambda each: delete_selection(selection=each))


def delete_archive(*, archive: Archive) -> None:
    """Delete the row and its files. Raises NotFinished while it waits or is being built."""
    ended = Archive.objects.filter(pk=archive.pk).exclude(status__in=Archive.ACTIVE)
    deleted, _ = ended.delete()
    if deleted and archive.selection is not None and archive.selection.is_temporary:
        _delete_unused(archive.selection)
    if not deleted and Archive.objects.filter(pk=archive.pk).exists():
        raise NotFinished("This archive is still being built. Cancel it first, then delete it.")


def _delete_unused(selection: Selection) -> None:
    if not selection.archives.exists():
        delete_selection(selection=selection)


def _hide(selection: Selection, among: SelectionQuerySet, *, deleted_at: datetime) -> None:
    with transaction.atomic():
        for archive in _owners_archives(selection).active():
            archive.cancel()
        # Not if it was handed over since it was read.
        own = among.filter(pk=selection.pk, owner_id=selection.owner_id)
        own.update(deleted_at=deleted_at)


def _purgeable() -> SelectionQuerySet:
    building = Archive.objects.active().filter(selection=OuterRef("pk"))
    return Selection.objects.purgeable().exclude(Exists(building))


def _temporary_and_unused() -> SelectionQuerySet:
    """Temporary selections whose archives are gone, or over for as long as an archive is kept:
    until then an expired one can be built again."""
    since = timezone.now() - 2 * timedelta(days=settings.ARCHIVE_DAYS)
    in_use = Archive.objects.filter(
        Q(created_at__gt=since) | Q(status__in=(*Archive.ACTIVE, *Archive.WITH_FILE)),
        selection=OuterRef("pk"),
    )
    old = Selection.objects.present().filter(
        is_temporary=True, created_at__lt=timezone.now() - Selection.LONGEST_SAVE
    )
    return old.exclude(Exists(in_use))


def _purge(selection: Selection) -> None:
    delete_frames(selection)
    selection.delete()


def _owners_archives(selection: Selection) -> ArchiveQuerySet:
    return Archive.objects.filter(selection=selection, requested_by_id=selection.owner_id)
