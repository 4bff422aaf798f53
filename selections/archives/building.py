"""The worker's body: from a queued row to a ZIP in the storage."""

from __future__ import annotations

import logging
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import DatabaseError, close_old_connections, connections

from selections.archives.fetching import Fetched, Fetcher, Stopped
from selections.archives.naming import WantedFrame, entry_names
from selections.archives.planning import plan
from selections.archives.zipping import ArchiveWriter, sha256_of, writing
from selections.models import Archive
from selector.cvat.exceptions import CvatError, CvatUnauthorized

logger = logging.getLogger(__name__)


def build(archive_id: int) -> None:
    """Build the archive if it still waits to be built; the outcome is in its row."""
    archive = (
        Archive.objects.select_related("selection", "connection").filter(pk=archive_id).first()
    )
    worker = uuid.uuid4()
    if archive is None or not archive.claim(worker):
        logger.info("archive %s is not waiting to be built", archive_id)
        return
    try:
        with Heart(archive, worker) as heart:
            _Build(archive, worker, heart, spool_of(archive_id)).run()
    except Stopped:
        logger.info("archive %s was given up while it was built", archive_id)
    except CvatError as error:
        if isinstance(error, CvatUnauthorized) and archive.connection:
            archive.connection.mark_refused()
        archive.fail(worker, str(error))
    except OSError as error:
        logger.exception("archive %s could not be written", archive_id)
        archive.fail(worker, f"The archive could not be written: {error.strerror or error}.")
    except Exception:
        # The edge of the worker: whatever it was, the person who waits must be told.
        logger.exception("archive %s failed", archive_id)
        archive.fail(worker, "Something unexpected went wrong. The log of the worker has details.")
    _clear(archive_id)


def spool_of(archive_id: int) -> Path:
    return Path(settings.SPOOL_DIR) / str(archive_id)


def _clear(archive_id: int) -> None:
    """Remove the spool, unless another worker has taken the build over and works in it."""
    if not Archive.objects.active().filter(pk=archive_id).exists():
        shutil.rmtree(spool_of(archive_id), ignore_errors=True)


class _Build:
    def __init__(self, archive: Archive, worker: uuid.UUID, heart: Heart, spool: Path) -> None:
        self.archive = archive
        self.worker = worker
        self.heart = heart
        self.spool = spool

    def run(self) -> None:
        self.spool.mkdir(parents=True, exist_ok=True)
        path = self.spool / f"{self.worker}.zip"
        with writing(path, listing=path.with_suffix(".list")) as writer:
            self._fill(writer)
            writer.close(self._about())
        self._store(path, writer.problems)

    def _fill(self, writer: ArchiveWriter) -> None:
        if self.archive.connection is None:
            raise CvatUnauthorized("The connection of this archive was removed. Connect again.")
        with self.archive.connection.client(patient=True) as client:
            fetcher = Fetcher(
                client,
                spool=self.spool,
                quality=self.archive.quality,
                threads=settings.FETCH_THREADS,
                stop=self.heart.lost,
            )
            wanted = list(self._wanted())
            fetches = plan((each.task_id, each.job_id, each.frame) for each in wanted)
            names = entry_names(
                wanted,
                several_tasks=len({each.task_id for each in wanted}) > 1,
                quality=self.archive.quality,
            )
            for each, name, fetched in zip(wanted, names, fetcher.fetch(fetches), strict=True):
                self._add(writer, each, name, fetched)
        if wanted and len(writer.problems) == len(wanted):
            raise CvatError(f"No frame could be fetched. {writer.problems[0]['reason']}")

    def _wanted(self) -> Iterator[WantedFrame]:
        rows = self.archive.selection.frames.values_list("task_id", "job_id", "frame", "filename")
        return (WantedFrame(*row) for row in rows.iterator(chunk_size=5000))

    def _add(self, writer: ArchiveWriter, each: WantedFrame, name: str, fetched: Fetched) -> None:
        if self.heart.lost.is_set():
            raise Stopped
        entry: dict[str, Any] = each._asdict()
        if fetched.error:
            writer.problems.append(entry | {"reason": fetched.error})
            return
        writer.add(name, fetched.content, entry)
        self.heart.frames_done += 1
        self.heart.bytes_done += len(fetched.content)

    def _about(self) -> dict[str, Any]:
        selection = self.archive.selection
        return {
            "selection": {
                "id": selection.pk,
                "name": selection.name,
                "frame_selection_method": selection.frame_selection_method,
                "parameters": selection.parameters,
                "random_seed": selection.random_seed,
            },
            "cvat": {"url": selection.url, "tasks": selection.tasks},
            "quality": self.archive.quality,
        }

    def _store(self, path: Path, problems: list[dict[str, Any]]) -> None:
        size, sha256 = path.stat().st_size, sha256_of(path)
        storage = Archive._meta.get_field("file").storage
        with _Finished(path) as file:
            name = storage.save(f"{self.archive.pk}_{self.archive.download_name}", file)
        done = self.archive.finish(
            self.worker, file=name, size=size, sha256=sha256, problems=problems
        )
        if not done:  # cancelled or taken over while it was stored
            storage.delete(name)
            raise Stopped


class _Finished(File):  # type: ignore[type-arg]
    """A file that a local storage may move into place instead of copying it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), name=path.name)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


class Heart:
    """Writes progress and a sign of life from a thread of its own, so that a long wait for CVAT
    or a long copy is no silence. `lost` is set once the claim is gone."""

    def __init__(self, archive: Archive, worker: uuid.UUID) -> None:
        self.frames_done = 0
        self.bytes_done = 0
        self.lost = Event()
        self._archive = archive
        self._worker = worker
        self._end = Event()
        self._thread = Thread(target=self._beat, name=f"heart-{archive.pk}", daemon=True)

    def __enter__(self) -> Heart:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._end.wait(settings.ARCHIVE_HEARTBEAT_SECONDS):
                if not self._is_ours():
                    self.lost.set()
                    return
        finally:
            connections.close_all()

    def _is_ours(self) -> bool:
        close_old_connections()
        # A row of its own: the build changes its copy while this thread writes.
        row = Archive(pk=self._archive.pk)
        try:
            return row.heartbeat(
                self._worker, frames_done=self.frames_done, bytes_done=self.bytes_done
            )
        except DatabaseError:
            logger.warning("archive %s: no heartbeat this time", self._archive.pk, exc_info=True)
            return True
