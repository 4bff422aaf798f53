"""Selections: saved sets of frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q, prefetch_related_objects
from django.db.models.functions import Length
from django.urls import reverse
from django.utils.functional import cached_property

from selections import methods
from selections.draws import Draw, names_files
from selections.models.mark import FrameMark
from selections.models.recipe import Recipe
from selections.models.selected import (
    FIRST_REVISION,
    SelectedFrame,
    SelectedTask,
    in_revision,
)
from selections.models.selection_queries import (
    LONGEST_SAVE,
    UNDO,
    SelectionQuerySet,
    SelectionVisibility,
    editable,
)
from selector.models import Connection

if TYPE_CHECKING:
    from selections.models.source import SelectionSource

    AnyUser = User | AnonymousUser


class Selection(models.Model):
    """A saved set of frames. It has copies of server address and task names, to be readable also
    when its connection is deleted."""

    Visibility = SelectionVisibility

    class Origin(models.TextChoices):
        COPIED = "copied", "copied from"
        DRAWN_AGAIN = "drawn_again", "drawn again from"
        CHANGED = "changed", "changed from"
        REPLACED = "replaced", "took the place of"

    class Operation(models.TextChoices):
        """How selections are combined; see selections.models.frame_sets."""

        UNION = "union", "all frames of"
        INTERSECTION = "intersection", "the frames in each of"
        DIFFERENCE = "difference", "the frames that only the first has of"

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="selections")
    connection = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, blank=True, related_name="selections"
    )
    url = models.CharField("CVAT server", max_length=500)
    organization = models.CharField(max_length=100, blank=True)
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
    # From those who may only read it: the names of tasks and files; see `names_hidden`.
    hides_names = models.BooleanField("names hidden from readers", default=False)
    # The selection that this one was made from; it may be deleted, or not shared with the viewer.
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
    # How its `sources` were combined; blank for a selection that was not combined.
    operation = models.CharField(max_length=20, choices=Operation, blank=True, editable=False)
    # The recipe that it is a round of, which may be deleted; null for a selection that is no round.
    recipe = models.ForeignKey(
        Recipe,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        editable=False,
        related_name="rounds",
    )
    round_number = models.PositiveIntegerField(null=True, editable=False)  # from 1
    # How many frames the draw asked for: it may have found fewer. Null in rows of older releases
    # and for a choice by hand.
    frames_requested = models.PositiveBigIntegerField(null=True, editable=False)
    # Grows by one with each change of the frames; see Revision.
    revision = models.PositiveIntegerField(default=FIRST_REVISION, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)
    # Frames are saved in several transactions: hidden from everybody until the last one.
    is_complete = models.BooleanField(default=True, editable=False)
    # Made by /api/download-images for one archive: in no list, and deleted with it. A change of
    # name, note or visibility keeps it.
    is_temporary = models.BooleanField("temporary", default=False, editable=False)
    # Time of the deletion: hidden from everybody since then, restored by its owner within UNDO.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    UNDO: ClassVar = UNDO
    LONGEST_NOTE: ClassVar = 10_000  # characters
    LONGEST_SAVE: ClassVar = LONGEST_SAVE

    # Whether the names of tasks and files are hidden from the person who asked for the selection:
    # with_names_hidden() sets it, and what is shown of names follows it.
    names_hidden: bool = False
    # The file names by task and frame that such a person sees in CVAT; see archives.own_names.
    own_names: Mapping[int, Mapping[int, str]] = MappingProxyType({})
    # The tasks whose frames it is narrowed to by of_tasks(); None: all.
    only_task_ids: frozenset[int] | None = None

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

    def hides_names_from(self, user: AnyUser) -> bool:
        """Whether `names_hidden` is true for the user, who may have no access any more."""
        same = Selection.objects.filter(editable(user), pk=self.pk)
        return self.hides_names and not same.exists()

    @property
    def lacks_names(self) -> bool:
        """Whether names are hidden from the viewer, or of a task were when it was copied."""
        return self.names_hidden or not all(task.name for task in self.task_list)

    @property
    def shown_tasks(self) -> list[SelectedTask]:
        """The tasks, with the names that the viewer may see."""
        if not self.names_hidden:
            return self.task_list
        return [task.without_names() for task in self.task_list]

    def shown_frames(self, frames: Iterable[SelectedFrame]) -> list[SelectedFrame]:
        """Frames of it, with the file names that the viewer may see. Not to be saved."""
        shown = list(frames)
        if self.names_hidden:
            for frame in shown:
                frame.filename = ""
        return shown

    @property
    def shown_draw(self) -> dict[str, Any] | None:
        """The draw in its written form; None also where it has parts of hidden file names."""
        return None if self.draw_is_hidden else self.draw

    @property
    def draw_is_hidden(self) -> bool:
        return self.names_hidden and names_files(self.draw)

    @property
    def adjusted_by_hand(self) -> bool:
        return self.draw is not None and self.frame_selection_method == methods.MANUAL

    @property
    def random_seed(self) -> int | None:
        """The seed that draws these frames again; None unless they are just those of a draw."""
        return None if not self.draw or self.adjusted_by_hand else self.draw.get("random_seed")

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the draw as API and manifest have them, under `adjusted_from` if the
        selection was adjusted by hand; {} without a draw, or where that is hidden."""
        draw = self.get_draw()
        if draw is None or self.draw_is_hidden:
            return {}
        if self.adjusted_by_hand:
            return {"adjusted_from": {**draw.parameters, "random_seed": draw.seed}}
        return draw.parameters

    @property
    def is_shared(self) -> bool:
        """Whether somebody beside the owner may read it."""
        return self.visibility == self.Visibility.SHARED or self.shares.exists()

    def longest_name(self) -> int:
        """The length of the longest file name, folders included."""
        if self.longest_filename is None:
            lengths = self.frames.aggregate(longest=models.Max(Length("filename")))
            return int(lengths["longest"] or 0)
        return self.longest_filename

    def at(self, revision: int) -> Selection:
        """The selection as it was at a revision: `frames`, `tasks` and how they were chosen. Later
        changes do not reach it. Not to be saved."""
        earlier = copy(self)
        earlier.revision = revision
        vars(earlier).pop("_prefetched_objects_cache", None)  # prefetch_related_objects keeps it
        earlier.forget_tasks()
        tasks = SelectedTask.history.filter(**in_revision(revision))
        if self.only_task_ids is not None:
            tasks = tasks.filter(task_id__in=self.only_task_ids)
        prefetch_related_objects([earlier], Prefetch("tasks", queryset=tasks))
        change = self.revisions.filter(number=revision, is_complete=True).first()
        if change is not None:  # else it was never changed
            earlier.frame_selection_method = change.frame_selection_method
            earlier.frames_requested = change.frames_requested
        return earlier

    def of_tasks(self, task_ids: Iterable[int]) -> Selection:
        """The selection with the `frames` and `tasks` of these tasks alone. Not to be saved."""
        narrowed = copy(self)
        narrowed.only_task_ids = frozenset(task_ids)
        return narrowed.at(self.revision)

    def present_marks(self) -> models.QuerySet[FrameMark]:
        """The marks of frames that it has. Those of removed frames are kept, for going back."""
        same = self.frames.filter(task_id=OuterRef("task_id"), frame=OuterRef("frame"))
        return self.marks.filter(Exists(same))

    @cached_property
    def owner_name(self) -> str:
        """The user name of its owner; with_owner_names() reads those of many selections."""
        return self.owner.username

    @cached_property
    def task_list(self) -> list[SelectedTask]:
        """Its tasks by id, read once; with_tasks() reads those of many selections."""
        return list(self.tasks.all())

    @staticmethod
    def read_sources(selections: Iterable[Selection]) -> None:
        """Read `source_list` of all by one query, and by none where none was combined."""
        combined = [each for each in selections if each.operation]
        prefetch_related_objects(combined, Prefetch("sources", to_attr="source_list"))

    @cached_property
    def source_list(self) -> list[SelectionSource]:
        """The selections that it was combined from, read once."""
        return list(self.sources.all()) if self.operation else []

    @cached_property
    def frames_count(self) -> int:
        return sum(task.frames_count for task in self.task_list)

    def forget_tasks(self) -> None:
        """Have `task_list` and `frames_count` read again: another revision has others."""
        for name in ("task_list", "frames_count"):
            vars(self).pop(name, None)

    @property
    def shown_tasks_by_id(self) -> dict[int, SelectedTask]:
        return {task.task_id: task for task in self.shown_tasks}

    @property
    def tasks_by_id(self) -> dict[int, SelectedTask]:
        return {task.task_id: task for task in self.task_list}
