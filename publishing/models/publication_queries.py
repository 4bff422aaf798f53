"""Querysets of publications, and what they are asked by: targets and statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import OuterRef, Q, Subquery

from portal.work.models import WorkQuerySet
from portal.work.values import WorkStatus
from selections.models import Selection

if TYPE_CHECKING:
    from publishing.models.publication import Publication  # noqa: F401

    AnyUser = User | AnonymousUser


class PublicationTarget(models.TextChoices):
    """What is done in CVAT."""

    GROUND_TRUTH = "ground_truth", "ground-truth job"
    TASK = "task", "new task"
    ISSUES = "issues", "issues of faulty frames"
    COPY = "copy", "copied annotations"
    WRITE_BACK = "write_back", "results written back"
    REMOVAL = "removal", "published task removed"
    HAND_OVER = "hand_over", "jobs handed over to reviewers"
    FILES = "files", "new task from files"


class PublicationStatus(models.TextChoices):
    """WorkStatus in the words of the pages; see Publication.status_in_words."""

    QUEUED = WorkStatus.QUEUED.value, "waiting"
    RUNNING = WorkStatus.RUNNING.value, "publishing"
    READY = WorkStatus.READY.value, "published"
    FAILED = WorkStatus.FAILED.value, "failed"
    CANCELLED = WorkStatus.CANCELLED.value, "cancelled"


# What makes a task in CVAT that was not there.
NEW_TASKS = (PublicationTarget.TASK, PublicationTarget.FILES)


class PublicationQuerySet(WorkQuerySet["Publication"]):
    def for_list(self) -> Self:
        return super().for_list().defer("frames", "plan")

    def with_visible_selection(self, user: AnyUser) -> Self:
        """Adds `visible_selection_id`: None where `user` may not see the selection (any more)."""
        visible = Selection.objects.for_user(user).filter(pk=OuterRef("selection_id"))
        visible_id = Subquery(visible.order_by().values("pk")[:1])
        return self.select_related("selection").annotate(visible_selection_id=visible_id)

    def given_up(self) -> Self:
        """New tasks that failed or were cancelled."""
        ended = [WorkStatus.FAILED, WorkStatus.CANCELLED]
        return self.filter(target__in=NEW_TASKS, status__in=ended)

    def tasks_of(self, selection: Selection, user: AnyUser) -> Self:
        """New tasks that the user has made of the selection, or is making, newest first; at most
        six. One that has come to nothing in CVAT, or was removed there, is none."""
        made = Q(status__in=["queued", "running"]) | Q(result_task_id__isnull=False)
        own = self.for_user(user).filter(selection=selection, target=PublicationTarget.TASK)
        return own.filter(made).for_list().order_by("-created_at")[:6]
