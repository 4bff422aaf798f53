"""Puts the finished ZIP files of an archive into the storage."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.core.files import File

from portal.housekeeping import for_each
from selections.archives.part_file import WrittenPart
from selections.models import Archive, ArchivePart, UnlinkedFile


@contextmanager
def stored(
    archive: Archive, worker: uuid.UUID, parts: Sequence[WrittenPart]
) -> Iterator[list[ArchivePart]]:
    """The parts as rows that are not saved yet, with their files in the storage. The files are
    deleted when the with-block raises, and by housekeeping when this process dies."""
    storage = ArchivePart._meta.get_field("file").storage
    rows: list[ArchivePart] = []
    begun: list[UnlinkedFile] = []
    try:
        for number, part in enumerate(parts, start=1):
            # A unique name: a worker that lost its claim may be storing the same part.
            name = f"{archive.pk}_{archive.stored_name}_{worker.hex}_{number}.zip"
            begun.append(archive.unlinked_files.create(name=name))
            with _MovableFile(part.path) as file:
                storage.save(name, file)
            part.path.unlink(missing_ok=True)  # a storage that is no local folder copies
            row = ArchivePart(archive=archive, number=number, file=name)
            row.size, row.sha256 = part.size, part.sha256
            rows.append(row)
        yield rows
    except Exception:
        for_each(begun, UnlinkedFile.remove)
        raise


class _MovableFile(File):  # type: ignore[type-arg]
    """A file that a local storage may move into place instead of copying it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), name=path.name)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)
