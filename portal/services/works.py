"""Background work: cancel."""

from __future__ import annotations

from portal.exceptions import Conflict
from portal.work.models import Work


def cancel(*, work: Work) -> None:
    """Give up work that waits or runs. Raises Conflict when it has ended."""
    if not work.cancel():
        work.refresh_from_db()
        status = work.Status(work.status).label
        raise Conflict(f"This {work._meta.verbose_name} is {status} and cannot be cancelled.")
