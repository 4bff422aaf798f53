"""What the manifest says of the origin of each frame, asked of CVAT while frames are fetched."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

from cvat import origins
from cvat.client import CvatClient
from cvat.origins import TaskOrigin
from cvat.types import Job
from selections.archives.fetching import FRAME_ERRORS, end_threads, outcome
from selections.archives.naming import WantedFrame
from selections.models import Selection

logger = logging.getLogger(__name__)

_SIDE_BY_SIDE = 2


class Origins:
    """Asks in threads of its own; every method waits for the answer about its task, and raises
    Stopped, or the CvatError that ends the build. A task whose origin CVAT refuses to tell has
    none: its frames are delivered without."""

    def __init__(
        self, client: CvatClient, selection: Selection, jobs: Mapping[int, Job], *, stop: Event
    ) -> None:
        self._stop = stop
        self._jobs: dict[int, list[Job]] = {}  # of each task, those that frames were chosen from
        pairs = selection.frames.order_by().values_list("task_id", "job_id").distinct()
        for task_id, job_id in pairs:
            known = [jobs[job_id]] if job_id in jobs else []
            self._jobs.setdefault(task_id, []).extend(known)
        self._client = client
        self._pool = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="origins")
        self._asked: dict[int, Future[TaskOrigin]] = {
            task_id: self._pool.submit(origins.read, client, task_id, of_task)
            for task_id, of_task in self._jobs.items()
        }

    def close(self) -> None:
        """End the threads, whatever they wait for."""
        end_threads(self._pool, self._asked.values(), self._client)

    @property
    def tasks_count(self) -> int:
        return len(self._asked)

    def validation_jobs(self) -> dict[int, Job]:
        """The ground-truth jobs that frames were chosen from, with what their meta tells."""
        found: dict[int, Job] = {}
        for task_id, jobs in self._jobs.items():
            validation = [job for job in jobs if job.type == "ground_truth"]
            origin = self._of(task_id) if validation else None
            if origin is not None:
                found |= {job.id: job for job in origins.with_lists(validation, origin.lists)}
        return found

    def is_deleted(self, frame: WantedFrame) -> bool:
        origin = self._of(frame.task_id)
        return origin is not None and frame.frame in origin.deleted

    def is_video(self, frame: WantedFrame) -> bool:
        origin = self._of(frame.task_id)
        return origin.is_video if origin is not None else not frame.filename

    def line(self, frame: WantedFrame) -> dict[str, Any]:
        """The beginning of the frame's line in the manifest."""
        line: dict[str, Any] = frame._asdict()
        origin = self._of(frame.task_id)
        line["source_frame"] = origin.source_frame(frame.frame) if origin is not None else None
        if origin is not None and origin.video:
            line["video"] = origin.video
        if origin is not None and frame.frame in origin.deleted:
            line["deleted"] = True
        return line

    def _of(self, task_id: int) -> TaskOrigin | None:
        try:
            return outcome(self._asked[task_id], self._stop)
        except FRAME_ERRORS as error:
            logger.info("the origin of task %s is not told: %s", task_id, error)
            return None
