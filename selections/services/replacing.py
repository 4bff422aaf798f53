"""Saving a selection that was changed from an earlier one, or that replaces it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from portal.exceptions import Conflict
from selections.batches import copy_marks
from selections.draws import Draw
from selections.models import Selection, Share
from selections.services.naming import free_name, is_made_of
from selections.services.removal import delete_selection, discard_selection
from selections.services.resolving import Choice
from selections.services.saving import create_random_selection, create_selection, default_name
from selector.models import Connection

# How long a transaction that writes marks lasts at most, and more.
MARKING = timedelta(seconds=5)


def save_selection(
    *,
    owner: User,
    connection: Connection,
    choices: Sequence[Choice],
    draw: Draw | None,
    name: str,
    note: str | None,
    replaces: Selection | None = None,
    based_on: Selection | None = None,
) -> Selection:
    """Save the frames of a draw, or those chosen by hand, also after a draw.

    The new selection takes the place of `replaces`, with its name and note if none are given (name
    "", note None); it is recorded as changed from `based_on`. Raises InvalidInput, Conflict,
    CvatError.
    """
    if replaces is not None:
        name = name or _name_to_pass_on(replaces)
        note = replaces.note if note is None else note
    if draw is not None:
        selection = create_random_selection(
            owner=owner,
            connection=connection,
            draw=draw,
            choices=choices,
            name=name,
            note=note or "",
        )
    else:
        selection = create_selection(
            owner=owner, connection=connection, choices=choices, name=name, note=note or ""
        )
    if replaces is not None:
        try:
            _replace(replaces, by=selection)
        except Conflict:
            delete_selection(selection=selection)
            raise
    if based_on is not None:
        note_origin(selection=selection, origin=based_on, kind=Selection.Origin.CHANGED)
    return selection


def note_origin(*, selection: Selection, origin: Selection, kind: Selection.Origin) -> Selection:
    """Record what the selection was made from. A name equal to that of the origin gets a number:
    “Two cams 2”."""
    selection.origin = origin
    selection.origin_kind = kind
    if selection.name == origin.name:
        selection.name = free_name(selection.owner, origin.name)
    selection.save(update_fields=["origin", "origin_kind", "name"])
    return selection


def _name_to_pass_on(selection: Selection) -> str:
    """The name for what replaces the selection; "" for a default one, which tells its number of
    frames."""
    default = default_name(selection.tasks.all(), selection.frames.count())
    return "" if is_made_of(selection.name, default) else selection.name


def _replace(earlier: Selection, *, by: Selection) -> None:
    """Give `by` the visibility, shares, marks, the place in the lists and among the rounds of a
    recipe of `earlier`, and whether names are hidden. `earlier` is deleted: for ten minutes its
    owner can undo that.

    Raises Conflict if it is the owner's no more: saving waits for CVAT, and much can happen
    meanwhile.
    """
    by.origin = earlier
    by.origin_kind = Selection.Origin.REPLACED
    passed_on = ["visibility", "hides_names", "created_at", "recipe_id", "round_number"]
    for name in passed_on:
        setattr(by, name, getattr(earlier, name))
    # Not in the transaction, for which others wait: there may be 200,000.
    begun, marks_count = timezone.now(), earlier.marks.count()
    copy_marks(earlier, by)
    with transaction.atomic():
        present = Selection.objects.present().select_for_update(no_key=True)
        if not present.filter(pk=earlier.pk, owner_id=by.owner_id).values_list("pk").first():
            raise Conflict(
                f"“{earlier.name}” was deleted, replaced or handed over just now. Save your "
                "choice as a new selection."
            )
        by.save(update_fields=["origin", "origin_kind", "updated_at", *passed_on])
        shares = list(earlier.shares.all())
        for share in shares:
            share.pk, share.selection = None, by
        Share.objects.bulk_create(shares)
        marked_since = earlier.marks.filter(marked_at__gt=begun - MARKING)
        if earlier.marks.count() != marks_count or marked_since.exists():
            by.marks.all().delete()
            copy_marks(earlier, by)
        discard_selection(selection=earlier)
