"""What is built from a selection: the row of an archive is its state machine."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Greatest, Now
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from selections.models.archive_queries import (
    ACTIVE,
    UNFINISHED,
    WITH_FILE,
    ArchiveQuerySet,
    ArchiveStatus,
    abandoned,
    advanced,
    lock_person,
    overdue,
)
from selections.models.selection import Selection
from selections.problems import grouped
from selector.models import Connection

if TYPE_CHECKING:
    from selections.models.archive_files import ArchivePart


class Archive(models.Model):
    """One build of a ZIP from a selection; a new row per build, never reset.

    Only the methods below write `status`, each a conditional UPDATE that returns whether it
    changed the row: a second or a late worker can neither build twice nor revive what has ended.
    """

    Status = ArchiveStatus
    ACTIVE: ClassVar = ACTIVE
    WITH_FILE: ClassVar = WITH_FILE
    UNFINISHED: ClassVar = UNFINISHED

    class Quality(models.TextChoices):
        ORIGINAL = "original", "original"
        COMPRESSED = "compressed", "compressed"

    class VideoFormat(models.TextChoices):
        PNG = "png", "PNG"
        JPEG = "jpeg", "JPEG"

    class DeletedFrames(models.TextChoices):
        """What to do with frames deleted in CVAT after the selection was saved."""

        DELIVER = "deliver", "Deliver them, marked in the manifest"
        LEAVE_OUT = "leave_out", "Leave them out"

    SMALLEST_PART: ClassVar = 10 * 2**20  # bytes
    FEWEST_FILES: ClassVar = 100  # of a part, its manifest included

    PROBLEMS_IN_ROW: ClassVar = 200  # the manifest has all

    # Null once the selection is deleted for good: the archive stays with its requester.
    selection = models.ForeignKey(
        Selection, on_delete=models.SET_NULL, null=True, related_name="archives"
    )
    # As it was called when the archive was asked for. Its present name may be no business of the
    # requester any more.
    selection_name = models.CharField(max_length=200, blank=True)
    # Name of the file without its ending, see archives.naming; blank in rows of older releases.
    file_stem = models.CharField(max_length=200, blank=True, editable=False)
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
    # How often the build was begun without getting further than before; see claim().
    attempts = models.PositiveIntegerField(default=0, editable=False)
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The most frames that any attempt before the present one had in the ZIP.
    frames_reached = models.IntegerField(default=0, editable=False)
    # Set by the first claim: a build that runs longer is ended as failed.
    deadline_at = models.DateTimeField(null=True, blank=True, editable=False)
    frames_total = models.IntegerField(default=0)
    frames_done = models.IntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    # The recent pace, as the worker measures it; 0 while it is not known.
    frames_per_second = models.FloatField(default=0)
    bytes_per_second = models.FloatField(default=0)
    # What the build waited for at the last heartbeat, in words; see waiting_for.
    progress_note = models.CharField(max_length=200, blank=True, editable=False)
    # The first PROBLEMS_IN_ROW frames that are not in the ZIP, and why:
    # [{"task_id", "job_id", "frame", "filename", "reason"}].
    problems = models.JSONField(default=list, blank=True)
    problems_count = models.IntegerField(default=0)
    # All of them by reason, see selections.problems: [{"reason", "count", "frames"}].
    problem_groups = models.JSONField(default=list, blank=True)
    # What the receiver should know of the files in the ZIP, see selections.remarks.
    remarks = models.JSONField(default=dict, blank=True)
    size = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    # When it was last handed to the workers; without an effect, it is handed out again. Null: not
    # handed out, the person's other builds go first.
    enqueued_at = models.DateTimeField(default=timezone.now, null=True, editable=False)
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
        return self.file_stem or self.stored_name

    @property
    def stored_name(self) -> str:
        """Readable part of the file's name in the storage."""
        # In the zone of the portal: a name must not depend on who looks.
        created = timezone.localtime(self.created_at, timezone.get_default_timezone())
        return f"cvat_images_{created:%Y%m%d_%H%M%S}"

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

    @property
    def waiting_for(self) -> str:
        """What a build waits for, as a sentence; "" when there is nothing to say."""
        return self.progress_note if self.status == self.Status.RUNNING else ""

    # --- the state machine ---

    def claim(self, worker: uuid.UUID) -> bool:
        """queued -> running, or a build whose worker fell silent -> this worker. Not while
        ARCHIVE_RUNNING_PER_PERSON others of the person run.

        Counts the attempt. Counting begins again after an attempt that lasted for LONG_ATTEMPT and
        got further than those before: a long build may meet many restarts of the portal, but one
        that dies at the same frame each time must end.
        """
        longest = timedelta(hours=settings.ARCHIVE_MAX_HOURS)
        with transaction.atomic():
            lock_person(self.requested_by_id)
            running = Archive.objects.filter(requested_by=self.requested_by_id).exclude(pk=self.pk)
            # Without those whose worker is gone: side by side they would keep each other waiting.
            running = running.filter(status=self.Status.RUNNING).exclude(abandoned())
            if running.count() >= settings.ARCHIVE_RUNNING_PER_PERSON:
                return False
            return self._change(
                Archive.objects.claimable(),
                status=self.Status.RUNNING,
                claimed_by=worker,
                attempts=Case(When(advanced(), then=Value(1)), default=F("attempts") + 1),
                claimed_at=Now(),
                frames_reached=Greatest("frames_reached", "frames_done"),
                heartbeat_at=Now(),
                started_at=Coalesce("started_at", Now()),
                deadline_at=Coalesce("deadline_at", Now() + longest),
            )

    def hand_out_again(self) -> bool:
        """Note that the archive is handed out once more; False if someone else just did."""
        return self._change(Archive.objects.to_hand_out(), enqueued_at=timezone.now())

    def heartbeat(self, worker: uuid.UUID, **progress: float | str) -> bool:
        """Write progress and the time of the write, which may have waited for a lock.

        False: the claim is lost (cancelled, taken over) or the deadline is over; stop.
        """
        held = self._held(worker).exclude(overdue())
        return self._change(held, heartbeat_at=Now(), **progress)

    def finish(
        self,
        worker: uuid.UUID,
        *,
        parts: list[ArchivePart],
        problems: list[dict[str, Any]],
        bytes_done: int,
        left_out: int = 0,
        remarks: dict[str, Any] | None = None,
    ) -> bool:
        """running -> ready, or incomplete when there are problems; takes the files over.

        `left_out` is the number of frames that the requester wished to be left out.
        """
        now = timezone.now()
        with transaction.atomic():
            took = self._change(
                self._held(worker),
                status=self.Status.INCOMPLETE if problems else self.Status.READY,
                size=sum(part.size for part in parts),
                problems=problems[: self.PROBLEMS_IN_ROW],
                problems_count=len(problems),
                problem_groups=grouped(problems),
                remarks=remarks or {},
                frames_done=self.frames_total - len(problems) - left_out,
                bytes_done=bytes_done,
                finished_at=now,
                expires_at=now + timedelta(days=settings.ARCHIVE_DAYS),
            )
            if took:
                self.parts.bulk_create(parts)
                self.unlinked_files.filter(name__in=[part.file.name for part in parts]).delete()
        return took

    def fail(self, worker: uuid.UUID, error: str) -> bool:
        return self._change(
            self._held(worker),
            status=self.Status.FAILED,
            error=error,
            finished_at=timezone.now(),
        )

    def fail_exhausted(self) -> bool:
        """Abandoned for the last time that is allowed -> failed."""
        return self._change(
            Archive.objects.exhausted(),
            status=self.Status.FAILED,
            error=(
                f"The build ended its worker {self.attempts} times, the last time after "
                f"{self.frames_done:,} of {self.frames_total:,} frames, and is not begun again. "
                "A picture or a film may need more memory than there is. What was fetched is kept "
                f"for {settings.SPOOL_HOURS} hours: try again to go on with it, try fewer frames, "
                "or ask the operator of the portal what ended the worker."
            ),
            finished_at=timezone.now(),
        )

    def fail_overdue(self) -> bool:
        """Running past its deadline -> failed, whether or not its worker lives."""
        return self._change(
            Archive.objects.overdue(),
            status=self.Status.FAILED,
            error=(
                f"The build took longer than {settings.ARCHIVE_MAX_HOURS} hours and was ended. "
                f"What was fetched is kept for {settings.SPOOL_HOURS} hours: try again to go on "
                "with it, or build fewer frames at a time."
            ),
            finished_at=timezone.now(),
        )

    def cancel(self) -> bool:
        return self._change(
            Archive.objects.active(),
            status=self.Status.CANCELLED,
            finished_at=timezone.now(),
        )

    def expire(self) -> bool:
        """Delete the files. The row stays, as the record of what was built."""
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
                if hasattr(value, "resolve_expression"):
                    self.__dict__.pop(name, None)  # the database knows it: loaded when read
                else:
                    setattr(self, name, value)
        return took


@receiver(pre_delete, sender=Selection)
def delete_archives_of_owner(sender: type[Selection], instance: Selection, **_: Any) -> None:
    # The owner's archives go with the selection, other people's stay: whichever way it is deleted.
    instance.archives.filter(requested_by_id=instance.owner_id).delete()
