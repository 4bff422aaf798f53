"""What is built from a selection: one kind of background work."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from portal.work.models import Work
from portal.work.values import ResultFiles, status_field
from selections.models.archive_options import ArchiveOptions
from selections.models.archive_queries import (
    UNFINISHED,
    WITH_FILE,
    ArchiveQuerySet,
    ArchiveStatus,
)
from selections.models.selected import FIRST_REVISION
from selections.models.selection import Selection

if TYPE_CHECKING:
    from selections.models.archive_files import ArchivePart


class Archive(Work):
    """One build of a ZIP from a selection; a new row per build, never reset."""

    task = "selections.tasks.build_archive"
    list_page = "selections:archives"

    Status = ArchiveStatus
    WITH_FILE: ClassVar = WITH_FILE
    UNFINISHED: ClassVar = UNFINISHED

    # Null once the selection is deleted for good: the archive stays with its requester.
    selection = models.ForeignKey(
        Selection, on_delete=models.SET_NULL, null=True, related_name="archives"
    )
    # As it was called when the archive was asked for. Its present name may be no business of the
    # requester any more.
    selection_name = models.CharField(max_length=200, blank=True)
    # Name of the file without its ending, see archives.naming; blank in rows of older releases.
    file_stem = models.CharField(max_length=200, blank=True, editable=False)
    # Of the frames of the selection, when the archive was asked for.
    revision = models.PositiveIntegerField(default=FIRST_REVISION, editable=False)
    # As ArchiveOptions.to_json() writes them; see get_options().
    options = models.JSONField(default=dict, blank=True)
    # An earlier try, what it fetched is taken over: only what is missing is fetched.
    continues = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="continued_by"
    )
    status = status_field(ArchiveStatus)
    # What the receiver should know of the files in the ZIP, see selections/archives/remarks.py.
    remarks = models.JSONField(default=dict, blank=True)
    size = models.BigIntegerField(default=0)
    # How often its files were begun: by each worker, and again after access was renewed. Their
    # bytes may differ each time.
    files_begun = models.PositiveIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = ArchiveQuerySet.as_manager()

    class Meta(Work.Meta):
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
    def title(self) -> str:
        return self.selection_name

    @property
    def files(self) -> ResultFiles:
        parts = self.parts.all()
        is_one = self.status == ArchiveStatus.READY and len(parts) == 1
        path = reverse("api-archive-download", args=[self.pk]) if is_one else ""
        return ResultFiles(count=len(parts), bytes=self.size, path=path)

    @property
    def has_file(self) -> bool:
        return self.status in self.WITH_FILE

    def get_options(self) -> ArchiveOptions:
        return ArchiveOptions.from_json(self.options)

    @property
    def quality(self) -> str:
        return self.get_options().quality

    def begin_files(self, worker: uuid.UUID) -> bool:
        """Count that the worker begins the files. False if it has lost its claim."""
        return self._change(self._held(worker), files_begun=F("files_begun") + 1)

    def finish(
        self,
        worker: uuid.UUID,
        *,
        problems: Sequence[dict[str, Any]] = (),
        left_out: int = 0,
        parts: Sequence[ArchivePart] = (),
        **result: Any,
    ) -> bool:
        """running -> ready, or incomplete when there are problems; takes the files over."""
        now = timezone.now()
        result |= {
            "size": sum(part.size for part in parts),
            "finished_at": now,
            "expires_at": now + timedelta(days=settings.ARCHIVE_DAYS),
        }
        with transaction.atomic():
            finished = super().finish(worker, problems=problems, left_out=left_out, **result)
            if finished:
                self.parts.bulk_create(parts)
                self.unlinked_files.filter(name__in=[part.file.name for part in parts]).delete()
        return finished

    def expire(self) -> bool:
        """Delete the files. The row stays, as the record of what was built."""
        with transaction.atomic():
            expired = self._change(Archive.objects.with_file(), status=ArchiveStatus.EXPIRED)
            if expired:
                self.parts.all().delete()
        return expired

    def exhausted_error(self) -> str:
        return (
            f"The build ended its worker {self.attempts} times, the last time after "
            f"{self.frames_done:,} of {self.frames_total:,} frames, and is not begun again. "
            "A picture or a film may need more memory than there is. What was fetched is kept "
            f"for {settings.SPOOL_HOURS} hours: try again to go on with it, try fewer frames, "
            "or ask the operator of the portal what ended the worker."
        )

    def overdue_error(self) -> str:
        return (
            f"The build took longer than {settings.ARCHIVE_MAX_HOURS} hours and was ended. "
            f"What was fetched is kept for {settings.SPOOL_HOURS} hours: try again to go on "
            "with it, or build fewer frames at a time."
        )


@receiver(pre_delete, sender=Selection)
def delete_archives_of_owner(sender: type[Selection], instance: Selection, **_: Any) -> None:
    # The owner's archives go with the selection, other people's stay: whichever way it is deleted.
    instance.archives.filter(requested_by_id=instance.owner_id).delete()
