"""Repeating the draw of a selection on the task as it is now."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from django.contrib.auth.models import User

from cvat.exceptions import CvatError
from cvat.types import Place
from portal.exceptions import PortalError
from selections.archives.remarks_in_words import names_of
from selections.models import Selection
from selections.services.connections import required_connection
from selections.services.deleted_frames import Deletions, find_deleted
from selections.services.naming import free_name
from selections.services.previewing import draw_to_repeat
from selections.services.replacing import note_origin
from selections.services.saving import create_random_selection
from selector.services.connections import find_connection


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A repeated draw. `same` frames are in both selections, `new` ones only in the new one.
    `deleted` frames of the earlier selection were deleted in CVAT since; None: not known."""

    selection: Selection
    count_before: int
    same: int
    new: int
    deleted: Deletions | None

    @property
    def count(self) -> int:
        return self.same + self.new

    @property
    def text(self) -> str:
        """Such as “Drawn again: 26 of 27 frames are the same as before; 1 is no longer there: 4
        (p04.png), deleted in CVAT.”"""
        before, same = self.count_before, self.same
        if same == before and not self.new:
            return f"Drawn again: all {before:,} frames are the same as before."
        parts = [f"Drawn again: {same:,} of {before:,} frames are the same as before"]
        gone = self.deleted.count if self.deleted else 0
        if self.deleted and gone:
            names = names_of(self.deleted.frames, gone)
            parts.append(
                f"{gone:,} {'is' if gone == 1 else 'are'} no longer there: {names}, deleted in CVAT"
            )
        if others := before - same - gone:
            parts.append(f"{others:,} {'was' if others == 1 else 'were'} not drawn this time")
        if self.new:
            parts.append(f"{self.new:,} {'is' if self.new == 1 else 'are'} new")
        return "; ".join(parts) + "."


def draw_again(
    *, user: User, selection: Selection, with_new_seed: bool = False, seed: int | None = None
) -> Redrawn:
    """A new selection of the user's, drawn as `selection` was; one adjusted by hand as before the
    adjusting. Same seed and same task, same frames; `seed` is another one, such as that of a
    preview.

    Raises InvalidInput for one that was never drawn, NotConnected, CvatError.
    """
    draw = draw_to_repeat(selection)
    if seed is not None or with_new_seed:
        draw = replace(draw, seed=seed)
    connection = required_connection(user, selection)
    again = create_random_selection(
        owner=user,
        connection=find_connection(user=user, connection_id=connection.pk),
        draw=draw,
        name=free_name(user, f"{selection.name[:180]}, drawn again"),
        note=selection.note,
    )
    note_origin(selection=again, origin=selection, kind=Selection.Origin.DRAWN_AGAIN)
    before, after = _places(selection), _places(again)
    deleted = None
    if before - after:
        with suppress(CvatError, PortalError):
            deleted = find_deleted(user=user, selection=selection)
    return Redrawn(again, len(before), len(before & after), len(after - before), deleted)


def _places(selection: Selection) -> set[Place]:
    return set(selection.frames.order_by().values_list("task_id", "frame"))
