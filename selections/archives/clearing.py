"""Deletion of archives past their time, and of what builds left on disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from portal.housekeeping import for_each
from selections.models import Archive, UnlinkedFile

SPOOLS_AT_ONCE = 500


def expire() -> None:
    """Delete the files of archives past their time."""
    for_each(Archive.objects.expired(), Archive.expire)


def clear_debris() -> None:
    """Delete spools that no build will take over any more, and files in the storage that a killed
    worker or a failed deletion left behind."""
    for spool in _unneeded_spools():
        shutil.rmtree(spool, ignore_errors=True)
    for_each(UnlinkedFile.objects.orphans(), UnlinkedFile.remove)


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
