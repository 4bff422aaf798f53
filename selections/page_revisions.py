"""What the page of a selection shows of its history: to those who may edit it, every revision."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from selections.models import Revision, SelectedFrame, Selection

MOST_REVISIONS = 30  # on the page; the API has all


@dataclass(frozen=True, slots=True)
class History:
    """`viewed` is the revision whose frames the page shows, None for the present ones."""

    may_edit: bool
    revisions: list[Revision]  # the newest first; empty for a selection that was never changed
    older_count: int  # how many are not in `revisions`
    viewed: Revision | None
    frames: QuerySet[SelectedFrame]

    @property
    def is_changeable(self) -> bool:
        """Whether frames can be removed from what is shown."""
        return self.may_edit and self.viewed is None


def history(selection: Selection, *, number: int | None, change: str) -> History:
    """`number` is the revision to show and `change` “added”, “removed” or "" for all its frames;
    both are ignored where there is none. `selection` has `may_edit`."""
    present = selection.frames.all()
    if not getattr(selection, "may_edit", False):
        return History(False, [], 0, None, present)
    if selection.revision == Revision.FIRST:
        return History(True, [], 0, None, present)
    rows = selection.revisions.filter(is_complete=True).select_related("made_by")
    revisions = list(rows[:MOST_REVISIONS])
    older_count = max(rows.count() - MOST_REVISIONS, 0) if revisions else 0
    viewed = rows.filter(number=number).first() if number else None
    if viewed is None:
        return History(True, revisions, older_count, None, present)
    frames = {"added": viewed.added_frames, "removed": viewed.removed_frames}.get(change)
    shown = frames() if frames else selection.at(viewed.number).frames.all()
    return History(True, revisions, older_count, viewed, shown)
