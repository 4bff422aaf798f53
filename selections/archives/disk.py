"""Checks that the disk has room for a build, before and while it runs. On a short disk, spools that
wait for another try are removed."""

from __future__ import annotations

import shutil

from django.conf import settings
from django.db.models import F, Sum

from portal.sizes import size_in_words
from portal.work.exceptions import WorkFailed
from selections.archives.spools import evict
from selections.models import Selection

# Photographs as JPEG take about a quarter byte per pixel. A low estimate is corrected as the build
# goes on.
BYTES_PER_PIXEL = 0.1
SPARE = 64 * 2**20  # bytes that stay free at least, for all other programs
CHECK_EVERY = 50  # frames
CHECK_BYTES = SPARE // 2


class Full(WorkFailed):
    """There is not enough room."""


class Guard:
    """What is in the ZIP of a build is removed from its spool: little is on disk twice.

    `spooled` is how many bytes the spool has for the ZIP from an earlier try, `allowance` how many
    bytes the archive may have beside the other archives of the person; None without a limit.
    """

    def __init__(self, *, frames_total: int, spooled: int, allowance: int | None = None) -> None:
        self._total = frames_total
        self._spooled = spooled
        self._allowance = allowance
        self._unchecked = 0  # bytes written since the last check of the disk

    def check_before(self, selection: Selection) -> None:
        """Check for an estimate from the sizes of the pictures. Raises Full."""
        pixels = selection.frames.aggregate(n=Sum(F("width") * F("height")))["n"] or 0
        self._require(int(pixels * BYTES_PER_PIXEL) - self._spooled)

    def check(self, *, frames: int, written: int) -> None:
        """Check for the frames to come, estimated from the frames so far. Raises Full."""
        if self._allowance is not None and written > self._allowance:
            raise Full(
                "With this archive, your archives would take more than the "
                f"{size_in_words(settings.ARCHIVE_BYTES_PER_PERSON)} that each person may keep "
                "here. Delete some that you no longer need under Archives, then try again: what "
                "was fetched is kept for the next try. Or build fewer frames."
            )
        if frames % CHECK_EVERY == 0:
            still_spooled = max(self._spooled - written, 0)
            self._require(written // frames * (self._total - frames) - still_spooled)

    def check_size(self, size: int) -> None:
        """Check before a picture of `size` bytes is written: a few frames may be large. Raises
        Full."""
        self._unchecked += size
        if self._unchecked > CHECK_BYTES:
            self._unchecked = 0
            self._require(size)

    def _require(self, needed: int) -> None:
        free = _free()
        if needed > free and evict(needed - free):
            free = _free()
        if needed > free:
            raise Full(
                f"The disk of the portal will not hold this archive: about {size_in_words(needed)} "
                f"are needed while it is built, {size_in_words(max(free, 0))} are free. Choose "
                "fewer frames, or ask the operator of the portal for room."
            )


def _free() -> int:
    disk = shutil.disk_usage(settings.SPOOL_DIR)
    # On a small disk the reserve is at most a tenth of it.
    return int(disk.free - max(SPARE, min(settings.DISK_RESERVE_BYTES, disk.total // 10)))
