"""Packs on disk, in the folder THUMBNAILS_DIR of a limited size."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from selector.bounded_folder import BoundedFolder
from selector.thumbnails.packs import DamagedPack, read_header

logger = logging.getLogger(__name__)


def folder() -> BoundedFolder:
    return BoundedFolder(
        Path(settings.THUMBNAILS_DIR), suffix=".pack", max_bytes=settings.THUMBNAILS_MAX_BYTES
    )


def find(key: str) -> BinaryIO | None:
    """The pack, open at its beginning, or None. A damaged one (a full disk, a lost machine) is
    removed."""
    path = folder().path_of(key)
    try:
        pack = path.open("rb")
    except FileNotFoundError:
        return None
    try:
        read_header(pack)
    except DamagedPack:
        logger.warning("the pack %s is damaged: it is made anew", path.name)
        pack.close()
        folder().remove(key)
        return None
    folder().note_use(path)
    pack.seek(0)
    return pack


def save(key: str, content: bytes) -> BinaryIO:
    """Store a pack and open it at its beginning."""
    with folder().new_file(key) as path:
        path.write_bytes(content)
        return path.open("rb")
