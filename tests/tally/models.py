from __future__ import annotations

from portal.work.models import Work


class Tally(Work):
    """Counts its frames."""

    task = "tests.tally.tasks.count"

    def __str__(self) -> str:
        return f"Tally of {self.frames_total}"

    def get_absolute_url(self) -> str:
        return f"/tallies/{self.pk}"
