"""Reads the annotations of chosen frames of a task from CVAT. No Django."""

from __future__ import annotations

import heapq
import logging
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from cvat.annotation_json import read_annotations
from cvat.annotations import JobAnnotations, Labels, Shape
from cvat.client import CvatClient
from cvat.exceptions import CvatError
from cvat.overlapping import FrameRange, objects_by_frame
from cvat.types import Job
from selections.archives import annotation_store
from selections.archives.annotation_requests import AnnotationRequests
from selections.archives.annotation_writing import object_problem
from selections.archives.entries import ChosenFrames, Line
from selections.archives.refusals import FRAME_ERRORS
from selections.formats.format import BROKEN_OBJECT, ELEMENT, Format, every_attribute
from selections.object_choice import EVERY_OBJECT, ObjectChoice

logger = logging.getLogger(__name__)

MOST_TASK_PROBLEMS = 200  # that are named, of a task; the others are counted


class TaskAnnotations(NamedTuple):
    """What was read of a task, besides the objects, which are in a file, see annotation_store."""

    problems: list[Line]  # the first MOST_TASK_PROBLEMS
    problems_count: int
    left_out: Counter[str]  # what the format has no place for: how many objects, by the reason
    attributes_left_out: Counter[str]  # and how many values of attributes, by their names
    unread: Sequence[Container[int]] = ()  # frames whose objects are not all known
    jobs_left_out: Sequence[int] = ()  # ids of jobs whose objects were not asked for


def read_labels(client: CvatClient, task_id: int, job_id: int) -> Labels | CvatError:
    """The labels of a task, or why CVAT refuses them. Raises any other CvatError."""
    try:
        return client.labels_through(task_id, job_id)
    except FRAME_ERRORS as error:
        return error


def read_task(
    client: CvatClient,
    task_id: int,
    chosen: ChosenFrames,
    labels: Labels | CvatError,
    jobs: Sequence[Job],
    *,
    deleted: Callable[[Sequence[Job]], Collection[int]],
    into: Path,
    format: Format,  # noqa: A002  (the word of the field)
    choice: ObjectChoice = EVERY_OBJECT,
) -> TaskAnnotations:
    """Read the annotations of the chosen frames into a file: those of the choice that the format
    can hold. `jobs` are all of the task, `deleted` returns the deleted frames on some of them. What
    CVAT refuses is named in the problems. Raises CvatError."""
    return _Reading(client, task_id, chosen, into, format, choice).run(labels, jobs, deleted)


class _Reading:
    def __init__(
        self,
        client: CvatClient,
        task_id: int,
        chosen: ChosenFrames,
        into: Path,
        format: Format,  # noqa: A002
        choice: ObjectChoice,
    ) -> None:
        self._client = client
        self._task_id = task_id
        self._chosen = chosen
        self._into = into
        self._format = format
        self._choice = choice
        self._unread: list[range] = []
        self._jobs_left_out: set[int] = set()
        self._left_out: Counter[str] = Counter()
        self._attributes_left_out: Counter[str] = Counter()
        self._labels = Labels(())
        self._problems: list[Line] = []
        self._problems_count = 0

    def run(
        self,
        labels: Labels | CvatError,
        jobs: Sequence[Job],
        deleted_on: Callable[[Sequence[Job]], Collection[int]],
    ) -> TaskAnnotations:
        try:
            if isinstance(labels, CvatError):
                raise labels
            self._labels = labels
            groups = list(self._groups(jobs))
            # The keyframes of a track are on frames of the whole job: of each job that is read, the
            # deleted frames are known.
            loaded = {
                job.id: job for holders, frames in groups for job in holders if _holds(job, frames)
            }
            in_order = sorted(loaded.values(), key=lambda job: (job.start_frame, job.id))
            numbers = [job.id for job in in_order]
            with closing(AnnotationRequests(self._client, numbers, self._into.parent)) as requests:
                deleted = deleted_on(in_order) if in_order else ()
                load = partial(self._load, requests)
                by_frame = heapq.merge(
                    *(
                        objects_by_frame(holders, frames, load, deleted=deleted)
                        for holders, frames in groups
                    ),
                    key=itemgetter(0),
                )
                annotation_store.write(self._into, self._chosen_objects(by_frame))
        except FRAME_ERRORS as error:
            self._into.write_bytes(b"")
            self._unread.append(range(self._chosen.frames[-1] + 1))
            self._name_problem(count=1, reason=f"The annotations could not be read. {error}")
        return TaskAnnotations(
            self._problems,
            self._problems_count,
            self._left_out,
            self._attributes_left_out,
            self._unread,
            sorted(self._jobs_left_out),
        )

    def _groups(self, jobs: Sequence[Job]) -> Iterator[tuple[list[Job], list[int]]]:
        """Jobs, and the frames whose objects are read from them: from the annotation jobs, but from
        another job for frames that could be chosen from that job alone."""
        others = {job.id: job for job in jobs if not job.is_annotation}
        numbers = zip(self._chosen.frames, self._chosen.jobs, strict=True)
        by_job: dict[int | None, list[int]] = {}
        for frame, job_id in numbers:
            by_job.setdefault(job_id if job_id in others else None, []).append(frame)
        for key, frames in by_job.items():
            holders = [job for job in jobs if job.is_annotation] if key is None else [others[key]]
            taken = [job for job in holders if self._choice.takes_job(job)]
            passed_over = (job for job in holders if not self._choice.takes_job(job))
            self._jobs_left_out |= {job.id for job in passed_over if _holds(job, frames)}
            yield taken, frames

    def _load(self, requests: AnnotationRequests, job: FrameRange) -> JobAnnotations:
        frames = self._chosen.frames
        first, end = bisect_left(frames, job.start_frame), bisect_left(frames, job.stop_frame + 1)
        try:
            with closing(requests.take(job.id)) as file:
                annotations = read_annotations(file, self._labels, frozenset(frames[first:end]))
        except FRAME_ERRORS as error:
            logger.info("the annotations of job %s are not known: %s", job.id, error)
            self._unread.append(range(job.start_frame, job.stop_frame + 1))
            self._name_problem(
                count=1, job_id=job.id, reason=f"Its annotations are missing. {error}"
            )
            return JobAnnotations()
        for problem in annotations.problems:
            where = {"job_id": job.id, "frame": problem.frame, "object_id": problem.object_id}
            self._name_problem(count=0, **object_problem(problem.reason, **where))
        self._problems_count += annotations.problems_count
        return annotations

    def _chosen_objects(
        self, by_frame: Iterable[tuple[int, list[Shape]]]
    ) -> Iterator[tuple[int, list[Shape]]]:
        for frame, shapes in by_frame:
            chosen = (shape for shape in shapes if self._choice.takes_label(shape.label.name))
            yield frame, [shape for shape in chosen if self._can_hold(shape)]

    def _can_hold(self, shape: Shape) -> bool:
        if reason := self._format.unsupported_reason(shape):
            self._left_out[reason] += 1
            return False
        if reason := self._broken_reason(shape):
            where = {"frame": shape.frame, "object_id": shape.id}
            self._name_problem(count=1, **object_problem(reason, **where))
            return False
        self._count_attributes(shape)
        return True

    def _count_attributes(self, shape: Shape) -> None:
        """Count the values of attributes that the format has no place for."""
        if self._format.holds_attribute is every_attribute:
            return  # there is nothing to look at in the many objects of most builds
        self._count_attributes_of(shape, shape.kind)
        for point in shape.elements:
            self._count_attributes_of(point, ELEMENT)

    def _count_attributes_of(self, shape: Shape, kind: str) -> None:
        for name, value in shape.attributes:
            if value and not self._format.holds_attribute(kind, name):
                self._attributes_left_out[name] += 1

    def _broken_reason(self, shape: Shape) -> str:
        try:
            return self._format.broken_reason(shape)
        except BROKEN_OBJECT:
            return self._format.cannot_hold

    def _name_problem(self, *, count: int, **problem: Any) -> None:
        self._problems_count += count
        if len(self._problems) < MOST_TASK_PROBLEMS:
            self._problems.append({"task_id": self._task_id, **problem})


def _holds(job: Job, frames: Sequence[int]) -> bool:
    """Whether one of the ascending frames is within the job."""
    index = bisect_left(frames, job.start_frame)
    return index < len(frames) and frames[index] <= job.stop_frame
