"""The annotations of a new task: those on the frames that it is made of, read before it is made and
written into its jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from cvat.annotations import Labels
from cvat.client import CvatClient
from cvat.exceptions import CvatError
from cvat.types import Job
from cvat.writing import AnnotationWriter
from cvat.writing.conversion import convert
from cvat.writing.objects import OBJECTS_AT_ONCE
from portal.work.heartbeat import Heartbeat
from publishing.left_out import LeftOut
from publishing.models import Publication
from publishing.new_task_requests import annotation_creation
from publishing.services.reading_objects import UNNAMED, read_every_object
from publishing.services.spools import spool_of
from publishing.services.writing import Writing
from selections.archives.annotation_reading import TaskAnnotations, read_labels
from selections.archives.annotation_store import StoredObjects
from selections.archives.entries import ChosenFrames, Line
from selector.worker_requests import connection_of, worker_client

FOLDER = "annotations"  # in the spool folder of the publication
OBJECT = "The object was left out: {reason}."
ATTRIBUTE = (
    "The value of an attribute was left out: the label “{label}” of the new task has no attribute "
    "“{attribute}”."
)


def read(
    publication: Publication, heartbeat: Heartbeat, lines: Sequence[Line]
) -> NewTaskAnnotations:
    """Read what is annotated on the frames, through the connection that reads. `lines` are those of
    the manifest: one for each frame of the new task, in order. Raises NotConnected, Stopped,
    CvatError."""
    connection = connection_of(publication)
    annotations = NewTaskAnnotations(lines)
    folder = spool_of(publication.pk).folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with worker_client(connection, heartbeat) as client:
        for task_id, of_task in groupby(lines, key=itemgetter("task_id")):
            heartbeat.check()
            heartbeat.say(f"Reading the annotations of task {task_id}.")
            annotations.read_task(client, task_id, list(of_task), folder / f"{task_id}.jsonl")
    heartbeat.say("")
    return annotations


class NewTaskAnnotations:
    """The objects on the frames of a new task, in files, and what of them is left out."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._objects: dict[int, StoredObjects] = {}
        self._left_out = LeftOut()

    def read_task(
        self, client: CvatClient, task_id: int, lines: Sequence[Line], into: Path
    ) -> None:
        """Read the objects on the frames of a task into a file. Raises CvatError."""
        chosen = ChosenFrames()
        for line in lines:
            chosen.add(line["frame"], line["job_id"])
        labels = read_labels(client, task_id, chosen.jobs[0])
        self._note_unread(task_id, read_every_object(client, task_id, chosen, labels, into=into))
        known = Labels(()) if isinstance(labels, CvatError) else labels
        self._objects[task_id] = StoredObjects(into, known)

    def write(self, writing: Writing, task_id: int) -> dict[str, Any]:
        """Write the objects into the jobs of the new task, each once: an earlier attempt may have
        written some. A frame of two jobs has them in the first. Returns the columns of what was
        left out. Raises Stopped, CvatError."""
        client, heartbeat = writing.client, writing.heartbeat
        labels, writer = client.labels(task_id=task_id), AnnotationWriter(client)
        jobs = [job for job in client.jobs(task_id) if job.is_annotation]
        first = 0
        with writing.step(annotation_creation(task_id)):
            for number, job in enumerate(sorted(jobs, key=lambda job: job.start_frame), 1):
                heartbeat.check()
                heartbeat.say(f"Writing annotations: job {number:,} of {len(jobs):,}.")
                self._write_job(writer, job, range(first, job.stop_frame + 1), labels)
                first = max(first, job.stop_frame + 1)
        heartbeat.say("")
        return self._left_out.columns

    def _write_job(self, writer: AnnotationWriter, job: Job, frames: range, labels: Labels) -> None:
        before, sent = 0, self._sent(frames, labels)
        while batch := list(islice(sent, OBJECTS_AT_ONCE)):
            objects: dict[str, list[dict[str, Any]]] = {"tags": [], "shapes": [], "tracks": []}
            for kind, each in batch:
                objects[kind].append(each)
            before += writer.ensure_annotations(job.id, objects, before=before)

    def _sent(self, frames: range, labels: Labels) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each object on these frames of the new task, and the list in which CVAT takes it."""
        for new_frame in frames:
            task_id, frame = itemgetter("task_id", "frame")(self._lines[new_frame])
            shapes = self._objects[task_id].on(frame)
            result = convert(shapes, labels, frames={frame: new_frame})
            for lost in result.left_out:
                reason = OBJECT.format(reason=lost.reason)
                where = {"frame": lost.frame, "object_id": lost.object_id}
                self._left_out.add(reason, task_id=task_id, **where)
            for (label, name), count in result.attributes_left_out.items():
                reason = ATTRIBUTE.format(label=label, attribute=name)
                self._left_out.add(reason, task_id=task_id, frame=frame, count=count)
            yield from (("tags", tag) for tag in result.tags)
            yield from (("shapes", shape) for shape in result.shapes)

    def _note_unread(self, task_id: int, read: TaskAnnotations) -> None:
        """Note what could not be read of a task."""
        for problem in read.problems:
            self._left_out.add(
                problem["reason"],
                task_id=task_id,
                frame=problem.get("frame"),
                object_id=problem.get("object_id"),
            )
        if unnamed := read.problems_count - len(read.problems):
            self._left_out.add(UNNAMED, task_id=task_id, count=unnamed)
