"""What is built from a selection: the row of an archive is its state machine."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models, transaction
from django.db.models import Q
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from selections.models.selection import Selection
from selector.models import Connection

if TYPE_CHECKING:
    AnyUser = User | AnonymousUser


class ArchiveQuerySet(models.QuerySet["Archive"]):
    def for_user(self, user: AnyUser) -> Self:
        """An archive belongs to who built it: CVAT judged that person's rights, no one else's."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(requested_by_id=user.pk, selection__deleted_at__isnull=True)

    def active(self) -> Self:
        return self.filter(status__in=Archive.ACTIVE)

    def claimable(self) -> Self:
        return self.filter(Q(status=Archive.Status.QUEUED) | _abandoned())

    def left_behind(self) -> Self:
        """Abandoned, or queued so long that the message may be lost; not handed out just now."""
        now = timezone.now()
        lost = Q(
            status=Archive.Status.QUEUED,
            enqueued_at__lt=now - timedelta(seconds=settings.ARCHIVE_REQUEUE_SECONDS),
        )
        handed_out = now - timedelta(seconds=settings.ARCHIVE_STALE_SECONDS)
        return self.filter(lost | _abandoned() & Q(enqueued_at__lt=handed_out))

    def may_continue(self) -> Self:
        """Those whose fetched pieces are kept: under way, or ended too badly and too lately."""
        since = timezone.now() - timedelta(hours=settings.SPOOL_HOURS)
        ended = Q(status__in=Archive.UNFINISHED, finished_at__gt=since)
        return self.filter(Q(status__in=Archive.ACTIVE) | ended)

    def expired(self) -> Self:
        return self.filter(status__in=Archive.WITH_FILE, expires_at__lte=timezone.now())


def _abandoned() -> Q:
    """Running, but the worker has been silent for too long. Told by the row itself, without a
    subquery: of two claims at once PostgreSQL asks the second one again about the row alone."""
    limit = timezone.now() - timedelta(seconds=settings.ARCHIVE_STALE_SECONDS)
    return Q(status=Archive.Status.RUNNING, heartbeat_at__lt=limit)


class Archive(models.Model):
    """One build of a ZIP from a selection; a new row per build, never reset.

    Only the methods below write `status`, each a conditional UPDATE that says whether it took:
    a second or a late worker can neither build twice nor revive what was given up.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "building"
        READY = "ready", "ready"
        INCOMPLETE = "incomplete", "incomplete"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"
        EXPIRED = "expired", "expired"

    ACTIVE: ClassVar = (Status.QUEUED, Status.RUNNING)
    WITH_FILE: ClassVar = (Status.READY, Status.INCOMPLETE)
    # Ended without all frames: a new try may take over what was fetched.
    UNFINISHED: ClassVar = (Status.FAILED, Status.INCOMPLETE)

    class Quality(models.TextChoices):
        ORIGINAL = "original", "original"
        COMPRESSED = "compressed", "compressed"

    class VideoFormat(models.TextChoices):
        PNG = "png", "PNG"
        JPEG = "jpeg", "JPEG"

    SMALLEST_PART: ClassVar = 10 * 2**20  # bytes

    selection = models.ForeignKey(Selection, on_delete=models.CASCADE, related_name="archives")
    requested_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="archives")
    # The asker's own, so that CVAT stays the judge of who may see the pictures.
    connection = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, blank=True, related_name="archives"
    )
    options = models.JSONField(default=dict, blank=True)
    # An earlier try, what it fetched is taken over: only what is missing is fetched.
    continues = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="continued_by"
    )
    status = models.CharField(
        max_length=12, choices=Status, default=Status.QUEUED, editable=False, db_index=True
    )
    # Which worker holds the claim: a worker that lost it finds another value here and stops.
    claimed_by = models.UUIDField(null=True, blank=True, editable=False)
    frames_total = models.IntegerField(default=0)
    frames_done = models.IntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    # The pace of late, as the worker measures it; 0 while it is not known.
    frames_per_second = models.FloatField(default=0)
    bytes_per_second = models.FloatField(default=0)
    # [{"task_id", "frame", "filename", "reason"}]: the frames that are not in the ZIP, and why.
    problems = models.JSONField(default=list, blank=True)
    size = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    # When it was last handed to the workers; a lost message is handed out again.
    enqueued_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = ArchiveQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["selection", "requested_by"],
                condition=Q(status__in=["queued", "running"]),
                name="one_active_archive_per_selection_and_user",
            )
        ]

    def __str__(self) -> str:
        return self.download_name

    def get_absolute_url(self) -> str:
        return reverse("selections:archive", args=[self.pk])

    @property
    def download_name(self) -> str:
        return f"{self.base_name}.zip"

    @property
    def base_name(self) -> str:
        return f"cvat_images_{timezone.localtime(self.created_at):%Y%m%d_%H%M%S}"

    @property
    def is_active(self) -> bool:
        return self.status in self.ACTIVE

    @property
    def has_file(self) -> bool:
        return self.status in self.WITH_FILE

    @property
    def quality(self) -> str:
        return str(self.options.get("quality", self.Quality.ORIGINAL))

    @property
    def percent(self) -> int:
        return 100 * self.frames_done // self.frames_total if self.frames_total else 0

    @property
    def seconds_left(self) -> int | None:
        """At the pace of late; None while there is none."""
        if self.status != self.Status.RUNNING or not self.frames_per_second:
            return None
        return round((self.frames_total - self.frames_done) / self.frames_per_second)

    # --- the state machine ---

    def claim(self, worker: uuid.UUID) -> bool:
        """queued -> running, or a build whose worker fell silent -> this worker."""
        now = timezone.now()
        return self._change(
            Archive.objects.claimable(),
            status=self.Status.RUNNING,
            claimed_by=worker,
            heartbeat_at=now,
            started_at=self.started_at or now,
        )

    def enqueued_again(self) -> bool:
        """Note that it is handed out once more; False if someone else just did."""
        return self._change(Archive.objects.left_behind(), enqueued_at=timezone.now())

    def heartbeat(self, worker: uuid.UUID, **progress: float) -> bool:
        """Progress and a sign of life. False: the claim is lost (cancelled, taken over), stop."""
        return self._change(self._held(worker), heartbeat_at=timezone.now(), **progress)

    def finish(
        self,
        worker: uuid.UUID,
        *,
        parts: list[ArchivePart],
        problems: list[dict[str, Any]],
        bytes_done: int,
    ) -> bool:
        """running -> ready, or incomplete when there are problems; takes the files over."""
        now = timezone.now()
        with transaction.atomic():
            took = self._change(
                self._held(worker),
                status=self.Status.INCOMPLETE if problems else self.Status.READY,
                size=sum(part.size for part in parts),
                problems=problems,
                frames_done=self.frames_total - len(problems),
                bytes_done=bytes_done,
                finished_at=now,
                expires_at=now + timedelta(days=settings.ARCHIVE_DAYS),
            )
            if took:
                ArchivePart.objects.bulk_create(parts)
        return took

    def fail(self, worker: uuid.UUID, error: str) -> bool:
        return self._change(
            self._held(worker),
            status=self.Status.FAILED,
            error=error,
            finished_at=timezone.now(),
        )

    def cancel(self) -> bool:
        return self._change(
            Archive.objects.active(),
            status=self.Status.CANCELLED,
            finished_at=timezone.now(),
        )

    def expire(self) -> bool:
        """Give up the files. The row stays, as the record of what was built."""
        with transaction.atomic():
            took = self._change(
                Archive.objects.filter(status__in=self.WITH_FILE), status=self.Status.EXPIRED
            )
            if took:
                self.parts.all().delete()
        return took

    def _held(self, worker: uuid.UUID) -> ArchiveQuerySet:
        return Archive.objects.filter(status=self.Status.RUNNING, claimed_by=worker)

    def _change(self, allowed: ArchiveQuerySet, **changes: Any) -> bool:
        took = allowed.filter(pk=self.pk).update(**changes) == 1
        if took:
            for name, value in changes.items():
                setattr(self, name, value)
        return took


class ArchivePart(models.Model):
    """A ZIP file of an archive: the only one, or one of several when a part size was chosen."""

    archive = models.ForeignKey(Archive, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()  # from 1
    file = models.FileField(max_length=300)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["archive", "number"], name="part_numbered_once")
        ]

    def __str__(self) -> str:
        return self.download_name

    @property
    def download_name(self) -> str:
        several = self.number > 1 or len(self.archive.parts.all()) > 1
        suffix = f"_part{self.number}" if several else ""
        return f"{self.archive.base_name}{suffix}.zip"


@receiver(post_delete, sender=ArchivePart)
def remove_file_of_deleted_part(sender: type[ArchivePart], instance: ArchivePart, **_: Any) -> None:
    # A signal and not Model.delete(): bulk deletes (the admin's) do not call the latter. On
    # commit, so that a deletion that is rolled back keeps its file.
    transaction.on_commit(lambda: instance.file.storage.delete(str(instance.file.name)))
