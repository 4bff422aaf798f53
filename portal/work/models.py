"""The abstract model of background work: its row is its state machine."""

from __future__ import annotations

import operator
import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Case, Count, F, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils import timezone
from django.utils.module_loading import import_string

from portal.work.problems import grouped
from portal.work.values import ACTIVE, Limits, ResultFiles, WorkStatus, status_field

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    AnyUser = User | AnonymousUser

W = TypeVar("W", bound="Work")


LONG_ATTEMPT = timedelta(minutes=10)


class WorkQuerySet(models.QuerySet[W]):
    def for_user(self, user: AnyUser) -> Self:
        """Work that `user` asked for."""
        return self.filter(requested_by_id=user.pk) if user.is_authenticated else self.none()

    def for_list(self) -> Self:
        """With what a list shows of each: not the list of its problems."""
        return self.defer("problems")

    def active(self) -> Self:
        return self.filter(status__in=ACTIVE)

    def alive(self) -> Self:
        """Running, with a heartbeat."""
        return self.filter(status=WorkStatus.RUNNING).exclude(self._abandoned)

    def abandoned(self) -> Self:
        return self.filter(self._abandoned)

    def exhausted(self) -> Self:
        """Abandoned after the last attempt that is allowed."""
        return self.filter(self._abandoned & self._exhausted)

    def overdue(self) -> Self:
        """Running past the deadline, with or without a worker."""
        return self.filter(OVERDUE, status=WorkStatus.RUNNING)

    def claimable(self) -> Self:
        """Queued, or abandoned by a worker and neither exhausted nor overdue."""
        may_go_on = self._abandoned & ~self._exhausted & ~OVERDUE
        return self.filter(Q(status=WorkStatus.QUEUED) | may_go_on)

    def startable(self) -> Self:
        """Queued, and the person has fewer works running than `Limits.running_per_person`. Adds
        `running`: how many."""
        counts = [
            Coalesce(
                Subquery(
                    kind.objects.alive()
                    .filter(requested_by=OuterRef("requested_by"))
                    .order_by()
                    .values("requested_by")
                    .annotate(n=Count("pk"))
                    .values("n")
                ),
                0,
            )
            for kind in kinds()
        ]
        queued = self.filter(status=WorkStatus.QUEUED)
        queued = queued.annotate(running=reduce(operator.add, counts))
        return queued.filter(running__lt=self._limits.running_per_person)

    def in_turn(self) -> Self:
        """Startable, in the order in which the workers take them: first for the person with the
        fewest works running, then for the person whose last work began longest ago."""
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
        requeue = now - timedelta(seconds=self._limits.requeue_seconds)
        lost = Q(enqueued_at__isnull=True) | Q(enqueued_at__lt=requeue)
        lost &= Q(status=WorkStatus.QUEUED)
        handed_out = now - timedelta(seconds=self._limits.stale_seconds)
        not_just_now = Q(enqueued_at__isnull=True) | Q(enqueued_at__lt=handed_out)
        return self.filter(lost | self._abandoned & not_just_now)

    @property
    def _limits(self) -> Limits:
        return self.model.limits()

    # The conditions are judged by the row alone, without a subquery: of two claims at once
    # PostgreSQL evaluates the second one again on the changed row only.

    @property
    def _abandoned(self) -> Q:
        """Running, but without a heartbeat for too long. The limit is counted from now, not from
        the time of the UPDATE: while the UPDATE waits for SQLite's lock, heartbeats wait too."""
        limit = timezone.now() - timedelta(seconds=self._limits.stale_seconds)
        return Q(status=WorkStatus.RUNNING, heartbeat_at__lt=limit)

    @property
    def _exhausted(self) -> Q:
        return Q(attempts__gte=self._limits.attempts) & ~ADVANCED


OVERDUE = Q(deadline_at__isnull=False, deadline_at__lte=Now())
# The last attempt lasted for LONG_ATTEMPT and finished clearly more frames than those before: a
# twentieth of all.
ADVANCED = Q(heartbeat_at__gt=F("claimed_at") + LONG_ATTEMPT) & Q(
    frames_done__gt=F("frames_reached") + F("frames_total") / 20
)


class Work(models.Model):
    """What a person asked for and a worker does; a new row per request, never reset.

    Only the methods below write `status`, each a conditional UPDATE that returns whether it
    changed the row: a second or a late worker can neither do the work twice nor revive what has
    ended. Every kind counts its progress in frames.
    """

    task: ClassVar[str]  # dotted name of the Celery task, which takes the id of a row
    list_page: ClassVar[str] = ""  # name of the URL of the page that lists all works of the kind

    Status: ClassVar[Any] = WorkStatus
    ACTIVE: ClassVar = ACTIVE
    PROBLEMS_IN_ROW: ClassVar = 200

    requested_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="%(class)ss")
    # The person's own, so that CVAT stays the judge of what the person may see and do.
    connection = models.ForeignKey(
        "selector.Connection",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="%(class)ss",
    )
    status = status_field(WorkStatus)
    # Which worker holds the claim: a worker that lost it finds another value here and stops.
    claimed_by = models.UUIDField(null=True, blank=True, editable=False)
    # How often the work was begun without getting further than before; see claim().
    attempts = models.PositiveIntegerField(default=0, editable=False)
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Set by the first claim: work that runs longer is ended as failed.
    deadline_at = models.DateTimeField(null=True, blank=True, editable=False)
    frames_total = models.IntegerField(default=0)
    frames_done = models.IntegerField(default=0)
    # The most frames that any attempt before the present one had finished.
    frames_reached = models.IntegerField(default=0, editable=False)
    bytes_done = models.BigIntegerField(default=0)
    # The recent pace, as the worker measures it; 0 while it is not known.
    frames_per_second = models.FloatField(default=0)
    bytes_per_second = models.FloatField(default=0)
    # What the work waited for at the last heartbeat, in words; see waiting_for.
    progress_note = models.CharField(max_length=200, blank=True, editable=False)
    # The first PROBLEMS_IN_ROW frames that the result lacks, and why:
    # [{"task_id", "job_id", "frame", "filename", "reason"}].
    problems = models.JSONField(default=list, blank=True)
    problems_count = models.IntegerField(default=0)
    # All of them by reason, see portal.work.problems: [{"reason", "count", "frames"}].
    problem_groups = models.JSONField(default=list, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    # When it was last handed to the workers; without an effect, it is handed out again. Null: not
    # handed out, the person's other works go first.
    enqueued_at = models.DateTimeField(default=timezone.now, null=True, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-created_at", "-id"]

    def get_absolute_url(self) -> str:
        """Path of the page that shows the work."""
        raise NotImplementedError

    def rows_below(self) -> models.QuerySet[Any]:
        """Rows that are deleted with this one, of a kind of which there may be 200,000."""
        return type(self)._base_manager.none()

    @classmethod
    def limits(cls) -> Limits:
        return Limits(
            heartbeat_seconds=settings.ARCHIVE_HEARTBEAT_SECONDS,
            stale_seconds=settings.ARCHIVE_STALE_SECONDS,
            requeue_seconds=settings.ARCHIVE_REQUEUE_SECONDS,
            attempts=settings.ARCHIVE_ATTEMPTS,
            longest=timedelta(hours=settings.ARCHIVE_MAX_HOURS),
            running_per_person=settings.ARCHIVE_RUNNING_PER_PERSON,
        )

    @property
    def title(self) -> str:
        """What the tray calls the work."""
        return str(self)

    @property
    def files(self) -> ResultFiles:
        return ResultFiles()

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def percent(self) -> int:
        return 100 * self.frames_done // self.frames_total if self.frames_total else 0

    @property
    def seconds_left(self) -> int | None:
        """At the recent pace; None while it is not known."""
        if self.status != WorkStatus.RUNNING or not self.frames_per_second:
            return None
        return round((self.frames_total - self.frames_done) / self.frames_per_second)

    @property
    def waiting_for(self) -> str:
        """What the work waits for, as a sentence; "" when there is nothing to say."""
        return self.progress_note if self.status == WorkStatus.RUNNING else ""

    def send(self) -> None:
        """Hand the work to the workers."""
        import_string(self.task).delay(self.pk)

    # --- the state machine ---

    def claim(self, worker: uuid.UUID) -> bool:
        """queued -> running, or work whose worker fell silent -> this worker. Not while as many
        others of the person run as `Limits.running_per_person`.

        Counts the attempt. Counting begins again after an attempt that lasted for LONG_ATTEMPT and
        got further than those before: long work may meet many restarts of the portal, but work
        that ends its worker at the same frame each time must end.
        """
        limits = self.limits()
        with transaction.atomic():
            lock_person(self.requested_by_id)
            # Without those whose worker is dead: side by side they would keep each other waiting.
            running = [
                kind.objects.alive().filter(requested_by=self.requested_by_id).count()
                for kind in kinds()
            ]
            if sum(running) >= limits.running_per_person:
                return False
            return self._change(
                self._rows().claimable(),
                status=WorkStatus.RUNNING,
                claimed_by=worker,
                attempts=Case(When(ADVANCED, then=Value(1)), default=F("attempts") + 1),
                claimed_at=Now(),
                frames_reached=Greatest("frames_reached", "frames_done"),
                heartbeat_at=Now(),
                started_at=Coalesce("started_at", Now()),
                deadline_at=Coalesce("deadline_at", Now() + limits.longest),
            )

    def hand_out_again(self) -> bool:
        """Note that the work is handed out once more; False if someone else just did."""
        return self._change(self._rows().to_hand_out(), enqueued_at=timezone.now())

    def heartbeat(self, worker: uuid.UUID, **progress: float | str) -> bool:
        """Write progress and the time of the write, which may have waited for a lock.

        False: the claim is lost (cancelled, taken over) or the deadline has passed; stop.
        """
        held = self._held(worker).exclude(OVERDUE)
        return self._change(held, heartbeat_at=Now(), **progress)

    def finish(
        self,
        worker: uuid.UUID,
        *,
        problems: Sequence[dict[str, Any]] = (),
        left_out: int = 0,
        **result: Any,
    ) -> bool:
        """running -> ready, or incomplete when there are problems.

        `left_out` is the number of frames that the person wished to be left out, `result` are
        values of the kind's own fields.
        """
        return self._change(
            self._held(worker),
            status=WorkStatus.INCOMPLETE if problems else WorkStatus.READY,
            problems=list(problems[: self.PROBLEMS_IN_ROW]),
            problems_count=len(problems),
            problem_groups=grouped(problems),
            frames_done=self.frames_total - len(problems) - left_out,
            **{"finished_at": timezone.now(), **result},
        )

    def fail(self, worker: uuid.UUID, error: str) -> bool:
        return self._fail(self._held(worker), error)

    def fail_exhausted(self) -> bool:
        """Abandoned for the last time that is allowed -> failed."""
        return self._fail(self._rows().exhausted(), self.exhausted_error())

    def fail_overdue(self) -> bool:
        """Running past its deadline -> failed, whether or not its worker lives."""
        return self._fail(self._rows().overdue(), self.overdue_error())

    def cancel(self) -> bool:
        return self._change(
            self._rows().active(), status=WorkStatus.CANCELLED, finished_at=timezone.now()
        )

    def exhausted_error(self) -> str:
        """What a person reads of work that ended its worker too often."""
        return (
            f"This ended its worker {self.attempts} times, the last time after "
            f"{self.frames_done:,} of {self.frames_total:,} frames, and is not begun again. "
            "Ask the operator of the portal what ended the worker."
        )

    def overdue_error(self) -> str:
        """What a person reads of work that ran past its deadline."""
        hours = self.limits().longest / timedelta(hours=1)
        return f"This took longer than {hours:g} hours and was ended."

    def _fail(self, allowed: WorkQuerySet[Any], error: str) -> bool:
        return self._change(
            allowed, status=WorkStatus.FAILED, error=error, finished_at=timezone.now()
        )

    def _rows(self) -> WorkQuerySet[Any]:
        return type(self).objects.all()

    def _held(self, worker: uuid.UUID) -> WorkQuerySet[Any]:
        return self._rows().filter(status=WorkStatus.RUNNING, claimed_by=worker)

    def _change(self, allowed: WorkQuerySet[Any], **changes: Any) -> bool:
        changed = allowed.filter(pk=self.pk).update(**changes) == 1
        if changed:
            for name, value in changes.items():
                if hasattr(value, "resolve_expression"):
                    self.__dict__.pop(name, None)  # the database knows it: loaded when read
                else:
                    setattr(self, name, value)
        return changed


def kinds() -> list[type[Work]]:
    """All kinds of work of the installed apps."""
    return [model for model in apps.get_models() if issubclass(model, Work)]


def lock_person(user_id: int) -> None:
    """Let no other transaction past this line for the same person, until this one ends."""
    list(User.objects.select_for_update(no_key=True).filter(pk=user_id).values("pk"))
