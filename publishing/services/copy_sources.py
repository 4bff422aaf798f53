"""What annotations are copied from: the pictures of a task or a file and the objects on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.auth.models import User

from cvat.annotations import Shape
from cvat.client import CvatClient
from cvat.exceptions import CvatError
from cvat.types import Frame, FrameCatalog
from portal.exceptions import InvalidInput
from publishing import readers
from publishing.copying import MOST_FRAMES, MOST_OBJECTS, NamedPicture
from publishing.readers.relative import RelativeObject
from publishing.services.reading_objects import UNNAMED, read_every_object
from selections.archives.annotation_reading import read_labels
from selections.archives.annotation_store import StoredObjects
from selections.archives.entries import ChosenFrames
from selections.services.counting_place import counting_place
from selector.cvat_requests import cvat_client
from selector.models import Connection

SAME_TASK = (
    "Task {task} is both the one to copy from and the one to copy to. Name another task to copy to."
)


@dataclass(frozen=True, slots=True)
class CopySource:
    """Pictures, and the objects on them; the frames of the objects are those of the pictures.
    `relative` are objects whose place depends on the sizes of the pictures; `unread` counts what
    could not be read, by the reason."""

    name: str
    pictures: Sequence[NamedPicture]
    shapes: Sequence[Shape]
    unread: Mapping[str, int] = field(default_factory=dict)
    relative: Sequence[RelativeObject] = ()

    @property
    def objects(self) -> Iterator[Shape | RelativeObject]:
        return chain(self.shapes, self.relative)


def read_source(
    *, connection: Connection, task_id: int, to_connection: Connection, to_task_id: int
) -> CopySource:
    """What is annotated in a task, tracks as single objects, to copy it to another one. Raises
    InvalidInput for a task that is too large, and for one and the same task, Busy, CvatError."""
    if (connection.url, task_id) == (to_connection.url, to_task_id):
        raise InvalidInput(SAME_TASK.format(task=task_id))
    with cvat_client(connection) as client:
        catalog = read_catalog(client, task_id)
        shapes, unread = _read_objects(client, catalog)
    name = f"task {task_id} ({catalog.task_name})" if catalog.task_name else f"task {task_id}"
    return CopySource(name, pictures(catalog.frames), shapes, unread)


def read_file(*, user: User, name: str, data: bytes) -> CopySource:
    """What is annotated in a file, whose reading takes up to half a minute. Raises InvalidInput for
    one that cannot be read, Busy."""
    try:
        with counting_place(user):
            reading = readers.read(data)
    except readers.BadFile as error:
        raise InvalidInput(f"The file cannot be read. {error}") from None
    return CopySource(
        name, reading.pictures, reading.shapes, dict(reading.unread), reading.relative
    )


def read_catalog(client: CvatClient, task_id: int) -> FrameCatalog:
    """The frames of a task, or of the jobs of it that the user may see."""
    catalog = client.task_catalog(client.show_task(task_id))
    if len(catalog.frames) > MOST_FRAMES:
        raise InvalidInput(
            f"Task {task_id} has {len(catalog.frames):,} frames, and annotations are copied "
            f"between tasks of at most {MOST_FRAMES:,}."
        )
    return catalog


def pictures(frames: Iterable[Frame]) -> list[NamedPicture]:
    """Frames of a video have the names that they get in a ZIP and in a new task."""
    return [
        NamedPicture(
            frame.frame,
            frame.filename or f"frame_{frame.frame:06d}.png",
            frame.width,
            frame.height,
            is_of_video=not frame.filename,
        )
        for frame in frames
    ]


def too_many_objects() -> InvalidInput:
    return InvalidInput(
        f"There are more than {MOST_OBJECTS:,} objects to copy, which is the most at a time. Copy "
        "from a task or file with fewer."
    )


def _read_objects(
    client: CvatClient, catalog: FrameCatalog
) -> tuple[list[Shape], Mapping[str, int]]:
    if not catalog.frames:
        return [], {}
    task_id = catalog.task_id
    labels = read_labels(client, task_id, catalog.frames[0].job_id)
    if isinstance(labels, CvatError):
        raise labels
    chosen = ChosenFrames()
    for frame in sorted(catalog.frames, key=lambda frame: frame.frame):
        chosen.add(frame.frame, frame.job_id)
    with TemporaryDirectory(prefix="annotations-") as folder:
        path = Path(folder) / f"{task_id}.jsonl"
        read = read_every_object(client, task_id, chosen, labels, into=path)
        stored, shapes = StoredObjects(path, labels), list[Shape]()
        for number in chosen.frames:
            shapes += stored.on(number)
            if len(shapes) > MOST_OBJECTS:
                raise too_many_objects()
    unread = Counter(problem["reason"] for problem in read.problems)
    if unnamed := read.problems_count - len(read.problems):
        unread[UNNAMED] = unnamed
    return shapes, unread
