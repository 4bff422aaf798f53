"""What is annotated on the frames of a task or a job: labels with their counts, and filters.

The index of each job is on disk for all who may see the job (annotation_index/). It is used only if
CVAT has listed the job to the asker's own connection within the last seconds, and read anew when
the job has changed. A few frames with few objects are read at once, others by a worker
(AnnotationIndexing), and meanwhile the answers say how many jobs were read.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from cvat.annotations import Labels
from cvat.frames import frames_of_jobs
from cvat.types import FrameCatalog, Job
from portal.caching import cache_get, cache_set, get_or_make
from portal.exceptions import Conflict, InvalidInput, NotRead
from portal.work.models import lock_person
from selector.annotation_index import files
from selector.annotation_index.cache import IndexCache, read_index
from selector.annotation_index.filter import AnnotationFilter
from selector.annotation_index.task_index import TaskIndex
from selector.annotation_index.words import listed
from selector.cvat_requests import answer_key, cvat_client, waiting_place
from selector.models import AnnotationIndexing, Connection, TaskReadingQuerySet
from selector.services.catalogs import load_catalog, load_packed
from selector.services.frame_annotations import DATE_SECONDS
from selector.services.index_input import IndexInput, JobPart, index_input, read_version
from selector.services.index_reading import TooManyObjects, missing, read_indexes
from selector.services.task_reading import begin_reading

# What a request reads itself. An object counts on each of its frames.
MOST_JOBS_AT_ONCE, MOST_FRAMES_AT_ONCE, MOST_OBJECTS_AT_ONCE = 8, 1000, 200_000
PLAN_SECONDS = 900
MOST_NAMED = 50  # labels in a message

_indexes = IndexCache()


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """What belongs to an index, without the frames: small, to be cached."""

    task_id: int
    job_id: int | None
    task_name: str
    labels: Labels
    frames_count: int
    keys: tuple[str, ...]

    @classmethod
    def of(cls, given: IndexInput) -> IndexPlan:
        return cls(
            task_id=given.catalog.task_id,
            job_id=given.job_id,
            task_name=given.catalog.task_name,
            labels=given.labels,
            frames_count=len(given.catalog.frames),
            keys=tuple(part.key for part in given.parts),
        )

    @property
    def digest(self) -> str:
        return hashlib.sha256("".join(self.keys).encode()).hexdigest()


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
    plan = get_or_make(
        answer_key(connection, "annotation index", task_id, job_id),
        DATE_SECONDS,
        lambda: _plan(connection, task_id, job_id),
        waiting=functools.partial(waiting_place, connection),
    )
    known = KnownAnnotations(plan, _index(plan), None)
    if known.is_complete:
        return known
    if (work := _indexings(plan, connection).active().first()) is not None:
        return replace(known, work=work)
    return _known(connection, _input(connection, task_id, job_id))


def _plan(connection: Connection, task_id: int | None, job_id: int | None) -> IndexPlan:
    """The plan for what CVAT shows now. That of a large task takes a second to make: it is used
    again while catalogue, labels and dates are the same."""
    packed = load_packed(connection=connection, task_id=task_id, job_id=job_id)
    version = read_version(connection, packed.shell, job_id)
    parts = ("index plan", job_id, packed.etag, version.digest)
    key = "cvat:" + hashlib.sha256(repr(parts).encode()).hexdigest()
    plan: IndexPlan | None = cache_get(key)
    if plan is None:
        plan = IndexPlan.of(index_input(connection, packed.catalog(), job_id))
        cache_set({key: plan}, PLAN_SECONDS)
    return replace(plan, labels=version.labels)  # with the colours of today


def read_annotations(
    *, connection: Connection, catalog: FrameCatalog, job_id: int | None
) -> KnownAnnotations:
    """All annotations of the frames of a catalogue, which is that of its task or of the job. Raises
    NotRead while a worker reads them; Conflict, Busy, CvatError."""
    known = _known(connection, index_input(connection, catalog, job_id))
    if not known.is_complete:
        source = f"task {catalog.task_id}"
        raise NotRead(source, jobs_read=known.jobs_read, jobs_count=known.jobs_count)
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
    if (absent := missing(given)) and not _read_at_once(connection, plan, absent):
        read_annotations(connection=connection, catalog=catalog, job_id=None)
        if (absent := missing(given)) and not _read_at_once(connection, plan, absent):
            raise InvalidInput(
                f"The jobs that were chosen of task {catalog.task_id} overlap with too many others "
                "for their objects to be counted now. Choose the objects of all jobs to see a "
                "count of all."
            )
    return KnownAnnotations(plan, _index(plan), None)


def _input(connection: Connection, task_id: int | None, job_id: int | None) -> IndexInput:
    catalog = load_catalog(connection=connection, task_id=task_id, job_id=job_id)
    return index_input(connection, catalog, job_id)


def _known(connection: Connection, given: IndexInput) -> KnownAnnotations:
    plan, work = IndexPlan.of(given), None
    if (absent := missing(given)) and not _read_at_once(connection, plan, absent):
        work = _request_indexing(connection, plan, missing(given))
    return KnownAnnotations(plan, _index(plan), work)


def _read_at_once(connection: Connection, plan: IndexPlan, absent: Sequence[JobPart]) -> bool:
    """Whether these parts were read now: not if they are too many or a worker reads them."""
    if not _are_few(absent) or _indexings(plan, connection).active().exists():
        return False
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
        return False
    if len(files.stored(part.key for part in absent)) < len(absent):
        raise _not_stored(f"annotations of {plan.task_name}")
    return True


def _index(plan: IndexPlan) -> TaskIndex:
    """Of all jobs that were read so far. Only one of all jobs is worth to be cached."""
    stored = files.stored(plan.keys)
    return _indexes.load(stored) if stored == plan.keys else read_index(stored)


def _indexings(plan: IndexPlan, connection: Connection) -> TaskReadingQuerySet[AnnotationIndexing]:
    """The works that read these annotations for the connection."""
    own = AnnotationIndexing.objects.for_user(connection.owner)
    return own.filter(connection=connection, task_id=plan.task_id, job_id=plan.job_id)


def _are_few(parts: Sequence[JobPart]) -> bool:
    frames_count = sum(len(part.frames) for part in parts)
    return len(parts) <= MOST_JOBS_AT_ONCE and frames_count <= MOST_FRAMES_AT_ONCE


def _raise(error: Exception) -> None:
    raise error


def _request_indexing(
    connection: Connection, plan: IndexPlan, absent: Sequence[JobPart]
) -> AnnotationIndexing:
    """The work that reads the annotations, which may be under way already. Raises Conflict if it
    ended just now without having read them."""
    user = connection.owner
    with transaction.atomic():
        lock_person(user.pk)  # of two requests at once, the second finds the work of the first
        last = _indexings(plan, connection).first()
        if last is not None and last.is_active:
            return last
        if last is not None and last.ended_just_now:
            _refuse_again(last, plan)
        return begin_reading(
            AnnotationIndexing(
                requested_by=user,
                connection=connection,
                task_id=plan.task_id,
                job_id=plan.job_id,
                task_name=plan.task_name[:500],
                digest=plan.digest,
                frames_total=sum(len(part.frames) for part in absent),
            )
        )


def _refuse_again(last: AnnotationIndexing, plan: IndexPlan) -> None:
    """Raise Conflict if the same work would only end again as it did a moment ago."""
    title = f"{last.title[0].lower()}{last.title[1:]}"
    if last.status == last.Status.FAILED:
        raise Conflict(f"Reading the {title} failed: {last.error} Try again in a minute.")
    if last.status == last.Status.CANCELLED:
        raise Conflict(f"Reading the {title} was cancelled. Try again in a minute.")
    if last.digest == plan.digest:
        raise _not_stored(title)


def _not_stored(title: str) -> Conflict:
    return Conflict(
        f"The {title} were read, but are not in the portal's folder of annotations. Ask the "
        "operator of the portal whether the folder has room, and whether all web servers and "
        "workers share it."
    )


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
