"""Writes the objects of pictures, which are in the files of annotation_store, in a format.

No Django: this can happen in a process of its own (annotation_process.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from cvat.annotations import Labels, Shape
from cvat.types import Place
from selections.archives.annotation_store import StoredObjects
from selections.archives.entries import Line
from selections.formats.format import (
    BROKEN_OBJECT,
    AnnotatedImage,
    AnnotatedTask,
    File,
    Format,
    Writer,
)

MOST_MANIFEST_PROBLEMS = 1000  # that the manifest names; the others are counted
T = TypeVar("T")


class PictureLine(NamedTuple):
    """What is needed of a line of the manifest."""

    path: str
    width: int
    height: int
    task_id: int
    frame: int
    source_frame: int
    subset: str


class Summary(NamedTuple):
    """What was written, and what was not."""

    objects: int
    left_out: Mapping[str, int]  # how many objects, by the reason
    broken_count: int  # objects that the format failed on
    problems: Sequence[Line]  # the first of these


class PictureWriting(Protocol):
    """Writes pictures whose tasks were read. The methods can be called from one thread alone."""

    def add(self, picture: PictureLine) -> None: ...

    def files(self, suffix: str) -> Iterator[File]:
        """The files of the part that ends, see Writer. The next picture begins another part."""

    def summary(self) -> Summary:
        """Of all parts so far."""

    def close(self) -> None: ...


def object_problem(reason: str, **where: Any) -> Line:
    """The problem of an object that is not in the files."""
    return {**where, "reason": f"The object was left out: {reason}."}


def stored_path(folder: Path, task_id: int) -> Path:
    """Where the objects of a task are."""
    return folder / f"task_{task_id}.jsonl"


class PictureWriter:
    """A PictureWriting in this process. `folder` holds the files of the tasks, and temporary
    files."""

    def __init__(self, format: Format, tasks: Sequence[AnnotatedTask], folder: Path) -> None:  # noqa: A002
        self._format = format
        self._tasks = tasks
        self._folder = folder
        labels = {task.id: task.labels for task in tasks}
        self._objects = ObjectsOfTasks(labels.__getitem__, folder)
        self._broken = BrokenObjects(format)
        self._writer: Writer | None = None
        self._count = 0
        self._left_out: Counter[str] = Counter()

    def add(self, picture: PictureLine) -> None:
        image = self._objects.image(picture)
        reasons, written = self._broken.without(picture, image, self._present_writer().add)
        self._count += written - len(reasons)
        self._left_out.update(reasons)

    def files(self, suffix: str) -> Iterator[File]:
        writer, self._writer = self._present_writer(), None
        try:
            yield from writer.files(suffix)
        finally:
            writer.close()

    def summary(self) -> Summary:
        broken = self._broken
        return Summary(self._count, self._left_out, broken.count, broken.problems)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _present_writer(self) -> Writer:
        if self._writer is None:
            self._writer = self._format.writer(self._tasks, self._folder)
        return self._writer


class BrokenObjects:
    """Finds the objects that a format fails on. `problems` holds the first of them."""

    def __init__(self, format: Format) -> None:  # noqa: A002
        self._format = format
        self._positions: dict[Place, set[int]] = {}  # in the lists of (task, frame)
        self.count = 0
        self.problems: list[Line] = []

    def without(
        self, picture: PictureLine, image: AnnotatedImage, use: Callable[[AnnotatedImage], T]
    ) -> tuple[T, int]:
        """What the format makes of a picture without the objects that the format fails on, and the
        number of those that remain."""
        key = picture.task_id, picture.frame
        if key not in self._positions:
            try:
                return use(image), len(image.shapes)
            except BROKEN_OBJECT:
                self._positions[key] = self._find(picture, image)
        remaining = _without(image, self._positions[key])
        return use(remaining), len(remaining.shapes)

    def _find(self, picture: PictureLine, image: AnnotatedImage) -> set[int]:
        positions = [n for n in range(len(image.shapes)) if self._is_broken(image, n)]
        self.count += len(positions)
        for position in positions:
            if len(self.problems) < MOST_MANIFEST_PROBLEMS:
                where = {"task_id": picture.task_id, "frame": picture.frame}
                number = image.shapes[position].id
                reason = self._format.cannot_hold
                self.problems.append(object_problem(reason, **where, object_id=number))
        return set(positions)

    def _is_broken(self, image: AnnotatedImage, position: int) -> bool:
        """Whether the format fails on one object of a picture."""
        try:
            self._format.image_room(image._replace(shapes=[image.shapes[position]]))
        except BROKEN_OBJECT:
            return True
        return False


def _without(image: AnnotatedImage, positions: Collection[int]) -> AnnotatedImage:
    """The picture without those of its objects that stand at some positions of the list."""
    shapes = [shape for position, shape in enumerate(image.shapes) if position not in positions]
    return image._replace(shapes=shapes)


class ObjectsOfTasks:
    """The objects on frames of tasks that were read, asked for in the order of task and frame."""

    def __init__(self, labels: Callable[[int], Labels], folder: Path) -> None:
        self._labels = labels
        self._folder = folder
        self._task_id: int | None = None
        self._objects: StoredObjects | None = None

    def on(self, task_id: int, frame: int) -> list[Shape]:
        if self._objects is None or task_id != self._task_id:
            self._task_id = task_id
            path = stored_path(self._folder, task_id)
            self._objects = StoredObjects(path, self._labels(task_id))
        return self._objects.on(frame)

    def image(self, picture: PictureLine) -> AnnotatedImage:
        return AnnotatedImage(
            picture.path,
            picture.width,
            picture.height,
            picture.task_id,
            picture.source_frame,
            self.on(picture.task_id, picture.frame),
            picture.subset,
        )
