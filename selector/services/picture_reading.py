"""What a worker does for a PictureReading."""

from __future__ import annotations

from django.conf import settings

from portal.exceptions import Busy, NotConnected
from portal.work.exceptions import Stopped
from portal.work.heartbeat import Heartbeat
from portal.work.running import run
from portal.work.slots import Slots
from portal.work.waiting import Waiting
from selector.models import PictureReading
from selector.services.catalogs import load_catalog
from selector.services.likeness import chunks_of, readable_likeness
from selector.thumbnails import store

BUSY_SECONDS = 2.0


def read_pictures(pk: int) -> bool:
    """Read the pictures that the work asks for. False if it does not wait to be done."""
    return run(PictureReading, pk, _perform)


def _perform(work: PictureReading, heartbeat: Heartbeat) -> None:
    """Read what is missing of the task as it is now. Of work that is taken over, what was read by
    the worker before is not read again."""
    connection = work.connection
    if connection is None:
        raise NotConnected("The connection was removed. Connect to the CVAT server again.")
    catalog = load_catalog(
        connection=connection,
        task_id=work.task_id if work.job_id is None else None,
        job_id=work.job_id,
    )
    chunks = chunks_of(connection, catalog, catalog.frames)
    missing = [chunk for chunk in chunks if store.find_likeness(chunk.key) is None]
    heartbeat.frames_done = max(work.frames_total - sum(len(each.frames) for each in missing), 0)

    def sleep(seconds: float) -> None:
        if heartbeat.stopped.wait(seconds):
            raise Stopped

    waiting = Waiting()
    heartbeat.waiting_for = waiting.text
    slots = Slots(
        url=connection.url,
        limit=settings.CVAT_MAX_REQUESTS,
        lease=heartbeat.limits.stale_seconds,
        sleep=sleep,
        waiting=waiting,
    )
    heartbeat.at_beat.append(slots.renew)
    with connection.client(patient=True, sleep=sleep, around_attempt=slots.one) as client:
        for chunk in missing:
            heartbeat.check()
            while True:
                try:
                    readable_likeness(chunk, client)
                    break
                except Busy:  # a page makes thumbnails of it, or of others
                    sleep(BUSY_SECONDS)
            done = heartbeat.frames_done + len(chunk.frames)
            heartbeat.frames_done = min(done, work.frames_total)
    work.finish(heartbeat.worker)
