"""The spools of all archives."""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings

from selections.archives.spool import Spool
from selections.models import Archive

logger = logging.getLogger(__name__)


def spool_of(archive_id: int) -> Spool:
    return Spool(Path(settings.SPOOL_DIR) / str(archive_id))


def clear(archive_id: int) -> None:
    """Remove the spool, unless a later try or another worker can go on with what it holds."""
    spool = spool_of(archive_id)
    needed = Archive.objects.may_continue()
    if not any(spool.folder.glob("*")):
        needed = needed.active()
    if not needed.filter(pk=archive_id).exists():
        spool.remove()


def evict(length: int) -> bool:
    """Remove spools that wait for another try which nobody has asked for yet, the oldest first,
    until `length` bytes are freed. False, and none is removed, when all together have less."""
    active = Archive.objects.active()
    waiting = Archive.objects.may_continue().exclude(pk__in=active.values("pk"))
    waiting = waiting.exclude(continued_by__in=active).order_by("finished_at", "pk")
    spools = [spool_of(archive_id) for archive_id in waiting.values_list("pk", flat=True)]
    sizes = [spool.size() for spool in spools]
    if sum(sizes) < length:
        return False
    for spool, size in zip(spools, sizes, strict=True):
        if length > 0 and size:
            logger.warning(
                "the disk is short: what archive %s fetched is removed", spool.folder.name
            )
            spool.remove()
            length -= size
    return True
