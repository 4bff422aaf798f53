"""The folders in which workers keep what they fetch and pack for publications."""

from __future__ import annotations

import json
import logging
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from portal.work.exceptions import WorkFailed
from portal.work.heartbeat import Heartbeat
from publishing.models import Publication
from selections.archives.building import why_not_written
from selections.archives.entries import Line
from selections.archives.naming import manifest_name
from selections.archives.spool import BUILD_PREFIX, Spool

logger = logging.getLogger(__name__)

PACKED = "packed.zip"
FOLDER = "publication-"  # in front of the id, in SPOOL_DIR


def spool_of(publication_id: int) -> Spool:
    return Spool(Path(settings.SPOOL_DIR) / f"{FOLDER}{publication_id}")


def unfinished_path(spool: Spool, heartbeat: Heartbeat) -> Path:
    """Where a worker writes a file that it renames once it is whole."""
    return spool.folder / f"{BUILD_PREFIX}{heartbeat.worker}-{uuid.uuid4().hex}"


def packed_lines(packed: Path) -> list[Line]:
    """The lines of the manifest in a packed ZIP: one for each picture, in order."""
    with zipfile.ZipFile(packed) as file:
        lines: list[Line] = json.loads(file.read(manifest_name(None)))["frames"]
    return lines


@contextmanager
def disk_errors_explained(publication: Publication) -> Iterator[None]:
    """Raises WorkFailed in place of OSError, such as that of a full disk."""
    try:
        yield
    except OSError as error:
        logger.exception("publication %s could not be packed", publication.pk)
        raise WorkFailed(why_not_written(error)) from error


def clear(publication_id: int) -> None:
    """Remove what was fetched, once nobody goes on with it."""
    if not Publication.objects.active().filter(pk=publication_id).exists():
        spool_of(publication_id).remove()


def clear_debris() -> None:
    """Remove what was fetched for publications that have ended without a worker."""
    folder = Path(settings.SPOOL_DIR)
    for path in folder.glob(f"{FOLDER}*"):
        number = path.name.removeprefix(FOLDER).partition(".")[0]
        if number.isdecimal():
            clear(int(number))
