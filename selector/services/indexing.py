"""What a worker does for an AnnotationIndexing."""

from __future__ import annotations

from portal.exceptions import Busy
from portal.work.heartbeat import Heartbeat
from portal.work.running import run
from selector.models import AnnotationIndexing
from selector.services.index_input import JobPart, index_input
from selector.services.index_reading import missing, read_indexes
from selector.services.task_reading import read_catalog
from selector.worker_requests import worker_client


def index_annotations(pk: int) -> bool:
    """Read the annotations that the work asks for. False if it does not wait to be done."""
    return run(AnnotationIndexing, pk, _perform)


def _perform(work: AnnotationIndexing, heartbeat: Heartbeat) -> None:
    """Read what is missing of the task as it is now. Of work that is taken over, what was read by
    the worker before is not read again."""
    connection, catalog = read_catalog(work)
    given = index_input(connection, catalog, work.job_id)
    absent = missing(given)
    heartbeat.frames_done = max(work.frames_total - sum(len(each.frames) for each in absent), 0)

    def count(part: JobPart) -> None:
        heartbeat.check()
        heartbeat.frames_done = min(heartbeat.frames_done + len(part.frames), work.frames_total)

    def wait(_: Busy) -> None:
        heartbeat.check()

    with worker_client(connection, heartbeat) as client:
        read_indexes(
            client,
            given.labels,
            absent,
            check=heartbeat.check,
            after_each=count,
            when_busy=wait,
        )
    work.finish(heartbeat.worker)
