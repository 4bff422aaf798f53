"""The files of annotations in an archive: read from CVAT while frames are fetched, written in one
of the formats of selections.formats."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

from portal.work.exceptions import Stopped
from selections.archives.annotation_reading import ChosenFrames, TaskAnnotations, read_task
from selections.archives.annotation_store import StoredObjects
from selections.archives.entries import Entry, Line
from selections.archives.naming import part_suffix
from selections.archives.threads import end_threads, wait_for
from selections.formats.format import AnnotatedImage, AnnotatedTask, Format
from selections.models import Selection
from selector.models import Connection

FOLDER = "annotations"  # in the spool folder of the archive
MOST_PROBLEMS = 1000  # that the manifest names; the others are counted
ROWS_AT_ONCE = 5000
LONGEST_SLEEP = 0.2  # seconds until the thread that sleeps checks whether the build has ended


class AnnotationSource:
    """A PartSource. One thread reads the tasks one after the other, with one request at a time.

    Every method but `close` waits for the tasks that it needs, and raises Stopped, or the CvatError
    that ends the build.
    """

    def __init__(
        self,
        connection: Connection,
        selection: Selection,
        format: Format,  # noqa: A002  (the word of the field)
        *,
        folder: Path,
        has_task_folders: bool,
        stop: Event,
    ) -> None:
        self._client = connection.client(patient=True, sleep=self._sleep)
        self._format = format
        self._folder = folder / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        self._selection_in_names = selection.pk if has_task_folders else None
        self._stop = stop
        self._ended = Event()
        self._rows = {task.task_id: task for task in selection.tasks.all()}
        self._for_room = _Cursors(self._task, self._stored)
        self._for_entries = _Cursors(self._task, self._stored)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="annotations")
        self._read: dict[int, Future[TaskAnnotations]] = {
            task_id: self._pool.submit(
                read_task,
                self._client,
                task_id,
                chosen,
                into=self._stored(task_id),
                format=format,
            )
            for task_id, chosen in _chosen(selection).items()
        }

    def close(self) -> None:
        """End the thread, and break off its requests."""
        self._ended.set()
        end_threads(self._pool, self._read.values(), self._client)
        self._client.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def room(self, line: Line | None) -> tuple[int, int]:
        if line is None:
            return self._format.room(self._tasks())
        return self._format.image_room(self._for_room.image(line))

    def entries(self, lines: Iterable[Line], part: int | None) -> Iterator[Entry]:
        images = (self._for_entries.image(line) for line in lines)
        suffix = part_suffix(part, selection=self._selection_in_names)
        for file in self._format.write(self._tasks(), images, self._folder, suffix):
            yield Entry(file.path, file.content, file.size)

    def about(self) -> dict[str, Any]:
        """What the manifest says of the annotations."""
        tasks = [self._task(task_id) for task_id in self._read]
        problems = [problem for task in tasks for problem in task.problems]
        return {
            "annotations": {
                "format": self._format.key,
                "objects": sum(task.objects for task in tasks),
                "problems_count": sum(task.problems_count for task in tasks),
                "problems": problems[:MOST_PROBLEMS],
                "left_out": dict(sum((task.left_out for task in tasks), Counter[str]())),
            }
        }

    def _sleep(self, seconds: float) -> None:
        """For the thread that reads. Raises Stopped when the build has ended."""
        until = time.monotonic() + seconds
        while not self._stop.is_set() and not self._ended.is_set():
            remaining = until - time.monotonic()
            if remaining <= 0:
                return
            self._ended.wait(min(remaining, LONGEST_SLEEP))
        raise Stopped

    def _task(self, task_id: int) -> TaskAnnotations:
        return wait_for(self._read[task_id], stop=self._stop)

    def _tasks(self) -> list[AnnotatedTask]:
        return [self._annotated(task_id, self._task(task_id)) for task_id in self._read]

    def _annotated(self, task_id: int, read: TaskAnnotations) -> AnnotatedTask:
        row = self._rows.get(task_id)
        name, subset = (row.name, row.subset) if row else ("", "")
        return AnnotatedTask(task_id, name, subset, read.is_video, read.labels)

    def _stored(self, task_id: int) -> Path:
        return self._folder / f"task_{task_id}.jsonl"


class _Cursors:
    """The objects of frames that are asked for by task and frame."""

    def __init__(
        self, task: Callable[[int], TaskAnnotations], stored: Callable[[int], Path]
    ) -> None:
        self._task = task
        self._stored = stored
        self._task_id: int | None = None
        self._objects: StoredObjects | None = None

    def image(self, line: Line) -> AnnotatedImage:
        """The picture of a line of the manifest, with its objects."""
        task_id = line["task_id"]
        if self._objects is None or task_id != self._task_id:
            labels = self._task(task_id).labels
            self._task_id, self._objects = task_id, StoredObjects(self._stored(task_id), labels)
        source = line.get("source_frame")
        return AnnotatedImage(
            path=line["path"],
            width=line["width"] or 0,
            height=line["height"] or 0,
            task_id=task_id,
            source_frame=line["frame"] if source is None else source,
            shapes=self._objects.on(line["frame"]),
        )


def _chosen(selection: Selection) -> Mapping[int, ChosenFrames]:
    """The frames of each task. Read a slice at a time, so that no transaction stays open."""
    rows = selection.frames.values_list("task_id", "frame", "job_id")
    chosen: dict[int, ChosenFrames] = {}
    start = 0
    while batch := rows[start : start + ROWS_AT_ONCE]:
        for task_id, frame, job_id in batch:
            chosen.setdefault(task_id, ChosenFrames()).add(frame, job_id)
        start += ROWS_AT_ONCE
    return chosen
