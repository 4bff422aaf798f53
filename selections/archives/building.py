"""The worker's body: from a queued row to ZIP files in the storage."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from django.conf import settings
from django.core.files import File

from cvat.client import CvatClient
from cvat.exceptions import CvatError, CvatUnauthorized
from cvat.types import Job
from portal.housekeeping import for_each
from portal.work.exceptions import Stopped, WorkFailed
from portal.work.heartbeat import Heartbeat
from portal.work.running import run
from selections.archives import disk, headers, staleness
from selections.archives.block_state import Missing
from selections.archives.fetching import Fetched, Fetcher, outcome
from selections.archives.naming import Names, WantedFrame
from selections.archives.origins import Origins
from selections.archives.planning import blocks
from selections.archives.slots import Slots
from selections.archives.spool import BUILD_PREFIX, Spool
from selections.archives.video import Format
from selections.archives.waiting import Waiting
from selections.archives.zipping import Part, PartsWriter
from selections.models import Archive, ArchivePart, Selection, UnlinkedFile
from selections.remarks import Remarks, changes

logger = logging.getLogger(__name__)

ALL_DELETED = (
    "Every frame of the selection was deleted in CVAT since it was saved, and such frames are to "
    "be left out. Build it with the deleted frames, or choose others."
)
T = TypeVar("T")

LONGEST_SLEEP = 0.2  # seconds until a thread that sleeps looks whether the fetching is over


def build(archive_id: int) -> bool:
    """Build the archive if it still waits to be built; the outcome is in its row. False if it does
    not wait, or for other builds of its person."""
    is_claimed = run(Archive, archive_id, _perform)
    if is_claimed:
        _clear(archive_id)
    return is_claimed


def _perform(archive: Archive, heartbeat: Heartbeat) -> None:
    if archive.selection is None:
        raise WorkFailed("The selection was deleted before its archive was built.")
    try:
        _Build(archive, archive.selection, heartbeat).run()
    except OSError as error:
        logger.exception("archive %s could not be written", archive.pk)
        raise WorkFailed(_why_not_written(error)) from error


def spool_of(archive_id: int) -> Path:
    return Path(settings.SPOOL_DIR) / str(archive_id)


def _clear(archive_id: int) -> None:
    """Remove the spool, unless a later try or another worker can go on with what is in it."""
    spool = Spool(spool_of(archive_id))
    needed = Archive.objects.may_continue()
    if not any(spool.folder.glob("*")):
        needed = needed.active()
    if not needed.filter(pk=archive_id).exists():
        spool.remove()


def _why_not_written(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk of the portal is full. Ask its operator for room, or choose fewer frames."
    return f"The archive could not be written: {error.strerror or error}."


class _Build:
    def __init__(self, archive: Archive, selection: Selection, heartbeat: Heartbeat) -> None:
        self.archive = archive
        self.selection = selection
        self.worker = heartbeat.worker
        self.heartbeat = heartbeat
        self.spool = Spool(spool_of(archive.pk))
        self.problems: list[dict[str, Any]] = []
        self.left_out: list[dict[str, Any]] = []
        self.remarks = Remarks()
        self.ended = Event()  # set when all is fetched, or fetching has failed
        self.is_late = False  # CVAT may give some of what is missing later

    def run(self) -> None:
        """Raises Stopped, CvatError, disk.Full, OSError."""
        self._prepare_spool()
        self.guard = disk.Guard(
            frames_total=self.archive.frames_total,
            spooled=self.spool.size(),
            allowance=self._allowance(),
        )
        self.guard.check_before(self.selection)
        stem = self.spool.folder / f"{BUILD_PREFIX}{self.worker}"
        with self._writer(stem) as writer:
            self._fill(writer)
            if self.problems and not self.heartbeat.frames_done and not self.is_late:
                raise CvatError(f"No frame could be fetched. {self.problems[0]['reason']}")
            if not self.problems and not self.heartbeat.frames_done:
                raise CvatError(ALL_DELETED)
            parts = writer.finish(self.problems, left_out=self.left_out)
            self._store(parts)

    def _writer(self, stem: Path) -> PartsWriter:
        options = self.archive.options
        return PartsWriter(
            stem,
            part_size=int(options.get("part_size") or 0),
            part_files=int(options.get("part_files") or 0),
            selection=self.selection.pk if options.get("task_folders") else None,
            about=self._about(),
        )

    def _allowance(self) -> int | None:
        limit = settings.ARCHIVE_BYTES_PER_PERSON
        others = Archive.objects.filter(requested_by=self.archive.requested_by_id).with_file()
        return max(limit - others.bytes(), 0) if limit else None

    def _prepare_spool(self) -> None:
        earlier = self.archive.continues_id
        self.spool.prepare(earlier=spool_of(earlier) if earlier else None)
        connection = self.archive.connection
        oldest = self.spool.oldest_by_task() if connection else {}
        if not connection or not oldest:
            return
        tasks = staleness.tasks_of(self.selection)
        with connection.client(patient=True, sleep=self._sleep) as client:
            changed = self._ask(client, lambda: staleness.changed_tasks(client, tasks, oldest))
        for task_id in changed:
            logger.info("archive %s: task %s changed in CVAT, anew", self.archive.pk, task_id)
            self.spool.drop_task(task_id)

    def _ask(self, client: CvatClient, question: Callable[[], T]) -> T:
        """The answer of a thread of its own: a request that hangs must not keep a build alive that
        is given up."""
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(question)
            try:
                return outcome(answer, self.heartbeat.stopped)
            except Stopped:
                client.abort()
                raise

    def _fill(self, writer: PartsWriter) -> None:
        connection = self.archive.connection
        if connection is None:
            raise CvatUnauthorized("The connection of this archive was removed. Connect again.")
        waiting = Waiting()
        slots = Slots(
            url=connection.url,
            limit=settings.CVAT_MAX_REQUESTS,
            sleep=self._sleep,
            waiting=waiting,
        )
        self.heartbeat.at_beat[:] = [slots.renew]
        self.heartbeat.waiting_for = waiting.text
        with connection.client(patient=True, sleep=self._sleep, around_attempt=slots.one) as client:
            jobs = self._jobs(client)
            with closing(
                Origins(client, self.selection, jobs, stop=self.heartbeat.stopped)
            ) as origins:
                self.origins = origins
                try:
                    jobs |= origins.validation_jobs()
                    names = self._names(jobs)
                    plan = blocks(self._announced(names), jobs, quality=self.archive.quality)
                    with closing(self._fetcher(client, waiting).fetch(plan)) as fetched:
                        self._add_all(writer, names, fetched)
                finally:
                    self.ended.set()

    def _add_all(self, writer: PartsWriter, names: Names, fetched: Iterator[Fetched]) -> None:
        """Raises RuntimeError rather than put a picture under the name of another frame."""
        for each, got in zip(self._delivered(names), fetched, strict=True):
            if (each.task_id, each.frame) != (got.task_id, got.frame):
                raise RuntimeError(
                    f"frame {got.frame} of task {got.task_id} came where frame {each.frame} of "
                    f"task {each.task_id} belongs"
                )
            self._add(writer, names, each, got)

    @property
    def _has_task_folders(self) -> bool:
        return self.origins.tasks_count > 1 or bool(self.archive.options.get("task_folders"))

    def _names(self, jobs: Mapping[int, Job]) -> Names:
        return Names(
            task_folders=self._has_task_folders,
            quality=self.archive.quality,
            recompressing={job.id for job in jobs.values() if job.recompresses},
        )

    def _announced(self, names: Names) -> Iterator[tuple[int, int, int]]:
        for each in self._wanted():
            names.expect(each)
            if not self._is_left_out(each):
                yield each.task_id, each.job_id, each.frame

    def _delivered(self, names: Names) -> Iterator[WantedFrame]:
        for each in self._wanted():
            if self._is_left_out(each):
                names.take(each, "")  # the names of the others do not depend on it
                self.left_out.append(self.origins.line(each))
                self.remarks.leave_out(self.left_out[-1])
            else:
                yield each

    def _is_left_out(self, frame: WantedFrame) -> bool:
        leaves_out = self.archive.options.get("deleted_frames") == Archive.DeletedFrames.LEAVE_OUT
        return leaves_out and self.origins.is_deleted(frame)

    def _wanted(self) -> Iterator[WantedFrame]:
        """By task and frame; a slice at a time, for a build may last hours and must neither hold
        all in memory nor a cursor (and with it a transaction) open."""
        rows = self.selection.frames.values_list("task_id", "job_id", "frame", "filename")
        start = 0
        while batch := rows[start : start + 5000]:
            yield from (WantedFrame(*row) for row in batch)
            start += 5000

    def _jobs(self, client: CvatClient) -> dict[int, Job]:
        named = self.selection.frames.order_by("task_id").values_list("task_id", flat=True)
        tasks = list(named.distinct())

        def ask() -> list[Job]:
            return [job for task_id in tasks for job in client.jobs(task_id)]

        return {job.id: job for job in self._ask(client, ask)}

    def _fetcher(self, client: CvatClient, waiting: Waiting) -> Fetcher:
        options = self.archive.options
        return Fetcher(
            client,
            spool=self.spool,
            waiting=waiting,
            quality=self.archive.quality,
            picture_format=Format(
                options.get("video_format", "png"), int(options.get("video_quality", 95))
            ),
            threads=settings.FETCH_THREADS,
            stop=self.heartbeat.stopped,
            ended=self.ended,
        )

    def _sleep(self, seconds: float) -> None:
        """For the threads that fetch: ends with the build, and with its fetching."""
        until = time.monotonic() + seconds
        while not self.heartbeat.stopped.is_set() and not self.ended.is_set():
            remaining = until - time.monotonic()
            if remaining <= 0:
                return
            self.heartbeat.stopped.wait(min(remaining, LONGEST_SLEEP))
        raise Stopped

    def _add(self, writer: PartsWriter, names: Names, each: WantedFrame, got: Fetched) -> None:
        self.heartbeat.check()
        line = self.origins.line(each)
        if got.picture is None:
            names.take(each, "")  # the names of the others do not depend on what is missing
            missing = got.missing or Missing("It was not fetched.")
            self.is_late = self.is_late or missing.is_late
            self.problems.append(line | {"reason": missing.reason})
            return
        file, size = got.picture
        header = headers.read(file)
        file.seek(0)
        line |= {"width": header.width, "height": header.height}
        line |= changes(
            header,
            quality=self.archive.quality,
            is_video=self.origins.is_video(each),
            is_recompressed=got.is_recompressed,
        )
        if got.is_recompressed:
            line["recompressed"] = True
        path = names.take(each, header.extension, is_recompressed=got.is_recompressed)
        self.guard.check_size(size)
        writer.add(path, file, size, line)
        self.remarks.add(line | {"path": path})
        self.heartbeat.frames_done += 1
        self.heartbeat.bytes_done += size
        self.guard.check(frames=self.heartbeat.frames_done, written=self.heartbeat.bytes_done)

    def _about(self) -> dict[str, Any]:
        selection = self.selection
        return {
            "selection": {
                "id": selection.pk,
                # Not its present name, which may not be shared with the requester any more.
                "name": self.archive.selection_name,
                "frame_selection_method": selection.frame_selection_method,
                "parameters": selection.parameters,
                "random_seed": selection.random_seed,
            },
            "cvat": {"url": selection.url, "tasks": selection.tasks},
            "options": self.archive.options,
        }

    def _store(self, parts: list[Part]) -> None:
        storage = ArchivePart._meta.get_field("file").storage
        stored: list[ArchivePart] = []
        begun: list[UnlinkedFile] = []
        try:
            for number, part in enumerate(parts, start=1):
                # A name of its own: a worker that lost its claim may be storing the same part.
                name = (
                    f"{self.archive.pk}_{self.archive.stored_name}_{self.worker.hex}_{number}.zip"
                )
                begun.append(self.archive.unlinked_files.create(name=name))
                with _Finished(part.path) as file:
                    storage.save(name, file)
                part.path.unlink(missing_ok=True)  # a storage elsewhere copies
                row = ArchivePart(archive=self.archive, number=number, file=name)
                row.size, row.sha256 = part.size, part.sha256
                stored.append(row)
            done = self.archive.finish(
                self.worker,
                parts=stored,
                problems=self.problems,
                left_out=len(self.left_out),
                remarks=self.remarks.to_json(
                    most_entries=max(part.entries for part in parts),
                    has_task_folders=self._has_task_folders,
                ),
                bytes_done=self.heartbeat.bytes_done,
            )
            if not done:
                raise Stopped  # cancelled or taken over while it was stored
        except Exception:  # else this process ends, and housekeeping deletes the files
            for_each(begun, UnlinkedFile.remove)
            raise


class _Finished(File):  # type: ignore[type-arg]
    """A file that a local storage may move into place instead of copying it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), name=path.name)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)
