"""Indexes of jobs as files, in the folder of annotations."""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings

from selector.annotation_index.job_index import JobIndex, decode, encode
from selector.bounded_folder import BoundedFolder

logger = logging.getLogger(__name__)


def exists(key: str) -> bool:
    """Whether there is an index of this key; notes that it is used."""
    path = _folder().path_of(key)
    _folder().note_use(path)
    return path.exists()


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


def save(key: str, index: JobIndex) -> None:
    with _folder().new_file(key) as path:
        path.write_bytes(encode(index))


def _folder() -> BoundedFolder:
    return BoundedFolder(
        Path(settings.ANNOTATIONS_DIR), suffix=".index", max_bytes=settings.ANNOTATIONS_MAX_BYTES
    )
