"""The files of an archive in the storage."""

from __future__ import annotations

from typing import Any, Self

from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from selections.models.archive import Archive


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


class UnlinkedFileQuerySet(models.QuerySet["UnlinkedFile"]):
    def orphans(self) -> Self:
        """Files that no build is about to record any more."""
        return self.exclude(archive__status__in=Archive.ACTIVE)


class UnlinkedFile(models.Model):
    """The name of a file in the storage that no ArchivePart points at: a build is about to store
    it, or it is about to be deleted.

    The row is written before the file and deleted after it. So housekeeping finds the files that a
    killed worker or a failing storage leaves behind by these rows; it neither lists the storage
    nor touches what another installation has stored there.
    """

    # The build that stores the file; null for a file to be deleted.
    archive = models.ForeignKey(
        Archive, on_delete=models.SET_NULL, null=True, related_name="unlinked_files"
    )
    name = models.CharField(max_length=300, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UnlinkedFileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def remove(self) -> None:
        """Delete the file, which need not exist, and then the row."""
        ArchivePart._meta.get_field("file").storage.delete(self.name)
        self.delete()


@receiver(post_delete, sender=ArchivePart)
def remove_file_of_deleted_part(sender: type[ArchivePart], instance: ArchivePart, **_: Any) -> None:
    # A signal and not Model.delete(): bulk deletes (the admin's) do not call the latter. On
    # commit, so that a deletion that is rolled back keeps its file; robust, because a storage that
    # fails is tried again by housekeeping.
    file, _created = UnlinkedFile.objects.get_or_create(name=str(instance.file.name))
    transaction.on_commit(file.remove, robust=True)
