"""The files of annotations in an archive: read from CVAT while frames are fetched, written in one
of the formats of selections.formats."""

from __future__ import annotations

import shutil
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from cvat import origins
from cvat.annotations import Labels
from cvat.client import CvatClient
from cvat.exceptions import CvatError
from cvat.types import Job
from portal.work.heartbeat import Heartbeat
from selections.archives import frame_rows
from selections.archives.annotation_process import ProcessWriting
from selections.archives.annotation_reading import TaskAnnotations, read_labels, read_task
from selections.archives.annotation_writing import (
    MOST_MANIFEST_PROBLEMS,
    BrokenObjects,
    ObjectsOfTasks,
    PictureLine,
    PictureWriter,
    PictureWriting,
    stored_path,
)
from selections.archives.arrangement import FrameLabels
from selections.archives.entries import Entry, Line, ListedFrame, WantedFrame
from selections.archives.naming import part_suffix
from selections.archives.origins import KnownTasks, Origins
from selections.archives.result_reading import ResultReading
from selections.archives.results import Results
from selections.archives.threads import LONGEST_SLEEP, end_threads, sleep, wait_for
from selections.formats.format import AnnotatedTask, Format, PicturePaths, Room
from selections.models import ArchiveOptions, Selection
from selector.models import Connection
from selector.worker_requests import request_slots

FOLDER = "annotations"  # in the spool folder of the archive
# The frames of a selection from which on a process of its own writes their objects: to start it
# takes as long as to write the objects of some hundred frames.
PROCESS_FROM = 1000
CATCH_UP = 20  # at most so many waiting pictures are written at each `add`


class AnnotationSource:
    """A PartSource. One thread reads the tasks one after the other, with a few requests at a time
    (annotation_requests.py), each of which has a slot among those of all builds.

    Every method but `close` waits for the tasks that it needs, and raises Stopped, or the CvatError
    that ends the build.
    """

    def __init__(
        self,
        connection: Connection,
        selection: Selection,
        format: Format,  # noqa: A002  (the word of the field)
        options: ArchiveOptions,
        results: Results | None = None,
        *,
        known_tasks: Future[KnownTasks],
        folder: Path,
        heartbeat: Heartbeat,
    ) -> None:
        self._slots = request_slots(connection, heartbeat, sleep=self._sleep)
        self._clients = [self._client_of(connection)]
        self._client = self._clients[0]
        self._format = format
        self._folder = folder / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        has_selection = options.task_folders and not format.has_fixed_names
        self._selection_in_names = selection.pk if has_selection else None
        self._known_tasks = known_tasks
        self._choice, self._split = options.objects, options.split
        self._stop = heartbeat.stopped
        self._ended = Event()
        self._rows = {task.task_id: task for task in selection.tasks.all()}
        self._chosen = frame_rows.chosen(selection)
        self._broken = BrokenObjects(format)  # as far as the room of pictures is asked for
        self._pending: deque[PictureLine] = deque()  # written to the part, objects not yet
        self._writing: PictureWriting | None = None
        self._for_room = ObjectsOfTasks(self._labels, self._folder)
        self._for_paths = ObjectsOfTasks(self._labels, self._folder)
        self._picture_paths: PicturePaths | None = None
        self._for_labels = ObjectsOfTasks(self._labels, self._folder)
        self._results = self._result_reading(results) if results is not None else None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="annotations")
        # First the labels of all tasks, without which no file can be begun.
        self._label_futures = {
            task_id: self._pool.submit(self._read_labels, task_id, chosen.jobs[0])
            for task_id, chosen in self._chosen.items()
        }
        self._task_futures = {
            task_id: self._pool.submit(self._read_task, task_id) for task_id in self._chosen
        }

    def close(self) -> None:
        """End the thread, and break off its requests."""
        self._ended.set()
        futures: list[Future[Any]] = [*self._label_futures.values(), *self._task_futures.values()]
        end_threads(self._pool, futures, *self._clients)
        for client in self._clients:
            client.close()
        if self._writing is not None:
            self._writing.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def with_paths(self, entry: Entry | ListedFrame) -> Entry | ListedFrame:
        """The picture under the paths where the format expects it, if these depend on its objects.
        Asked for in the order of the frames."""
        if self._format.picture_paths is None or entry.line is None:
            return entry
        if self._picture_paths is None:
            self._picture_paths = self._format.picture_paths(self._tasks())
        picture = self._picture(entry.line | {"path": entry.path})
        self._task(picture.task_id)
        path, *copies = self._picture_paths(self._for_paths.image(picture))
        return entry._replace(path=path, copies=copies)

    def room(self, line: Line | None) -> Room:
        if line is None:
            return self._format.part_room(self._tasks())
        picture = self._picture(line)
        self._task(picture.task_id)
        image = self._for_room.image(picture)
        room, _ = self._broken.without(picture, image, self._format.image_room)
        return room

    def labels_on(self, frame: WantedFrame) -> FrameLabels:
        """The labels on a frame of the selection. Frames are asked for in their order."""
        task = self._task(frame.task_id)
        shapes = self._for_labels.on(frame.task_id, frame.frame)
        is_complete = not any(frame.frame in each for each in task.unread)
        return FrameLabels(frozenset(shape.label.name for shape in shapes), is_complete)

    def add(self, line: Line) -> None:
        self._pending.append(self._picture(line))
        # The objects of some pictures, as far as they are known: so they are written while frames
        # are fetched, and not after that.
        for _ in range(CATCH_UP):
            if not self._pending or not self._is_known(self._pending[0].task_id):
                return
            self._write_next()

    def entries(self, part: int | None) -> Iterator[Entry]:
        self._write_pending()
        suffix = part_suffix(part, selection=self._selection_in_names)
        for file in self._present_writing().files(suffix):
            yield Entry(file.path, file.content, file.size)

    def about(self) -> dict[str, Any]:
        """What the manifest says of the annotations, after the last picture."""
        self._write_pending()
        tasks = [self._task(task_id) for task_id in self._task_futures]
        if self._results is not None:
            tasks = [self._results.annotations]
        written = self._present_writing().summary()
        problems = [problem for task in tasks for problem in task.problems]
        left_out = sum((task.left_out for task in tasks), Counter(written.left_out))
        attributes = sum((task.attributes_left_out for task in tasks), Counter())
        jobs = [job_id for task in tasks for job_id in task.jobs_left_out]
        jobs_left_out = {
            "jobs_left_out_count": len(jobs),
            "jobs_left_out": jobs[:MOST_MANIFEST_PROBLEMS],
        }
        return {
            "annotations": {
                "format": self._format.key,
                "objects_count": written.objects,
                "problems_count": sum(task.problems_count for task in tasks) + written.broken_count,
                "problems": [*problems, *written.problems][:MOST_MANIFEST_PROBLEMS],
                "left_out": dict(left_out),
                "attributes_left_out": dict(attributes.most_common(MOST_MANIFEST_PROBLEMS)),
                **(jobs_left_out if jobs else {}),
                **({"annotations_from": self._results.about()} if self._results else {}),
            }
        }

    def _write_next(self) -> None:
        """Write the objects of the next picture; waits until they are read."""
        picture = self._pending.popleft()
        self._task(picture.task_id)
        if self._results is not None:
            row = self._rows.get(picture.task_id)
            self._results.note_size(picture, is_of_video=bool(row and row.video))
        self._present_writing().add(picture)

    def _write_pending(self) -> None:
        while self._pending:
            self._write_next()

    def _present_writing(self) -> PictureWriting:
        if self._writing is None:
            frames = sum(len(chosen.frames) for chosen in self._chosen.values())
            kind = ProcessWriting if frames >= PROCESS_FROM else PictureWriter
            self._writing = kind(self._format, self._tasks(), self._folder)
        return self._writing

    def _is_known(self, task_id: int) -> bool:
        last = next(reversed(self._label_futures.values()))
        return last.done() and self._task_futures[task_id].done()

    def _client_of(self, connection: Connection) -> CvatClient:
        return connection.client(patient=True, sleep=self._sleep, around_attempt=self._slots.one)

    def _result_reading(self, results: Results) -> ResultReading:
        self._clients.append(self._client_of(results.connection))
        return ResultReading(
            self._clients[-1],
            results,
            self._chosen,
            folder=self._folder,
            format=self._format,
            choice=self._choice,
        )

    def _read_labels(self, task_id: int, job_id: int) -> Labels | CvatError:
        """Those of the objects that are in the files."""
        if self._results is not None:
            return self._results.labels
        return read_labels(self._client, task_id, job_id)

    def _read_task(self, task_id: int) -> TaskAnnotations:
        """In the thread, after the labels were read."""
        labels = self._label_futures[task_id].result()
        if self._results is not None:
            job_id = self._chosen[task_id].jobs[0]
            return self._results.read(task_id, read_labels(self._client, task_id, job_id))
        while not wait([self._known_tasks], timeout=LONGEST_SLEEP).done:
            self._sleep(0)
        known = self._known_tasks.result()
        return read_task(
            self._client,
            task_id,
            self._chosen[task_id],
            labels,
            [job for job in known.jobs.values() if job.task_id == task_id],
            deleted=partial(self._deleted, known.origins, task_id),
            into=stored_path(self._folder, task_id),
            format=self._format,
            choice=self._choice,
        )

    def _deleted(self, known: Origins, task_id: int, jobs: Sequence[Job]) -> Collection[int]:
        """The deleted frames on jobs of a task. Raises Stopped, CvatError."""
        deleted = known.deleted(task_id, jobs)
        return origins.read(self._client, task_id, jobs).deleted if deleted is None else deleted

    def _sleep(self, seconds: float) -> None:
        """For the thread that reads. Raises Stopped when the build has ended."""
        sleep(seconds, self._ended, self._stop)

    def _task(self, task_id: int) -> TaskAnnotations:
        return wait_for(self._task_futures[task_id], stop=self._stop)

    def _tasks(self) -> list[AnnotatedTask]:
        return [self._annotated(task_id) for task_id in self._task_futures]

    def _annotated(self, task_id: int) -> AnnotatedTask:
        row = self._rows.get(task_id)
        name, video = (row.name, row.video) if row else ("", "")
        subset = self._subset(task_id)
        splits = self._split.possible(self._subset(each) for each in self._task_futures)
        return AnnotatedTask(task_id, name, subset, bool(video), self._labels(task_id), splits)

    def _subset(self, task_id: int) -> str:
        row = self._rows.get(task_id)
        return row.subset if row else ""

    def _picture(self, line: Line) -> PictureLine:
        source = line.get("source_frame")
        return PictureLine(
            path=line["path"],
            width=line["width"] or 0,
            height=line["height"] or 0,
            task_id=line["task_id"],
            frame=line["frame"],
            source_frame=line["frame"] if source is None else source,
            subset=line.get("split") or self._subset(line["task_id"]),
        )

    def _labels(self, task_id: int) -> Labels:
        labels = wait_for(self._label_futures[task_id], stop=self._stop)
        return self._choice.renamed(labels) if isinstance(labels, Labels) else Labels(())
