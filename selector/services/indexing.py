"""What a worker does for an AnnotationIndexing."""

from __future__ import annotations

from django.conf import settings

from portal.exceptions import Busy, NotConnected
from portal.work.exceptions import Stopped
from portal.work.heartbeat import Heartbeat
from portal.work.running import run
from portal.work.slots import Slots
from portal.work.waiting import Waiting
from selector.models import AnnotationIndexing
from selector.services.catalogs import load_catalog
from selector.services.index_input import JobPart, index_input
from selector.services.index_reading import missing, read_indexes


def index_annotations(pk: int) -> bool:
    """Read the annotations that the work asks for. False if it does not wait to be done."""
    return run(AnnotationIndexing, pk, _perform)


def _perform(work: AnnotationIndexing, heartbeat: Heartbeat) -> None:
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
    given = index_input(connection, catalog, work.job_id)
    absent = missing(given)
    heartbeat.frames_done = max(work.frames_total - sum(len(each.frames) for each in absent), 0)

    def sleep(seconds: float) -> None:
        if heartbeat.stopped.wait(seconds):
            raise Stopped

    def count(part: JobPart) -> None:
        heartbeat.check()
        heartbeat.frames_done = min(heartbeat.frames_done + len(part.frames), work.frames_total)

    def wait(_: Busy) -> None:
        heartbeat.check()

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
        read_indexes(
            client,
            given.labels,
            absent,
            check=heartbeat.check,
            after_each=count,
            when_busy=wait,
        )
    work.finish(heartbeat.worker)
