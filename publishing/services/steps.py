"""The record of what is sent to CVAT for a publication."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cvat.exceptions import CvatError
from cvat.writing.sending import is_lost
from portal.work.exceptions import Stopped
from portal.work.heartbeat import Heartbeat
from publishing.change import Change
from publishing.models import Publication


@contextmanager
def step(publication: Publication, heartbeat: Heartbeat, change: Change) -> Iterator[None]:
    """Note in the row that the block sends a request, before it is sent, and then that CVAT has
    done it or refused it. Raises Stopped."""
    heartbeat.check()
    if not publication.begin_step(heartbeat.worker, change):
        raise Stopped
    try:
        yield
    except CvatError as error:
        if not is_lost(error):
            publication.refuse_step(heartbeat.worker, change)
        raise
    if not publication.end_step(heartbeat.worker, change):
        raise Stopped
