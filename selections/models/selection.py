"""What people chose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Coalesce, Length
from django.urls import reverse
from django.utils import timezone

from cvat.frames import source_number
from selections import methods
from selections.draws import Draw
from selector.models import Connection

if TYPE_CHECKING:
    AnyUser = User | AnonymousUser


class SelectionQuerySet(models.QuerySet["Selection"]):
    def for_user(self, user: AnyUser) -> Self:
        """What `user` may read: the user's own selections and the shared ones."""
        if not user.is_authenticated:
            return self.none()
        own_or_shared = Q(owner_id=user.pk) | Q(visibility=Selection.Visibility.SHARED)
        return self.present().filter(own_or_shared)

    def present(self) -> Self:
        """Saved with all frames, and not deleted."""
        return self.filter(is_complete=True, deleted_at__isnull=True)

    def listed(self) -> Self:
        """Without those made for one archive: lists show what somebody saved."""
        return self.filter(is_temporary=False)

    def restorable(self, user: AnyUser) -> Self:
        """The user's own selections whose deletion can still be undone."""
        since = timezone.now() - Selection.UNDO
        return self.filter(owner_id=user.pk, deleted_at__gt=since).order_by("-deleted_at")

    def purgeable(self) -> Self:
        """Deleted longer ago than the undo window plus one minute (avoids racing an undo), or
        not saved to the end for LONGEST_SAVE."""
        now = timezone.now()
        deleted = Q(deleted_at__lt=now - Selection.UNDO - timedelta(minutes=1))
        abandoned = Q(is_complete=False, created_at__lt=now - Selection.LONGEST_SAVE)
        return self.filter(deleted | abandoned)

    def owned_by(self, user: AnyUser) -> Self:
        """What `user` may change."""
        return self.for_user(user).filter(owner_id=user.pk)

    def with_counts(self) -> Self:
        """Adds `frames_count`, by a subquery: a join would count once per archive as well."""
        counted = (
            SelectedFrame.objects.filter(selection=models.OuterRef("pk"))
            .order_by()
            .values("selection")
            .annotate(n=Count("pk"))
            .values("n")
        )
        return self.annotate(frames_count=Coalesce(models.Subquery(counted), 0))


@dataclass(frozen=True, slots=True)
class TaskSource:
    """Where the frames of a task come from. `start` is None where it was not noted down."""

    start: int | None
    step: int
    video: str  # file name; "" for images

    def source_frame(self, frame: int) -> int | None:
        if self.start is None:
            return None
        return source_number(frame, start=self.start, step=self.step)


class Selection(models.Model):
    """A saved set of frames. Readable also when its connection is gone: url and task names are
    copied."""

    class Visibility(models.TextChoices):
        PRIVATE = "private", "private"
        SHARED = "shared", "shared"

    class Origin(models.TextChoices):
        COPIED = "copied", "copied from"
        DRAWN_AGAIN = "drawn_again", "drawn again from"
        CHANGED = "changed", "changed from"
        REPLACED = "replaced", "took the place of"

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="selections")
    connection = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, blank=True, related_name="selections"
    )
    url = models.CharField("CVAT server", max_length=500)
    organization = models.CharField(max_length=100, blank=True)
    # As they were when the selection was made: [{"id": 12, "name": "Night drive", "start_frame": 0,
    # "step": 1, "video": "a.mp4"}]. Without "video" for images; older rows have id and name only.
    tasks = models.JSONField(default=list)
    # Of the file names, folders included, in characters; null in older rows.
    longest_filename = models.IntegerField(null=True, editable=False)
    name = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    # Of the frames as they are: by hand also when a draw was adjusted by hand.
    frame_selection_method = models.CharField(
        max_length=20, choices=methods.choices, default=methods.MANUAL
    )
    # The draw that the selection began with, as Draw.to_json() writes it; null without one.
    draw = models.JSONField(null=True, blank=True)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.PRIVATE)
    # The selection that this one was made from, which may be deleted, or not shared with who looks.
    origin = models.ForeignKey(
        "self",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        editable=False,
        related_name="made_from_it",
    )
    origin_kind = models.CharField(max_length=20, choices=Origin, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)
    # Frames are saved in several transactions: hidden from everybody until the last one.
    is_complete = models.BooleanField(default=True, editable=False)
    # Made by /api/download-images for one archive: in no list, and deleted with it. A change of
    # name, note or visibility keeps it.
    is_temporary = models.BooleanField("temporary", default=False, editable=False)
    # Hidden from everybody since then; the owner can restore it within UNDO.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    UNDO: ClassVar = timedelta(minutes=10)
    LONGEST_SAVE: ClassVar = timedelta(hours=1)

    objects = SelectionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["deleted_at"],
                name="deleted_selections",
                condition=Q(deleted_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("selections:detail", args=[self.pk])

    def get_draw(self) -> Draw | None:
        """The draw that the selection began with."""
        return Draw.from_json(self.draw) if self.draw else None

    @property
    def adjusted_by_hand(self) -> bool:
        return self.draw is not None and self.frame_selection_method == methods.MANUAL

    @property
    def random_seed(self) -> int | None:
        """The seed that draws these frames again; None unless they are just those of a draw."""
        draw = self.get_draw()
        return None if draw is None or self.adjusted_by_hand else draw.seed

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the draw as API and manifest have them, under `adjusted_from` if the
        selection was adjusted by hand; {} without a draw."""
        draw = self.get_draw()
        if draw is None:
            return {}
        if self.adjusted_by_hand:
            return {"adjusted_from": {**draw.parameters, "random_seed": draw.seed}}
        return draw.parameters

    def longest_name(self) -> int:
        """The length of the longest file name, folders included."""
        if self.longest_filename is None:
            found = self.frames.aggregate(longest=models.Max(Length("filename")))
            return int(found["longest"] or 0)
        return self.longest_filename

    @property
    def sources(self) -> dict[int, TaskSource]:
        """task id -> where its frames come from."""
        return {
            task["id"]: TaskSource(
                start=task.get("start_frame"), step=task.get("step", 1), video=task.get("video", "")
            )
            for task in self.tasks
        }


class SelectedFrame(models.Model):
    """One chosen picture. `frame` is the task frame number; `filename` CVAT's path ("": video)."""

    # Without an index of its own: frame_chosen_once begins with it.
    selection = models.ForeignKey(
        Selection, on_delete=models.CASCADE, related_name="frames", db_index=False
    )
    task_id = models.BigIntegerField()
    job_id = models.BigIntegerField()
    frame = models.IntegerField()
    filename = models.TextField(blank=True)
    width = models.IntegerField(default=0)
    height = models.IntegerField(default=0)

    class Meta:
        ordering = ["task_id", "frame"]
        constraints = [
            # Jobs of a task may overlap: a frame is chosen once whichever job it came through.
            models.UniqueConstraint(
                fields=["selection", "task_id", "frame"], name="frame_chosen_once"
            )
        ]

    def __str__(self) -> str:
        return f"task {self.task_id} frame {self.frame}"
