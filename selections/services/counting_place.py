"""A place among the threads for slow work, for whoever counts the frames of large selections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User

from portal.exceptions import Busy
from portal.thread_share import slow_work, slow_work_limits


@contextmanager
def counting_place(user: User) -> Iterator[None]:
    """Hold one of the threads for slow work, and of the same person no other that counts: a hundred
    thousand frames take seconds. Raises Busy."""
    limits = slow_work_limits() | {f"counts of person {user.pk}": 1}
    with slow_work.place(limits) as has_place:
        if not has_place:
            raise Busy(
                "As many slow requests as may are being answered, such as the count of another "
                "split or comparison. Try again in a few seconds."
            )
        yield
