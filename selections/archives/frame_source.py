"""Fetches the frames of a selection from CVAT, as entries of an archive."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from itertools import filterfalse
from threading import Event
from typing import Protocol

from django.conf import settings

from cvat.client import CvatClient
from cvat.http import AroundAttempt
from cvat.types import Job
from portal.work.heartbeat import Heartbeat
from portal.work.waiting import Waiting
from selections.archives import chosen_jobs, frame_rows, staleness
from selections.archives.arrangement import Arrangement
from selections.archives.block_fetching import BlockFetcher
from selections.archives.block_state import Missing
from selections.archives.concurrency import VIDEO_START, RequestGate
from selections.archives.entries import FrameEntry, WantedFrame
from selections.archives.fetching import Fetcher
from selections.archives.frame_entries import FrameEntries
from selections.archives.origins import KnownTasks, Origins
from selections.archives.pieces import Picture
from selections.archives.planning import EARLY_SECONDS, Plan, is_video_chunk, telling_frame
from selections.archives.spool import Spool
from selections.archives.threads import ask, end_threads, sleep
from selections.archives.video import FrameFileType
from selections.formats.format import AS_IN_CVAT, Layout
from selections.models import Selection
from selector.models import Connection
from selector.worker_requests import request_slots

logger = logging.getLogger(__name__)

FIRST_ROWS = 100  # of which one is the telling frame


class OwnPictures(Protocol):
    """Pictures that stand in place of those in CVAT, which are not fetched."""

    def has(self, frame: WantedFrame) -> bool: ...

    def picture(self, frame: WantedFrame) -> Picture:
        """Asked for frames in their order, once for each. Its file is closed by who asks."""


class FrameSource:
    """Fetches the frames of the selection through the connection into the spool, or takes them from
    there.

    `has_deleted_frames`: frames that were deleted in CVAT since the selection was saved are
    delivered. `task_folders`: each path begins with the folder of its task; it does in any case
    when the selection has frames of several tasks. `layout` says where the pictures stand. Without
    `has_pictures` the frames are only listed, and nothing is fetched. `own_pictures` take the place
    of those in CVAT; the lines of their frames say `replaced`. `lists_jobs`: `known_tasks` has all
    jobs of each task, not only those that frames were chosen from.
    """

    def __init__(
        self,
        connection: Connection,
        selection: Selection,
        *,
        spool: Spool,
        heartbeat: Heartbeat,
        quality: str,
        frame_file_type: FrameFileType,
        has_deleted_frames: bool = True,
        task_folders: bool = False,
        layout: Layout = AS_IN_CVAT,
        has_pictures: bool = True,
        own_pictures: OwnPictures | None = None,
        lists_jobs: bool = False,
    ) -> None:
        self._connection = connection
        self._selection = selection
        self._spool = spool
        self._heartbeat = heartbeat
        self._stop = heartbeat.stopped
        self._quality = quality
        self._frame_file_type = frame_file_type
        self._has_deleted_frames = has_deleted_frames
        self._layout = layout
        self._has_pictures = has_pictures
        self._own_pictures = own_pictures
        self._lists_jobs = lists_jobs
        self._tasks = staleness.tasks_of(selection)
        self.has_task_folders = task_folders or len(self._tasks) > 1
        self.known_tasks: Future[KnownTasks] = Future()  # has a result once frames are asked for
        self._ended = Event()  # set when all is fetched, or fetching has failed
        self._waiting = Waiting()
        self._slots = request_slots(connection, heartbeat, sleep=self._sleep, waiting=self._waiting)
        # One build leaves some of the slots to those of other people.
        most = min(settings.FETCH_THREADS, max(settings.CVAT_MAX_REQUESTS * 3 // 4, 1))
        self._gate = RequestGate(most, check=lambda: self._sleep(0), slot=self._slots.one)

    def drop_stale(self) -> None:
        """Remove from the spool the frames of tasks that changed in CVAT since they were fetched.
        Raises Stopped, CvatError."""
        oldest = self._spool.oldest_by_task()
        if not oldest:
            return
        with self._client(self._slots.one) as client:
            changed = ask(
                client,
                lambda: staleness.changed_tasks(client, self._tasks, oldest),
                stop=self._stop,
            )
        for task_id in changed:
            logger.info("task %s changed in CVAT, its frames are fetched again", task_id)
            self._spool.drop_task(task_id)

    def entries(
        self, arrangement: Arrangement, *, flush: Callable[[], None]
    ) -> Generator[FrameEntry]:
        """Each frame, by task and frame number. To be closed: then all threads have ended. `flush`
        writes the entries so far, see Fetcher. Raises Stopped, CvatError, OSError."""
        self._heartbeat.waiting_for = self._waiting.text
        if self._has_pictures:
            yield from self._fetched(arrangement, flush)
        else:
            yield from self._listed(arrangement)

    def _fetched(self, arrangement: Arrangement, flush: Callable[[], None]) -> Iterator[FrameEntry]:
        # Requests for metadata do not pass the gate: behind those for pictures they would wait for
        # the slowest.
        with self._client(self._slots.one) as client, self._client(self._gate.one) as pictures:
            blocks = self._block_fetcher(pictures)
            with self._early_frame(blocks) as fetched:
                jobs, origins = self._described(client)
                with closing(origins):
                    if not self._is_video(jobs):
                        origins.begin()
                    try:
                        jobs |= origins.validation_jobs()
                        wait(fetched, timeout=EARLY_SECONDS)
                        entries = self._entries(jobs, origins, arrangement)
                        yield from self._delivered(blocks, jobs, origins, entries, flush)
                    finally:
                        self._ended.set()  # no thread may sleep when it is waited for

    def _listed(self, arrangement: Arrangement) -> Iterator[FrameEntry]:
        """Each frame without its picture, with the size that CVAT says."""
        with self._client(self._slots.one) as client:
            jobs, origins = self._described(client)
            with closing(origins):
                origins.begin()
                jobs |= origins.validation_jobs()
                entries = self._entries(jobs, origins, arrangement)
                entries.reserve_paths()
                of_video = self._frame_file_type.extension
                for frame, width, height in frame_rows.sized(self._selection):
                    if left_out := entries.left_out(frame):
                        yield left_out
                    else:
                        yield entries.listed(frame, width, height, of_video)

    def _entries(
        self, jobs: Mapping[int, Job], origins: Origins, arrangement: Arrangement
    ) -> FrameEntries:
        return FrameEntries(
            self._selection,
            jobs,
            origins,
            arrangement,
            quality=self._quality,
            layout=self._layout,
            has_task_folders=self.has_task_folders,
            has_deleted_frames=self._has_deleted_frames,
        )

    def _delivered(
        self,
        blocks: BlockFetcher,
        jobs: Mapping[int, Job],
        origins: Origins,
        entries: FrameEntries,
        flush: Callable[[], None],
    ) -> Iterator[FrameEntry]:
        announced = filterfalse(self._is_replaced, entries.announced())
        plan = Plan(announced, jobs, quality=self._quality)
        with closing(self._fetcher(blocks, plan, flush)) as fetcher:
            if self._is_video(jobs):
                # First the chunks: CVAT may have to make them, and they are decoded here.
                self._gate.start_at(VIDEO_START)
                fetcher.begin()
                origins.begin()
            for frame in frame_rows.wanted(self._selection):
                if left_out := entries.left_out(frame):
                    yield left_out
                    continue
                picture = self._picture(frame, fetcher)
                if isinstance(picture, Missing):
                    yield entries.missing(frame, picture)
                    continue
                with picture.file:
                    is_replaced = self._is_replaced(frame)
                    # After the picture: it may wait for what CVAT says of the task.
                    yield entries.fetched(frame, picture, is_replaced=is_replaced)

    def _picture(self, frame: WantedFrame, fetcher: Fetcher) -> Picture | Missing:
        if self._own_pictures is not None and self._own_pictures.has(frame):
            return self._own_pictures.picture(frame)
        return fetcher.picture(frame)

    def _first_wanted(self) -> list[WantedFrame]:
        """Some frames, unless an earlier try has fetched some."""
        if self._spool.oldest_by_task():
            return []
        first = frame_rows.first_wanted(self._selection, FIRST_ROWS)
        return [frame for frame in first if not self._is_replaced(frame)]

    def _is_replaced(self, frame: WantedFrame) -> bool:
        return self._own_pictures is not None and self._own_pictures.has(frame)

    def _described(self, client: CvatClient) -> tuple[dict[int, Job], Origins]:
        """The jobs that frames were chosen from, by id, and perhaps others; and the origins, which
        are to be closed."""
        chosen = chosen_jobs.ids(self._selection)
        few = 0 if self._lists_jobs else chosen_jobs.FEW_JOBS
        jobs = ask(client, lambda: chosen_jobs.read(client, chosen, few=few), stop=self._stop)
        origins = Origins(client, chosen, jobs, stop=self._stop)
        self.known_tasks.set_result(KnownTasks(dict(jobs), origins))
        return jobs, origins

    def _is_video(self, jobs: Mapping[int, Job]) -> bool:
        """Whether all chunks are chunks of video."""
        return bool(jobs) and all(is_video_chunk(job, self._quality) for job in jobs.values())

    def _client(self, around_attempt: AroundAttempt) -> CvatClient:
        return self._connection.client(
            patient=True, sleep=self._sleep, around_attempt=around_attempt
        )

    def _block_fetcher(self, client: CvatClient) -> BlockFetcher:
        return BlockFetcher(
            client,
            spool=self._spool,
            waiting=self._waiting,
            quality=self._quality,
            frame_file_type=self._frame_file_type,
            gate=self._gate,
            stop=self._stop,
        )

    @contextmanager
    def _early_frame(self, blocks: BlockFetcher) -> Iterator[list[Future[None]]]:
        """Fetch the telling frame, if there is one, in a thread while the with-block runs."""
        frame = telling_frame(self._first_wanted())
        pool = ThreadPoolExecutor(1, thread_name_prefix="early")
        fetched = [] if frame is None else [pool.submit(blocks.fetch_early, frame)]
        try:
            yield fetched
        finally:
            self._ended.set()
            end_threads(pool, fetched, blocks.client)

    def _fetcher(self, blocks: BlockFetcher, plan: Plan, flush: Callable[[], None]) -> Fetcher:
        return Fetcher(
            blocks,
            plan,
            flush=flush,
            threads=settings.FETCH_THREADS,
            stop=self._stop,
            ended=self._ended,
        )

    def _sleep(self, seconds: float) -> None:
        """For the threads that fetch. Raises Stopped when the build or its fetching has ended."""
        sleep(seconds, self._stop, self._ended)
