"""Reads the annotations of jobs from CVAT and stores their index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf

from cvat.annotations import JobAnnotations, Labels, Shape
from cvat.client import CvatClient
from cvat.overlapping import FrameRange, objects_by_frame
from portal.caching import lock
from portal.exceptions import Busy
from selector import annotation_files
from selector.annotation_index import files
from selector.annotation_index.job_index import JobIndex, index_frames
from selector.services.index_input import IndexInput, JobPart

PATIENCE = 5.0  # seconds to wait for another process that reads the same job
CHECK_FRAMES = 1000  # a caller may end the reading after so many


class TooManyObjects(Exception):
    """The jobs hold more objects than the caller wants to wait for."""


def missing(given: IndexInput) -> list[JobPart]:
    """The parts without a stored index."""
    stored = set(files.stored(part.key for part in given.parts))
    return [part for part in given.parts if part.key not in stored]


def read_indexes(
    client: CvatClient,
    labels: Labels,
    parts: Iterable[JobPart],
    *,
    check: Callable[[], None] = lambda: None,
    after_each: Callable[[JobPart], None] = lambda _: None,
    when_busy: Callable[[Busy], None],
    most_objects: float = inf,
) -> None:
    """Read what is missing; each job once, however many ask. `check` is called every CHECK_FRAMES
    frames, and `when_busy` again and again while another process reads the same job: both may raise
    to end the reading. An index that the folder has no room for is not there afterwards. Raises
    TooManyObjects once there are more than `most_objects`, each counted on each of its frames, and
    CvatError."""
    reader = _Reader(client, labels, check, most_objects)
    for part in parts:
        while not files.stored([part.key]):
            try:
                with lock(part.key, patience=PATIENCE):
                    if not files.stored([part.key]):
                        files.save(part.key, reader.index(part))
                break  # also if the folder has no room for it: the next reading would end alike
            except Busy as error:
                when_busy(error)
        after_each(part)


class _Reader:
    """Reads jobs in the order of their frames. What overlaps with the next one is kept for it."""

    def __init__(
        self,
        client: CvatClient,
        labels: Labels,
        check: Callable[[], None],
        most_objects: float,
    ) -> None:
        self._client = client
        self._labels = labels
        self._check = check
        self._objects_left = most_objects
        self._read: dict[int, tuple[FrameRange, JobAnnotations]] = {}

    def index(self, part: JobPart) -> JobIndex:
        first = part.frames[0].frame
        self._read = {
            number: (job, annotations)
            for number, (job, annotations) in self._read.items()
            if job.stop_frame >= first
        }
        numbers = [frame.frame for frame in part.frames]
        objects = objects_by_frame(part.jobs, numbers, self._load, deleted=part.deleted)
        return index_frames(
            part.frames,
            self._bounded(objects),
            # What cannot be read may be on any frame of its job: it counts once, for the first.
            problems=lambda: self._load(part.jobs[0]).problems_count,
        )

    def _bounded(
        self, objects: Iterable[tuple[int, Sequence[Shape]]]
    ) -> Iterator[tuple[int, Sequence[Shape]]]:
        for count, on_frame in enumerate(objects):
            if count % CHECK_FRAMES == 0:
                self._check()
            self._objects_left -= len(on_frame[1])
            if self._objects_left < 0:
                raise TooManyObjects
            yield on_frame

    def _load(self, job: FrameRange) -> JobAnnotations:
        if job.id not in self._read:
            with annotation_files.temporary() as file:
                annotations = self._client.job_annotations(
                    job_id=job.id, labels=self._labels, into=file
                )
            self._read[job.id] = job, annotations
        return self._read[job.id][1]
