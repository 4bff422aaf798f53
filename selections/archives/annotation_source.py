"""The files of annotations in an archive: read from CVAT while frames are fetched, written in one
of the formats of selections.formats."""

from __future__ import annotations

import shutil
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple, TypeVar

from django.conf import settings

from cvat.annotations import Labels, Shape
from cvat.types import Place
from portal.work.heartbeat import Heartbeat
from portal.work.slots import Slots
from selections.archives import frame_rows
from selections.archives.annotation_reading import (
    TaskAnnotations,
    object_problem,
    read_labels,
    read_task,
)
from selections.archives.annotation_store import StoredObjects
from selections.archives.arrangement import FrameLabels
from selections.archives.entries import Entry, Line, ListedFrame, WantedFrame
from selections.archives.naming import part_suffix
from selections.archives.threads import end_threads, sleep, wait_for
from selections.formats.format import (
    BROKEN_OBJECT,
    AnnotatedImage,
    AnnotatedTask,
    Format,
    PicturePaths,
    Room,
    Writer,
)
from selections.models import ArchiveOptions, Selection
from selector.models import Connection

FOLDER = "annotations"  # in the spool folder of the archive
MOST_MANIFEST_PROBLEMS = 1000  # that the manifest names; the others are counted
T = TypeVar("T")
CATCH_UP = 3  # at most so many waiting pictures are written at each `add`


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
        *,
        folder: Path,
        heartbeat: Heartbeat,
    ) -> None:
        slots = Slots(
            url=connection.url,
            limit=settings.CVAT_MAX_REQUESTS,
            lease=heartbeat.limits.stale_seconds,
            sleep=self._sleep,
        )
        heartbeat.at_beat.append(slots.renew)
        self._client = connection.client(patient=True, sleep=self._sleep, around_attempt=slots.one)
        self._format = format
        self._folder = folder / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        has_selection = options.task_folders and not format.has_fixed_names
        self._selection_in_names = selection.pk if has_selection else None
        self._choice, self._split = options.objects, options.split
        self._stop = heartbeat.stopped
        self._ended = Event()
        self._rows = {task.task_id: task for task in selection.tasks.all()}
        self._chosen = frame_rows.chosen(selection)
        # Objects that the format fails on: positions in the lists of (task, frame), first problems.
        self._broken: dict[Place, set[int]] = {}
        self._problems: list[Line] = []
        self._pending: deque[_Picture] = deque()  # written to the part, objects not yet
        self._writer: Writer | None = None
        self._objects = 0  # written
        self._left_out: Counter[str] = Counter()  # not written: how many objects, by the reason
        self._for_room = _Objects(self._labels, self._stored)
        self._for_entries = _Objects(self._labels, self._stored)
        self._for_paths = _Objects(self._labels, self._stored)
        self._picture_paths: PicturePaths | None = None
        self._for_labels = _Objects(self._labels, self._stored)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="annotations")
        # First the labels of all tasks, without which no file can be begun.
        self._label_futures = {
            task_id: self._pool.submit(read_labels, self._client, task_id, chosen.jobs[0])
            for task_id, chosen in self._chosen.items()
        }
        self._task_futures = {
            task_id: self._pool.submit(self._read_task, task_id) for task_id in self._chosen
        }

    def close(self) -> None:
        """End the thread, and break off its requests."""
        self._ended.set()
        futures: list[Future[Any]] = [*self._label_futures.values(), *self._task_futures.values()]
        end_threads(self._pool, futures, self._client)
        self._client.close()
        if self._writer is not None:
            self._writer.close()
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
        return self._without_broken(picture, image, self._format.image_room)

    def _without_broken(
        self, picture: _Picture, image: AnnotatedImage, use: Callable[[AnnotatedImage], T]
    ) -> T:
        """What the format makes of a picture, without the objects that the format fails on."""
        key = picture.task_id, picture.frame
        try:
            return use(_without(image, self._broken.get(key, ())))
        except BROKEN_OBJECT:
            positions = range(len(image.shapes))
            self._broken[key] = {
                position for position in positions if self._is_broken(image, position)
            }
            for position in sorted(self._broken[key]):
                self._name_broken(picture, image.shapes[position])
            return use(_without(image, self._broken[key]))

    def _is_broken(self, image: AnnotatedImage, position: int) -> bool:
        """Whether the format fails on one object of a picture."""
        try:
            self._format.image_room(image._replace(shapes=[image.shapes[position]]))
        except BROKEN_OBJECT:
            return True
        return False

    def _name_broken(self, picture: _Picture, shape: Shape) -> None:
        if len(self._problems) >= MOST_MANIFEST_PROBLEMS:
            return
        where = {"task_id": picture.task_id, "frame": picture.frame, "object_id": shape.id}
        self._problems.append(object_problem(self._format.cannot_hold, **where))

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
        writer, self._writer = self._present_writer(), None
        suffix = part_suffix(part, selection=self._selection_in_names)
        with closing(writer):
            for file in writer.files(suffix):
                yield Entry(file.path, file.content, file.size)

    def about(self) -> dict[str, Any]:
        """What the manifest says of the annotations, after the last picture."""
        self._write_pending()
        tasks = [self._task(task_id) for task_id in self._task_futures]
        problems = [problem for task in tasks for problem in task.problems] + self._problems
        jobs = [job_id for task in tasks for job_id in task.jobs_left_out]
        jobs_left_out = {
            "jobs_left_out_count": len(jobs),
            "jobs_left_out": jobs[:MOST_MANIFEST_PROBLEMS],
        }
        return {
            "annotations": {
                "format": self._format.key,
                "objects_count": self._objects,
                "problems_count": sum(task.problems_count for task in tasks)
                + sum(map(len, self._broken.values())),
                "problems": problems[:MOST_MANIFEST_PROBLEMS],
                "left_out": dict(sum((task.left_out for task in tasks), self._left_out)),
                **(jobs_left_out if jobs else {}),
            }
        }

    def _write_next(self) -> None:
        """Write the objects of the next picture; waits until they are read."""
        picture = self._pending.popleft()
        self._task(picture.task_id)
        image = self._for_entries.image(picture)
        reasons = self._without_broken(picture, image, self._present_writer().add)
        broken = self._broken.get((picture.task_id, picture.frame), ())
        self._objects += len(image.shapes) - len(broken) - len(reasons)
        self._left_out.update(reasons)

    def _write_pending(self) -> None:
        while self._pending:
            self._write_next()

    def _present_writer(self) -> Writer:
        if self._writer is None:
            self._writer = self._format.writer(self._tasks(), self._folder)
        return self._writer

    def _is_known(self, task_id: int) -> bool:
        last = next(reversed(self._label_futures.values()))
        return last.done() and self._task_futures[task_id].done()

    def _read_task(self, task_id: int) -> TaskAnnotations:
        """In the thread, after the labels were read."""
        labels = self._label_futures[task_id].result()
        into, chosen = self._stored(task_id), self._chosen[task_id]
        return read_task(
            self._client,
            task_id,
            chosen,
            labels,
            into=into,
            format=self._format,
            choice=self._choice,
        )

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

    def _picture(self, line: Line) -> _Picture:
        source = line.get("source_frame")
        return _Picture(
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

    def _stored(self, task_id: int) -> Path:
        return self._folder / f"task_{task_id}.jsonl"


class _Picture(NamedTuple):
    """What is needed of a line of the manifest."""

    path: str
    width: int
    height: int
    task_id: int
    frame: int
    source_frame: int
    subset: str


def _without(image: AnnotatedImage, positions: Collection[int]) -> AnnotatedImage:
    """The picture without those of its objects that stand at some positions of the list."""
    if not positions:
        return image
    shapes = [shape for position, shape in enumerate(image.shapes) if position not in positions]
    return image._replace(shapes=shapes)


class _Objects:
    """The objects on frames of tasks that were read, asked for in the order of task and frame."""

    def __init__(self, labels: Callable[[int], Labels], stored: Callable[[int], Path]) -> None:
        self._labels = labels
        self._stored = stored
        self._task_id: int | None = None
        self._objects: StoredObjects | None = None

    def on(self, task_id: int, frame: int) -> list[Shape]:
        if self._objects is None or task_id != self._task_id:
            self._task_id = task_id
            self._objects = StoredObjects(self._stored(task_id), self._labels(task_id))
        return self._objects.on(frame)

    def image(self, picture: _Picture) -> AnnotatedImage:
        return AnnotatedImage(
            picture.path,
            picture.width,
            picture.height,
            picture.task_id,
            picture.source_frame,
            self.on(picture.task_id, picture.frame),
            picture.subset,
        )
