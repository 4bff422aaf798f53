"""Packs, and the likeness and descriptors of their pictures, in the folder THUMBNAILS_DIR of a
limited size."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from selector.bounded_folder import BoundedFolder
from selector.thumbnails import descriptors
from selector.thumbnails.likeness import VERSION, Likeness, decode, encode
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


def find_likeness(key: str) -> dict[int, Likeness] | None:
    """The likeness of the frames of a chunk that have a thumbnail, by frame; None if it is not
    known."""
    path = _likeness_folder().path_of(_likeness_key(key))
    try:
        content = path.read_bytes()
        likenesses = decode(content)
    except FileNotFoundError:
        return None
    except ValueError:
        logger.warning("%s is damaged: it is made anew", path.name)
        return None
    _likeness_folder().note_use(path)
    return likenesses


def save_likeness(key: str, likenesses: Mapping[int, Likeness]) -> None:
    with _likeness_folder().new_file(_likeness_key(key)) as path:
        path.write_bytes(encode(likenesses))


def find_descriptors(key: str, model: str) -> dict[int, bytes] | None:
    """The descriptors of the frames of a chunk by the model with this key; None if not known."""
    path = _descriptor_folder().path_of(f"{key}.{model}")
    try:
        described = descriptors.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        logger.warning("%s is damaged: it is made anew", path.name)
        return None
    _descriptor_folder().note_use(path)
    return described


def save_descriptors(key: str, model: str, described: Mapping[int, bytes]) -> None:
    with _descriptor_folder().new_file(f"{key}.{model}") as path:
        path.write_bytes(descriptors.encode(described))


def _descriptor_folder() -> BoundedFolder:
    return replace(folder(), suffix=".descriptors")


def _likeness_key(key: str) -> str:
    """Beside the pack. Another one when the way to compute it has changed."""
    return f"{key}.{VERSION}"


def _likeness_folder() -> BoundedFolder:
    return replace(folder(), suffix=".likeness")
