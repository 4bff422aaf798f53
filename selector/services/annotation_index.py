"""What is annotated on the frames of a task or a job: labels with their counts, and filters.

The index of each job is on disk for all who may see the job (annotation_index/). It is used only if
CVAT has listed the job to the asker's own connection within the last seconds, and read anew when
the job has changed. A few frames with few objects are read at once, others by a worker
(AnnotationIndexing), and meanwhile the answers say how many jobs were read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from cvat.frames import frames_of_jobs
from cvat.types import FrameCatalog, Job
from portal.caching import cache_get, cache_set, get_or_make
from portal.exceptions import InvalidInput, NotRead
from selector.annotation_index import files
from selector.annotation_index.cache import IndexCache, read_index
from selector.annotation_index.filter import AnnotationFilter
from selector.annotation_index.task_index import TaskIndex
from selector.annotation_index.words import listed
from selector.cvat_requests import answer_key, cvat_client, side_by_side, waiting_place
from selector.models import AnnotationIndexing, Connection
from selector.services.catalogs import PackedCatalog, load_catalog, load_packed
from selector.services.frame_annotations import DATE_SECONDS
from selector.services.index_input import (
    IndexInput,
    IndexPlan,
    IndexVersion,
    JobPart,
    index_input,
    read_version,
)
from selector.services.index_reading import TooManyObjects, missing, read_indexes
from selector.services.index_requests import indexings, not_stored, request_indexing

# What a request reads itself. An object counts on each of its frames.
MOST_JOBS_AT_ONCE, MOST_FRAMES_AT_ONCE, MOST_OBJECTS_AT_ONCE = 8, 1000, 200_000
PLAN_SECONDS = 900
MOST_NAMED = 50  # labels in a message
# Larger tasks are read one after the other: the frames of only one are in memory.
MOST_FRAMES_SIDE_BY_SIDE = 10_000

_indexes = IndexCache()


class Source(NamedTuple):
    """A task, or a job."""

    task_id: int | None
    job_id: int | None


@dataclass(frozen=True, slots=True)
class KnownAnnotations:
    """What is known of the annotations of a task or a job. `work` reads what is missing."""

    plan: IndexPlan
    index: TaskIndex
    work: AnnotationIndexing | None

    @property
    def work_id(self) -> int | None:
        return None if self.work is None or self.is_complete else self.work.pk

    @property
    def jobs_count(self) -> int:
        return len(self.plan.keys)

    @property
    def jobs_read(self) -> int:
        return self.index.jobs_count

    @property
    def is_complete(self) -> bool:
        return self.jobs_read == self.jobs_count

    def matching(self, conditions: AnnotationFilter) -> int:
        """The set of the frames that fulfil the filter, of those that were read. Raises
        InvalidInput for labels and attributes that are not those of the task."""
        _check_names(self.plan, conditions)
        return self.index.matching(conditions)

    def frames_with(self, labels: Sequence[str]) -> dict[str, int]:
        """The sets of the frames with each of the labels; without labels, of all the task has."""
        _check_names(self.plan, AnnotationFilter(labels_any=tuple(labels)))
        names = labels or sorted(label.name for label in self.plan.labels)
        return {name: self.index.by_label.get(name, 0) for name in names}


def known_annotations(
    *, connection: Connection, task_id: int | None = None, job_id: int | None = None
) -> KnownAnnotations:
    """What is known at the moment of the annotations of a task or a job; what is missing is read
    now if it is little, else by a worker. Raises Conflict, Busy, CvatError."""
    [known] = _known_of(connection, [Source(task_id, job_id)])
    return known


def known_of_tasks(*, connection: Connection, task_ids: Sequence[int]) -> list[KnownAnnotations]:
    """The same of each of some tasks, in their order; CVAT is asked about a few at a time. Raises
    as `known_annotations`, for the first task that it cannot tell of."""
    return _known_of(connection, [Source(task_id, None) for task_id in task_ids])


def _known_of(connection: Connection, sources: Sequence[Source]) -> list[KnownAnnotations]:
    known: dict[Source, KnownAnnotations] = {}
    small: list[Source] = []
    large: list[Source] = []
    for source, plan in zip(sources, _present_plans(connection, sources), strict=True):
        known[source] = KnownAnnotations(plan, _index(plan), None)
        if known[source].is_complete:
            continue
        works = indexings(connection, plan.task_id, job_id=plan.job_id).active()
        if (work := works.first()) is not None:
            known[source] = replace(known[source], work=work)
        else:
            (small if plan.frames_count <= MOST_FRAMES_SIDE_BY_SIDE else large).append(source)

    def read(source: Source) -> _Reading:
        catalog = load_catalog(connection=connection, **source._asdict())
        return _read_little(connection, index_input(connection, catalog, source.job_id))

    for source, reading in zip(small, side_by_side(connection, read, small), strict=True):
        known[source] = _known(connection, reading)
    for source in large:
        known[source] = _known(connection, read(source))
    return [known[source] for source in sources]


def _present_plans(connection: Connection, sources: Sequence[Source]) -> list[IndexPlan]:
    """The plans for what CVAT shows now, at most DATE_SECONDS old."""
    keys = {source: answer_key(connection, "annotation index", *source) for source in sources}
    plans: dict[Source, IndexPlan] = {
        source: plan for source, key in keys.items() if (plan := cache_get(key)) is not None
    }

    def ask(source: Source) -> tuple[PackedCatalog, IndexVersion]:
        packed = load_packed(connection=connection, **source._asdict())
        return packed, read_version(connection, packed.shell, source.job_id)

    asked = [source for source in keys if source not in plans]
    if asked:
        with waiting_place(connection):
            answers = side_by_side(connection, ask, asked)
            for source, (packed, version) in zip(asked, answers, strict=True):
                plans[source] = _plan(connection, packed, version, source.job_id)
        cache_set({keys[source]: plans[source] for source in asked}, DATE_SECONDS)
    return [plans[source] for source in sources]


def _plan(
    connection: Connection, packed: PackedCatalog, version: IndexVersion, job_id: int | None
) -> IndexPlan:
    """The plan, cached while catalogue, labels and dates are the same: to make that of a large
    task takes a second."""
    parts = ("index plan", job_id, packed.etag, version.digest)
    key = "cvat:" + hashlib.sha256(repr(parts).encode()).hexdigest()
    plan = get_or_make(
        key,
        PLAN_SECONDS,
        lambda: IndexPlan.of(index_input(connection, packed.catalog(), job_id)),
    )
    return replace(plan, labels=version.labels)  # the cached ones may have other colours


def read_annotations(
    *, connection: Connection, catalog: FrameCatalog, job_id: int | None
) -> KnownAnnotations:
    """All annotations of the frames of a catalogue, which is that of its task or of the job. Raises
    NotRead while a worker reads them; Conflict, Busy, CvatError."""
    [known] = read_annotations_of_tasks(connection=connection, catalogs=[catalog], job_id=job_id)
    return known


def read_annotations_of_tasks(
    *, connection: Connection, catalogs: Sequence[FrameCatalog], job_id: int | None = None
) -> list[KnownAnnotations]:
    """The same of each of some catalogues; of a few at a time. All that workers have to read is
    begun before NotRead is raised."""
    task_ids = [catalog.task_id for catalog in catalogs]
    works = indexings(connection, *task_ids, job_id=job_id).active()
    under_way = set(works.values_list("task_id", flat=True))

    def read(catalog: FrameCatalog) -> _Reading:
        given = index_input(connection, catalog, job_id)
        if catalog.task_id in under_way:
            return _Reading(IndexPlan.of(given), _count(missing(given)))
        return _read_little(connection, given)

    known = [_known(connection, each) for each in side_by_side(connection, read, catalogs)]
    unread = [
        NotRead(f"task {each.plan.task_id}", jobs_read=each.jobs_read, jobs_count=each.jobs_count)
        for each in known
        if not each.is_complete
    ]
    if unread:
        raise NotRead.of_all(unread)
    return known


def read_annotations_of_jobs(
    *, connection: Connection, catalog: FrameCatalog, jobs: Sequence[Job]
) -> KnownAnnotations:
    """The annotations that some jobs of the catalogue of a task hold, of their frames. Raises as
    `read_annotations`, and InvalidInput if the jobs overlap with too many others: what overlaps is
    read for these jobs alone, and no worker does that."""
    frames = frames_of_jobs(catalog.frames, jobs)
    given = index_input(connection, replace(catalog, jobs=tuple(jobs), frames=frames), None)
    plan = IndexPlan.of(given)
    if _read_little(connection, given).frames_left:
        read_annotations(connection=connection, catalog=catalog, job_id=None)
        if _read_little(connection, given).frames_left:
            raise InvalidInput(
                f"The jobs that were chosen of task {catalog.task_id} overlap with too many others "
                "for their objects to be counted now. Choose the objects of all jobs to see a "
                "count of all."
            )
    return KnownAnnotations(plan, _index(plan), None)


class _Reading(NamedTuple):
    plan: IndexPlan
    frames_left: int  # whose annotations are still to be read


def _read_little(connection: Connection, given: IndexInput) -> _Reading:
    """Read what is missing, if that is little. Uses no database. Raises Conflict, Busy,
    CvatError."""
    plan, absent = IndexPlan.of(given), missing(given)
    if not absent or not _are_few(absent):
        return _Reading(plan, _count(absent))
    try:
        with cvat_client(connection) as client:
            read_indexes(
                client,
                plan.labels,
                absent,
                when_busy=_raise,
                most_objects=MOST_OBJECTS_AT_ONCE,
            )
    except TooManyObjects:
        return _Reading(plan, _count(missing(given)))
    if missing(given):
        raise not_stored(f"annotations of {plan.task_name}")
    return _Reading(plan, 0)


def _known(connection: Connection, reading: _Reading) -> KnownAnnotations:
    """What is known after the reading; a worker is asked to read the rest."""
    plan, left = reading
    work = request_indexing(connection, plan, frames_count=left) if left else None
    return KnownAnnotations(plan, _index(plan), work)


def _index(plan: IndexPlan) -> TaskIndex:
    """The index of the jobs that were read so far. It is cached once all jobs were read."""
    stored = files.stored(plan.keys)
    return _indexes.load(stored) if stored == plan.keys else read_index(stored)


def _are_few(parts: Sequence[JobPart]) -> bool:
    return len(parts) <= MOST_JOBS_AT_ONCE and _count(parts) <= MOST_FRAMES_AT_ONCE


def _count(parts: Sequence[JobPart]) -> int:
    return sum(len(part.frames) for part in parts)


def _raise(error: Exception) -> None:
    raise error


def _check_names(plan: IndexPlan, conditions: AnnotationFilter) -> None:
    labels = {label.name: label for label in plan.labels}
    existing = listed(list(labels), MOST_NAMED)
    for name in sorted(conditions.labels):
        if name not in labels:
            raise InvalidInput(f"Task {plan.task_id} has no label “{name}”. It has {existing}.")
    for each in conditions.attributes:
        names = [attribute.name for attribute in labels[each.label].attributes]
        if each.name not in names:
            raise InvalidInput(
                f"Label “{each.label}” has no attribute “{each.name}”. "
                f"It has {listed(names, MOST_NAMED)}."
            )
