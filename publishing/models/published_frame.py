"""Which frame of a new task was made from which frame."""

from __future__ import annotations

from django.db import models

from publishing.models.publication import Publication


class PublishedFrame(models.Model):
    """A frame of a new task, and the frame that it was made from."""

    # Without an index of its own: frame_published_once begins with it.
    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, related_name="published_frames", db_index=False
    )
    new_frame = models.IntegerField()  # of Publication.result_task_id
    task_id = models.BigIntegerField()
    frame = models.IntegerField()
    path = models.TextField()  # the name of the new frame
    # Whether its picture was uploaded in place of that of the other frame.
    is_replaced = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["new_frame"]
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "new_frame"], name="frame_published_once"
            )
        ]

    def __str__(self) -> str:
        return f"frame {self.new_frame} from frame {self.frame} of task {self.task_id}"
