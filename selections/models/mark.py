"""What people say about single frames of a selection."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone


class FrameMark(models.Model):
    """A verdict, tags and a comment on a frame of a selection; at least one of the three."""

    class Verdict(models.TextChoices):
        GOOD = "good", "good"
        FAULTY = "faulty", "faulty"

    # Without an index of its own: frame_marked_once begins with it.
    selection = models.ForeignKey(
        "selections.Selection", on_delete=models.CASCADE, related_name="marks", db_index=False
    )
    task_id = models.BigIntegerField()
    frame = models.IntegerField()
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True)
    tags = models.JSONField(default=list, blank=True)  # ["blurred", "night"]
    comment = models.TextField(blank=True)
    # The person who changed it last; null when the account is deleted.
    marked_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    marked_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["task_id", "frame"]
        constraints = [
            models.UniqueConstraint(
                fields=["selection", "task_id", "frame"], name="frame_marked_once"
            )
        ]

    def __str__(self) -> str:
        return f"mark on task {self.task_id} frame {self.frame}"

    @property
    def is_empty(self) -> bool:
        return not (self.verdict or self.tags or self.comment)
