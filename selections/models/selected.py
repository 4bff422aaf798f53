"""Tasks and frames of selections, in each revision of these.

A row belongs to the revisions from `since` to before `until`. A change of the frames closes rows
and adds others, so every earlier revision stays complete, and a build reads the one it was asked
for while somebody changes the frames.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from django.db import models
from django.db.models import F, OuterRef

from cvat.frames import source_number

FIRST_REVISION = 1
NEVER = 2**31 - 1  # `until` of rows that no revision has closed
LAST_REVISION = NEVER - 1
HIDDEN_VIDEO = "video"  # instead of its file name, where that is hidden


def in_revision(revision: Any) -> dict[str, Any]:
    """The lookups of the rows of a revision."""
    return {"since__lte": revision, "until__gt": revision}


def tasks_of_outer() -> models.QuerySet[SelectedTask]:
    """In a subquery of a query of selections: the present tasks of each."""
    return SelectedTask.history.filter(
        selection=OuterRef("pk"), **in_revision(OuterRef("revision"))
    )


def frames_of_outer() -> models.QuerySet[SelectedFrame]:
    """In a subquery of a query of selections: the present frames of each."""
    return SelectedFrame.history.filter(
        selection=OuterRef("pk"), **in_revision(OuterRef("revision"))
    )


class CurrentTasks(models.Manager["SelectedTask"]):
    """The tasks of the present revision of each selection."""

    def get_queryset(self) -> models.QuerySet[SelectedTask]:
        return super().get_queryset().filter(**in_revision(F("selection__revision")))


class CurrentFrames(models.Manager["SelectedFrame"]):
    """The frames of the present revision of each selection. `selection.frames` are those of the
    revision, and of the tasks, that the instance was read with: several queries see the same
    frames."""

    def get_queryset(self) -> models.QuerySet[SelectedFrame]:
        selection = getattr(self, "instance", None)
        revision = F("selection__revision") if selection is None else selection.revision
        frames = super().get_queryset().filter(**in_revision(revision))
        only = None if selection is None else selection.only_task_ids
        return frames if only is None else frames.filter(task_id__in=only)


class SelectedTask(models.Model):
    """A task that frames of a selection come from, as it was when they were selected."""

    # Without an index of its own: task_selected_once begins with it.
    selection = models.ForeignKey(
        "selections.Selection", on_delete=models.CASCADE, related_name="tasks", db_index=False
    )
    task_id = models.BigIntegerField()
    name = models.TextField(blank=True)
    project_id = models.BigIntegerField(null=True)  # of CVAT; null also in rows of older releases
    subset = models.TextField(blank=True)
    # Source number of task frame 0, null in rows of older releases; see source_frame().
    start_frame = models.BigIntegerField(null=True)
    step = models.BigIntegerField(default=1)
    video = models.TextField(blank=True)  # file name; "" for images
    frames_count = models.IntegerField()
    # When its frames were read from CVAT, by the selection that first had them; null in rows of
    # older releases.
    read_at = models.DateTimeField(null=True)
    since = models.PositiveIntegerField(db_default=FIRST_REVISION, default=FIRST_REVISION)
    until = models.PositiveIntegerField(db_default=NEVER, default=NEVER)

    objects = CurrentTasks()
    history = models.Manager["SelectedTask"]()  # the rows of all revisions

    class Meta:
        ordering = ["task_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["selection", "task_id", "until"], name="task_selected_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.task_id}"

    def copy_to(self, selection: Any, *, since: int = FIRST_REVISION) -> SelectedTask:
        """An unsaved row of the same task for a selection, from its revision `since` on."""
        names = [field.name for field in self._meta.concrete_fields if not field.primary_key]
        values = {name: getattr(self, name) for name in names if name != "selection"}
        return SelectedTask(**{**values, "selection": selection, "since": since, "until": NEVER})

    def without_names(self) -> SelectedTask:
        """The task for a viewer from whom names are hidden. Not to be saved."""
        nameless = copy(self)
        nameless.name = ""
        nameless.video = HIDDEN_VIDEO if self.video else ""
        return nameless

    def source_frame(self, frame: int) -> int | None:
        """Number of a task frame in the uploaded video or list of files; None if unknown."""
        if self.start_frame is None:
            return None
        return source_number(frame, start=self.start_frame, step=self.step)

    def to_json(self) -> dict[str, Any]:
        """As API and manifest have it: {"id": 12, "name": "Night drive", "start_frame": 0, "step":
        1, "video": "a.mp4"}, without what is unknown or empty."""
        entry: dict[str, Any] = {"id": self.task_id, "name": self.name}
        if self.start_frame is not None:
            entry |= {"start_frame": self.start_frame, "step": self.step}
        return entry | ({"video": self.video} if self.video else {})


class SelectedFrame(models.Model):
    """A selected frame. `frame` is the task frame number; `filename` CVAT's path ("": video)."""

    # Without an index of its own: frame_chosen_once begins with it.
    selection = models.ForeignKey(
        "selections.Selection", on_delete=models.CASCADE, related_name="frames", db_index=False
    )
    task_id = models.BigIntegerField()
    job_id = models.BigIntegerField()
    frame = models.IntegerField()
    filename = models.TextField(blank=True)
    width = models.IntegerField(default=0)
    height = models.IntegerField(default=0)
    since = models.PositiveIntegerField(db_default=FIRST_REVISION, default=FIRST_REVISION)
    until = models.PositiveIntegerField(db_default=NEVER, default=NEVER)

    objects = CurrentFrames()
    history = models.Manager["SelectedFrame"]()  # the rows of all revisions

    class Meta:
        ordering = ["task_id", "frame"]
        constraints = [
            # Jobs of a task may overlap: a frame is chosen once whichever job it came through.
            models.UniqueConstraint(
                fields=["selection", "task_id", "frame", "until"], name="frame_chosen_once"
            )
        ]

    def __str__(self) -> str:
        return f"task {self.task_id} frame {self.frame}"
