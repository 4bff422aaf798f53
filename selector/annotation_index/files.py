"""Indexes of jobs as files, in the folder of annotations. All raise FolderUnusable."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from selector.annotation_files import explain_disk_errors
from selector.annotation_index.job_index import JobIndex, decode, encode
from selector.bounded_folder import BoundedFolder

logger = logging.getLogger(__name__)


@explain_disk_errors()
def stored(keys: Iterable[str]) -> tuple[str, ...]:
    """Those keys of which there is an index; notes that these are used."""
    folder = _folder()
    return tuple(key for key in keys if folder.note_use(folder.path_of(key)))


@explain_disk_errors()
def find(key: str) -> JobIndex | None:
    """The index, or None if there is none. A damaged one is removed, so that it is read anew."""
    try:
        return decode(_folder().path_of(key).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        logger.warning("the index %s is damaged: the annotations are read anew", key)
        _folder().remove(key)
        return None


@explain_disk_errors()
def save(key: str, index: JobIndex) -> None:
    with _folder().new_file(key) as path:
        path.write_bytes(encode(index))


def _folder() -> BoundedFolder:
    return BoundedFolder(
        Path(settings.ANNOTATIONS_DIR), suffix=".index", max_bytes=settings.ANNOTATIONS_MAX_BYTES
    )
