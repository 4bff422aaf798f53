"""Deleting: selections with a while to think again, archives at once."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from selections.models import Archive, Selection
from selector.exceptions import Conflict, NotFound


def discard_selection(*, selection: Selection) -> None:
    """Nobody sees it and its archives from now on. Builds under way are given up; the rows go for
    good once it is too late for `restore_selection`."""
    with transaction.atomic():
        for archive in selection.archives.active():
            archive.cancel()
        Selection.objects.left().filter(pk=selection.pk).update(deleted_at=timezone.now())


def restore_selection(*, user: User, selection_id: int) -> Selection:
    """Undo a deletion. Raises NotFound when there is none of the user's to undo any more."""
    restorable = Selection.objects.restorable(user).filter(pk=selection_id)
    if not restorable.update(deleted_at=None):
        raise NotFound("This selection is gone for good: it was deleted too long ago.")
    return Selection.objects.get(pk=selection_id)


def purge_selections() -> None:
    for selection in Selection.objects.over():
        selection.delete()


def delete_archive(*, archive: Archive) -> None:
    """The row and its files. Raises Conflict while it is being built."""
    ended = Archive.objects.filter(pk=archive.pk).exclude(status__in=Archive.ACTIVE)
    deleted, _ = ended.delete()
    if not deleted and Archive.objects.filter(pk=archive.pk).exists():
        raise Conflict("This archive is still being built. Cancel it first, then delete it.")
