"""The descriptors of the pictures of a task, by the model that the operator names.

They are computed by workers, from thumbnails that are there, and stored beside these. Where no
model is named or it cannot be used, the colours of the thumbnails serve (likeness).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

from django.conf import settings

from cvat.client import CvatClient
from cvat.exceptions import CvatBroken, CvatRejected
from cvat.types import Frame, FrameCatalog, Place
from selector.models import Connection
from selector.services.likeness import PictureFacts, read_facts, read_likeness
from selector.services.thumbnails import Chunk, open_pack
from selector.thumbnails import packs, store
from selector.thumbnails.descriptors import Model, ModelError, load_model

logger = logging.getLogger(__name__)


def model() -> Model | None:
    """The model to describe pictures by; None without one. The system checks tell of one that
    cannot be used."""
    if settings.DESCRIPTOR_MODEL is None:
        return None
    try:
        return load_model(settings.DESCRIPTOR_MODEL)
    except ModelError as error:
        logger.warning("pictures are described by their colours: %s", error)
        return None


def read_descriptors(
    *,
    connection: Connection,
    catalogs: Iterable[FrameCatalog],
    job_id: int | None,
    frames: Sequence[Frame],
) -> dict[Place, bytes]:
    """The descriptors of those of the frames that have a picture: bytes of one length, of which
    similar pictures have similar ones. Arguments and errors as of read_likeness()."""
    used = model()
    if used is None:
        likenesses = read_likeness(
            connection=connection, catalogs=catalogs, job_id=job_id, frames=frames
        )
        return {place: each.colours for place, each in likenesses.items()}
    by_model = PictureFacts(
        find=lambda key: store.find_descriptors(key, used.key),
        read=lambda chunk: chunk_descriptors(chunk, used),
        stored=lambda chunk: _of_stored(chunk, used),
        at_once=0,  # a request would wait for the model
    )
    return read_facts(by_model, connection, catalogs, job_id, frames)


def chunk_descriptors(
    chunk: Chunk, used: Model, client: CvatClient | None = None
) -> Mapping[int, bytes]:
    """The descriptors of the frames of a chunk that have a thumbnail, by frame; empty if CVAT
    cannot read its pictures. Stored if they will not change. Raises Busy, other CvatErrors."""
    stored = store.find_descriptors(chunk.key, used.key)
    if stored is not None:
        return stored
    try:
        pack = open_pack(chunk, client)
    except (CvatBroken, CvatRejected):
        return {}
    with pack.file:
        described = {frame: used.describe(each) for frame, each in packs.thumbnails(pack.file)}
    if pack.is_complete:
        store.save_descriptors(chunk.key, used.key, described)
    return described


def _of_stored(chunk: Chunk, used: Model) -> Mapping[int, bytes]:
    """Of the frames whose thumbnails are stored. CVAT is not asked for the others."""
    file = store.find(chunk.key)
    if file is None:
        return {}
    with file:
        return {frame: used.describe(each) for frame, each in packs.thumbnails(file)}
