"""Querysets of archives."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import OuterRef, Q, Subquery, Sum
from django.utils import timezone

from portal.work.models import WorkQuerySet
from portal.work.values import ACTIVE
from selections.models.selection import Selection

if TYPE_CHECKING:
    from selections.models.archive import Archive  # noqa: F401

    AnyUser = User | AnonymousUser


class ArchiveStatus(models.TextChoices):
    """WorkStatus in the words of the pages, and `expired`: the files were deleted in time."""

    QUEUED = "queued", "waiting"
    RUNNING = "running", "building"
    READY = "ready", "ready"
    INCOMPLETE = "incomplete", "incomplete"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"
    EXPIRED = "expired", "expired"


WITH_FILE = (ArchiveStatus.READY, ArchiveStatus.INCOMPLETE)
# Ended without all frames: a new try may take over what was fetched.
UNFINISHED = (ArchiveStatus.FAILED, ArchiveStatus.INCOMPLETE)


class ArchiveQuerySet(WorkQuerySet["Archive"]):
    def for_user(self, user: AnyUser) -> Self:
        """The archives that `user` asked for: CVAT judged that person's rights, no one else's.

        Those of the user's own deleted selections are hidden, for they are purged with them. Those
        of somebody else's selection stay, whatever becomes of the selection.
        """
        own_deleted = Q(selection__deleted_at__isnull=False, selection__owner_id=user.pk)
        return super().for_user(user).exclude(own_deleted)

    def with_visible_selection(self, user: AnyUser) -> Self:
        """Adds `visible_selection_id`: None where `user` may not see the selection (any more)."""
        visible = Selection.objects.for_user(user).filter(pk=OuterRef("selection_id"))
        return self.annotate(visible_selection_id=Subquery(visible.order_by().values("pk")[:1]))

    def for_list(self) -> Self:
        return super().for_list().prefetch_related("parts")

    def for_cards(self, user: AnyUser) -> Self:
        """With all that a page shows of each archive."""
        return self.with_visible_selection(user).select_related("selection").for_list()

    def may_continue(self) -> Self:
        """Archives whose spool must survive: active, or failed or incomplete within SPOOL_HOURS."""
        since = timezone.now() - timedelta(hours=settings.SPOOL_HOURS)
        ended = Q(status__in=UNFINISHED, finished_at__gt=since)
        return self.filter(Q(status__in=ACTIVE) | ended)

    def with_file(self) -> Self:
        return self.filter(status__in=WITH_FILE)

    def bytes(self) -> int:
        """Size of all together."""
        return int(self.aggregate(n=Sum("size"))["n"] or 0)

    def expired(self) -> Self:
        return self.filter(status__in=WITH_FILE, expires_at__lte=timezone.now())
