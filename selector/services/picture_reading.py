"""What a worker does for a PictureReading."""

from __future__ import annotations

from portal.exceptions import Busy
from portal.work.heartbeat import Heartbeat
from portal.work.running import run
from selector.models import PictureReading
from selector.services.descriptors import chunk_descriptors, model
from selector.services.likeness import chunks_of, readable_likeness
from selector.services.task_reading import read_catalog
from selector.services.thumbnails import Chunk
from selector.thumbnails import store
from selector.thumbnails.descriptors import Model
from selector.worker_requests import worker_client

BUSY_SECONDS = 2.0


def read_pictures(pk: int) -> bool:
    """Read the pictures that the work asks for. False if it does not wait to be done."""
    return run(PictureReading, pk, _perform)


def _perform(work: PictureReading, heartbeat: Heartbeat) -> None:
    """Read what is missing of the task as it is now. Of work that is taken over, what was read by
    the worker before is not read again."""
    connection, catalog = read_catalog(work)
    chunks = chunks_of(connection, catalog, catalog.frames)
    used = model()
    missing = [chunk for chunk in chunks if not _is_read(chunk, used)]
    heartbeat.frames_done = max(work.frames_total - sum(len(each.frames) for each in missing), 0)
    with worker_client(connection, heartbeat) as client:
        for chunk in missing:
            heartbeat.check()
            while True:
                try:
                    readable_likeness(chunk, client)
                    if used is not None:
                        chunk_descriptors(chunk, used, client)
                    break
                except Busy:  # a page makes thumbnails of it, or of others
                    heartbeat.sleep(BUSY_SECONDS)
            done = heartbeat.frames_done + len(chunk.frames)
            heartbeat.frames_done = min(done, work.frames_total)
    work.finish(heartbeat.worker)


def _is_read(chunk: Chunk, used: Model | None) -> bool:
    if store.find_likeness(chunk.key) is None:
        return False
    return used is None or store.find_descriptors(chunk.key, used.key) is not None
