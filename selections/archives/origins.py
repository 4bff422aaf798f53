"""The origin of each frame for the manifest, requested from CVAT while frames are fetched."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock
from typing import NamedTuple

from cvat import origins
from cvat.client import CvatClient
from cvat.origins import TaskOrigin
from cvat.types import Job
from selections.archives.chosen_jobs import JobIds
from selections.archives.entries import Line, WantedFrame
from selections.archives.refusals import FRAME_ERRORS
from selections.archives.threads import end_threads, wait_for

logger = logging.getLogger(__name__)

_THREADS = 2


class KnownTasks(NamedTuple):
    """What the source of frames requests of the tasks of a selection, so that the source of
    annotations need not request it again."""

    jobs: Mapping[int, Job]  # by id; all of each task, if the source of frames lists them
    origins: Origins


class Origins:
    """Requests the origins of all tasks in threads, from `begin` on or from when the first of them
    is needed. Each other method waits for the origin of its task, and raises Stopped, or the
    CvatError that ends the build. The frames of a task whose origin CVAT refuses are delivered
    without one."""

    def __init__(
        self, client: CvatClient, chosen: JobIds, jobs: Mapping[int, Job], *, stop: Event
    ) -> None:
        self._stop = stop
        self._jobs = {  # of each task, those that frames were chosen from
            task_id: [jobs[job_id] for job_id in job_ids if job_id in jobs]
            for task_id, job_ids in chosen.items()
        }
        self._client = client
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="origins")
        self._lock = Lock()
        self._origins: dict[int, Future[TaskOrigin]] = {}
        self._known: dict[int, TaskOrigin | None] = {}

    def begin(self) -> None:
        """Begin to request the origins, unless they are requested already."""
        with self._lock:
            if not self._origins:
                self._origins = {
                    task_id: self._pool.submit(origins.read, self._client, task_id, of_task)
                    for task_id, of_task in self._jobs.items()
                }

    def close(self) -> None:
        """End the threads, and break off their requests."""
        end_threads(self._pool, self._origins.values(), self._client)

    def deleted(self, task_id: int, jobs: Iterable[Job]) -> Collection[int] | None:
        """The deleted frames on these jobs of a task; None if its origin is read from other jobs.
        Raises Stopped, CvatError."""
        if not {job.id for job in jobs} <= {job.id for job in self._jobs[task_id]}:
            return None
        return self._wait_for(task_id).deleted

    def validation_jobs(self) -> dict[int, Job]:
        """The ground-truth jobs that frames were chosen from, with the lists of their meta."""
        jobs_by_id: dict[int, Job] = {}
        for task_id, jobs in self._jobs.items():
            validation = [job for job in jobs if job.type == "ground_truth"]
            origin = self._of(task_id) if validation else None
            if origin is not None:
                jobs_by_id |= {job.id: job for job in origins.with_lists(validation, origin.lists)}
        return jobs_by_id

    def is_deleted(self, frame: WantedFrame) -> bool:
        origin = self._of(frame.task_id)
        return origin is not None and frame.frame in origin.deleted

    def is_video(self, frame: WantedFrame) -> bool:
        origin = self._of(frame.task_id)
        return origin.is_video if origin is not None else not frame.filename

    def line(self, frame: WantedFrame) -> Line:
        """The beginning of the frame's line in the manifest."""
        line: Line = frame._asdict()
        origin = self._of(frame.task_id)
        line["source_frame"] = origin.source_frame(frame.frame) if origin is not None else None
        if origin is not None and origin.video:
            line["video"] = origin.video
        if origin is not None and frame.frame in origin.deleted:
            line["deleted"] = True
        return line

    def _of(self, task_id: int) -> TaskOrigin | None:
        if task_id not in self._known:
            self._known[task_id] = self._read(task_id)
        return self._known[task_id]

    def _wait_for(self, task_id: int) -> TaskOrigin:
        self.begin()
        return wait_for(self._origins[task_id], stop=self._stop)

    def _read(self, task_id: int) -> TaskOrigin | None:
        try:
            return self._wait_for(task_id)
        except FRAME_ERRORS as error:
            logger.info("the origin of task %s is not known: %s", task_id, error)
            return None
