"""Querysets of archives, and the conditions under which a row may change its status."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Count, F, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from selections.models.selection import Selection

if TYPE_CHECKING:
    from selections.models.archive import Archive  # noqa: F401

    AnyUser = User | AnonymousUser


class ArchiveStatus(models.TextChoices):
    QUEUED = "queued", "waiting"
    RUNNING = "running", "building"
    READY = "ready", "ready"
    INCOMPLETE = "incomplete", "incomplete"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"
    EXPIRED = "expired", "expired"


ACTIVE = (ArchiveStatus.QUEUED, ArchiveStatus.RUNNING)
WITH_FILE = (ArchiveStatus.READY, ArchiveStatus.INCOMPLETE)
LONG_ATTEMPT = timedelta(minutes=10)
# Ended without all frames: a new try may take over what was fetched.
UNFINISHED = (ArchiveStatus.FAILED, ArchiveStatus.INCOMPLETE)


class ArchiveQuerySet(models.QuerySet["Archive"]):
    def for_user(self, user: AnyUser) -> Self:
        """The archives that `user` asked for: CVAT judged that person's rights, no one else's.

        Those of the user's own deleted selections are hidden, for they are purged with them. Those
        of somebody else's selection stay, whatever becomes of the selection.
        """
        if not user.is_authenticated:
            return self.none()
        own_deleted = Q(selection__deleted_at__isnull=False, selection__owner_id=user.pk)
        return self.filter(requested_by_id=user.pk).exclude(own_deleted)

    def with_visible_selection(self, user: AnyUser) -> Self:
        """Adds `visible_selection_id`: None where `user` may not see the selection (any more)."""
        visible = Selection.objects.for_user(user).filter(pk=OuterRef("selection_id"))
        return self.annotate(visible_selection_id=Subquery(visible.order_by().values("pk")[:1]))

    def for_cards(self, user: AnyUser) -> Self:
        """With all that a page shows of each archive, without the list of its problems."""
        archives = self.with_visible_selection(user).select_related("selection")
        return archives.defer("problems").prefetch_related("parts")

    def active(self) -> Self:
        return self.filter(status__in=ACTIVE)

    def claimable(self) -> Self:
        """Queued, or abandoned by a worker and neither exhausted nor overdue."""
        may_go_on = abandoned() & ~exhausted() & ~overdue()
        return self.filter(Q(status=ArchiveStatus.QUEUED) | may_go_on)

    def startable(self) -> Self:
        """Queued, and the person has fewer than ARCHIVE_RUNNING_PER_PERSON builds running. Adds
        `running`: how many."""
        of_person = self.model.objects.filter(requested_by=OuterRef("requested_by")).order_by()
        alive = of_person.filter(status=ArchiveStatus.RUNNING).exclude(abandoned())
        running = alive.values("requested_by")
        counted = Coalesce(Subquery(running.annotate(n=Count("pk")).values("n")), 0)
        queued = self.filter(status=ArchiveStatus.QUEUED).annotate(running=counted)
        return queued.filter(running__lt=settings.ARCHIVE_RUNNING_PER_PERSON)

    def in_turn(self) -> Self:
        """Startable, in the order in which the workers take them: first for the person with the
        fewest builds running, then for the person whose last build began longest ago."""
        of_person = self.model.objects.filter(requested_by=OuterRef("requested_by")).order_by()
        begun = of_person.values("requested_by").annotate(at=Max("started_at")).values("at")
        return (
            self.startable()
            .annotate(last_begun=Subquery(begun))
            .order_by("running", F("last_begun").asc(nulls_first=True), "created_at", "pk")
        )

    def to_hand_out(self) -> Self:
        """Abandoned; or queued and not handed out, or so long ago that the message may be lost."""
        now = timezone.now()
        requeue = now - timedelta(seconds=settings.ARCHIVE_REQUEUE_SECONDS)
        lost = Q(enqueued_at__isnull=True) | Q(enqueued_at__lt=requeue)
        lost &= Q(status=ArchiveStatus.QUEUED)
        handed_out = now - timedelta(seconds=settings.ARCHIVE_STALE_SECONDS)
        not_just_now = Q(enqueued_at__isnull=True) | Q(enqueued_at__lt=handed_out)
        return self.filter(lost | abandoned() & not_just_now)

    def abandoned(self) -> Self:
        return self.filter(abandoned())

    def exhausted(self) -> Self:
        """Abandoned after the last attempt that is allowed."""
        return self.filter(abandoned() & exhausted())

    def overdue(self) -> Self:
        """Running past the deadline, with or without a worker."""
        return self.filter(Q(status=ArchiveStatus.RUNNING) & overdue())

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


# The conditions below are judged by the row alone, without a subquery: of two claims at once
# PostgreSQL evaluates the second one again on the changed row only.


def abandoned() -> Q:
    """Running, but without a heartbeat for ARCHIVE_STALE_SECONDS. Before now, not before the
    UPDATE: one that waits for SQLite's lock has held up the heartbeats as well."""
    limit = timezone.now() - timedelta(seconds=settings.ARCHIVE_STALE_SECONDS)
    return Q(status=ArchiveStatus.RUNNING, heartbeat_at__lt=limit)


def overdue() -> Q:
    return Q(deadline_at__isnull=False, deadline_at__lte=Now())


def exhausted() -> Q:
    return Q(attempts__gte=settings.ARCHIVE_ATTEMPTS) & ~advanced()


def advanced() -> Q:
    """The last attempt lasted for LONG_ATTEMPT and put clearly more frames into the ZIP than those
    before: a twentieth of all."""
    is_long = Q(heartbeat_at__gt=F("claimed_at") + LONG_ATTEMPT)
    return is_long & Q(frames_done__gt=F("frames_reached") + F("frames_total") / 20)


def lock_person(user_id: int) -> None:
    """Let no other transaction past this line for the same person, until this one ends."""
    list(User.objects.select_for_update(no_key=True).filter(pk=user_id).values("pk"))
