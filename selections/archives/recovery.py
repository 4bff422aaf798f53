"""What happens to archives without a person asking: recovery, expiry, and clearing of debris."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction

from portal.housekeeping import for_each, logger
from selections.models import Archive, UnlinkedFile

SPOOLS_AT_ONCE = 500
SECOND_LOOK = 0.3  # seconds


def recover(*, hand_out: Callable[[int], object]) -> None:
    """Hand out abandoned builds and lost messages again. Fail the builds that have ended their
    worker too often, and those past their deadline."""
    if _seconds_for_a_write() > settings.ARCHIVE_HEARTBEAT_SECONDS:
        # Whoever held the database has held up the heartbeats too: the silence proves nothing.
        logger.warning("recovery: the database was locked, builds are looked at the next time")
        return
    for_each(Archive.objects.overdue(), Archive.fail_overdue)
    silent = list(Archive.objects.abandoned())
    if silent:
        time.sleep(SECOND_LOOK)  # the lock may just have been released, the heartbeats come now

    def again(archive: Archive) -> None:
        if not archive.fail_exhausted() and archive.hand_out_again():
            hand_out(archive.pk)

    for_each(silent, again)
    for_each(list(Archive.objects.to_hand_out().startable()), again)


def hand_out_next(*, hand_out: Callable[[int], object]) -> None:
    """Hand out the archive whose turn it is among those that are not handed out: the end of a build
    may have made room for it."""
    archive = Archive.objects.in_turn().filter(enqueued_at__isnull=True).first()
    if archive is not None and archive.hand_out_again():
        hand_out(archive.pk)


def expire() -> None:
    """Delete the files of archives past their time."""
    for_each(Archive.objects.expired(), Archive.expire)


def clear_debris() -> None:
    """Delete spools that no build will take over any more, and files in the storage that a killed
    worker or a failed deletion left behind."""
    for spool in _unneeded_spools():
        shutil.rmtree(spool, ignore_errors=True)
    for_each(UnlinkedFile.objects.orphans(), UnlinkedFile.remove)


def _seconds_for_a_write() -> float:
    begun = time.monotonic()
    with transaction.atomic():  # begins with the lock for writing on SQLite
        pass
    return time.monotonic() - begun


def _unneeded_spools() -> Iterator[Path]:
    """A few queries, however many spools there are."""
    folder = Path(settings.SPOOL_DIR)
    spools = list(folder.iterdir()) if folder.is_dir() else []
    numbers = {each: each.name.partition(".")[0] for each in spools}
    ours = [each for each in spools if numbers[each].isdecimal()]
    for start in range(0, len(ours), SPOOLS_AT_ONCE):
        batch = ours[start : start + SPOOLS_AT_ONCE]
        wanted = {int(numbers[each]) for each in batch}
        needed = set(
            Archive.objects.may_continue().filter(pk__in=wanted).values_list("pk", flat=True)
        )
        for spool in batch:
            is_being_removed = "." in spool.name
            if is_being_removed or int(numbers[spool]) not in needed:
                yield spool
