"""What a combined selection was made from."""

from __future__ import annotations

from typing import Any

from django.db import models

from selections.draws import Draw, names_files
from selections.models.selection import Selection


class SelectionSource(models.Model):
    """One of the selections that a selection was combined from, as it was then. It may be deleted
    since, or not shared with the viewer."""

    # Without an index of its own: source_numbered_once begins with it.
    selection = models.ForeignKey(
        Selection, on_delete=models.CASCADE, related_name="sources", db_index=False
    )
    number = models.PositiveSmallIntegerField()  # from 1, in the order of the operation
    source = models.ForeignKey(
        Selection,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="combined_into",
    )
    name = models.CharField(max_length=200)
    frames_count = models.IntegerField()
    frame_selection_method = models.CharField(max_length=20)
    # The draw that it began with, as Draw.to_json() writes it; null without one.
    draw = models.JSONField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["selection", "number"], name="source_numbered_once")
        ]

    def __str__(self) -> str:
        return self.name

    def get_draw(self) -> Draw | None:
        return Draw.from_json(self.draw) if self.draw else None

    def shown_draw(self, *, names_hidden: bool) -> dict[str, Any] | None:
        """The draw in its written form; None also where it has parts of hidden file names."""
        return None if names_hidden and names_files(self.draw) else self.draw

    def to_json(self, *, with_name: bool, names_hidden: bool) -> dict[str, Any]:
        """As the API has it. The name is for those who may know it: else ""."""
        return {
            "selection": self.source_id,
            "name": self.name if with_name else "",
            "frames_count": self.frames_count,
            "frame_selection_method": self.frame_selection_method,
            "draw": self.shown_draw(names_hidden=names_hidden),
        }
