"""Files that a person uploads to the portal to make something of them in CVAT."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import F
from django.utils import timezone

from portal.work.values import ACTIVE, WorkStatus
from publishing.stored_files import StoredFile, StoredFiles

if TYPE_CHECKING:
    AnyUser = User | AnonymousUser


class UploadQuerySet(models.QuerySet["Upload"]):
    def for_user(self, user: AnyUser) -> Self:
        """Uploads of the user's own."""
        return self.filter(owner_id=user.pk) if user.is_authenticated else self.none()

    def for_list(self) -> Self:
        """Without the lists of their files."""
        return self.defer("files")

    def whole(self) -> Self:
        """Those whose bytes are all here."""
        return self.filter(received=F("size"))

    def expired(self) -> Self:
        return self.filter(expires_at__lte=timezone.now())

    def unused(self) -> Self:
        """Those that nothing is being made of."""
        return self.exclude(publications__status__in=ACTIVE)

    def used(self) -> Self:
        """Those that something was made of, or was to be made until it was cancelled, and nothing
        is being made of."""
        ended = [WorkStatus.READY, WorkStatus.CANCELLED]
        return self.unused().filter(publications__status__in=ended)


class Upload(models.Model):
    """Files on their way to the portal, or there: one ZIP, or the files of a folder.

    Their bytes stand one after the other, in the order of `files`, in one file on disk. So an
    upload, of however many files, goes on at one place: after `received` bytes.
    """

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200)
    # [[path, bytes], ...]
    files = models.JSONField(default=list, editable=False)
    files_count = models.IntegerField()
    size = models.BigIntegerField("bytes")
    received = models.BigIntegerField("bytes received", default=0)
    # SHA-256 of the list of files as it was given. The same list again is the same upload.
    fingerprint = models.CharField(max_length=64, editable=False)
    # In UPLOADS_DIR.
    file_name = models.CharField(max_length=40, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # Later with each piece: then the portal removes it, whole or not.
    expires_at = models.DateTimeField()

    objects: ClassVar = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "fingerprint"], name="one_upload_of_files")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_whole(self) -> bool:
        """Whether all bytes are here."""
        return self.received == self.size

    @property
    def is_zip(self) -> bool:
        """Whether it is one ZIP, whose members are the files that count."""
        return self.files_count == 1 and str(self.files[0][0]).lower().endswith(".zip")

    @property
    def path(self) -> Path:
        """Of the file on disk."""
        return Path(settings.UPLOADS_DIR) / self.file_name

    @property
    def stored(self) -> StoredFiles:
        """Its files, in the order of their bytes."""
        starts = itertools.accumulate((size for _, size in self.files), initial=0)
        files = zip(self.files, starts, strict=False)
        listed = tuple(StoredFile(path, size, start) for (path, size), start in files)
        return StoredFiles(self.path, listed, self.is_zip)
