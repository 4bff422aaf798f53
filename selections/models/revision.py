"""The history of the frames of a selection."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from selections import methods
from selections.models.selected import FIRST_REVISION, SelectedFrame


class Revision(models.Model):
    """One state of the frames of a selection, and who made it of the state before. A selection
    whose frames were never changed has no rows; the first change also adds that of the frames as
    they were saved."""

    # Without an index of its own: revision_made_once begins with it.
    selection = models.ForeignKey(
        "selections.Selection", on_delete=models.CASCADE, related_name="revisions", db_index=False
    )
    number = models.PositiveIntegerField()  # from FIRST_REVISION
    # Null for the frames as they were saved, and when the account is deleted.
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)  # while incomplete: the last sign of life
    added = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    frames_count = models.PositiveIntegerField(default=0)
    # The number of the earlier revision whose frames it has again; null for any other change.
    back_to = models.PositiveIntegerField(null=True)
    # As in the selection, for these frames.
    frame_selection_method = models.CharField(max_length=20, default=methods.MANUAL)
    frames_requested = models.PositiveBigIntegerField(null=True)
    # False while its frames are written, in several transactions.
    is_complete = models.BooleanField(default=False)

    FIRST: ClassVar = FIRST_REVISION

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["selection", "number"], name="revision_made_once")
        ]

    def __str__(self) -> str:
        return f"revision {self.number}"

    @property
    def is_first(self) -> bool:
        return self.number == self.FIRST

    def renew(self) -> bool:
        """Say that its frames are still being written, by the change that made this row. False if
        another change has taken its place."""
        row = Revision.objects.filter(pk=self.pk, is_complete=False)
        return row.update(made_at=timezone.now()) == 1

    def added_frames(self) -> models.QuerySet[SelectedFrame]:
        """The frames that the revision before did not have, by task and number."""
        return self._rows().filter(since=self.number)

    def removed_frames(self) -> models.QuerySet[SelectedFrame]:
        """The frames that only the revision before has of the two, by task and number."""
        return self._rows().filter(until=self.number)

    def _rows(self) -> models.QuerySet[SelectedFrame]:
        return SelectedFrame.history.filter(selection=self.selection_id)
