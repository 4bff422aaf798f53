"""The origin of a selection, and replacing an earlier one by it."""

from __future__ import annotations

from django.db import transaction

from selections.models import Selection
from selections.services.naming import free_name
from selections.services.removal import discard_selection
from selections.services.saving import default_name


def note_origin(*, selection: Selection, origin: Selection, kind: Selection.Origin) -> Selection:
    """Record what the selection was made from. A name equal to that of the origin gets a number:
    “Two cams 2”."""
    selection.origin = origin
    selection.origin_kind = kind
    if selection.name == origin.name:
        selection.name = free_name(selection.owner, origin.name)
    selection.save(update_fields=["origin", "origin_kind", "name"])
    return selection


def name_to_pass_on(selection: Selection) -> str:
    """The name for what replaces the selection; "" for a default one, which tells its number of
    frames."""
    default = default_name(selection.tasks.all(), selection.frames.count())
    return "" if selection.name.startswith(default) else selection.name


def replace_selection(*, earlier: Selection, by: Selection) -> Selection:
    """Give `by` the visibility and the place in the lists of `earlier`, which is deleted: for ten
    minutes its owner can take that back."""
    by.origin = earlier
    by.origin_kind = Selection.Origin.REPLACED
    by.visibility = earlier.visibility
    by.created_at = earlier.created_at
    with transaction.atomic():
        by.save(update_fields=["origin", "origin_kind", "visibility", "created_at", "updated_at"])
        discard_selection(selection=earlier)
    return by
