"""What an index of annotations is made from: the frames that each job serves, the jobs that have
objects on them, and their dates. Only jobs that CVAT shows to the asker's own connection."""

from __future__ import annotations

import hashlib
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from cvat.annotations import Label, Labels
from cvat.client import CvatClient
from cvat.types import Frame, FrameCatalog, Job
from portal.exceptions import Conflict
from selector.annotation_index import job_index
from selector.cvat_requests import cached_answer
from selector.job_access import GRANT_SECONDS, job_access
from selector.models import Connection
from selector.services.frame_annotations import DATE_SECONDS, job_labels

# A server that does not tell when a job changed is asked again after so long: long enough for a
# worker to read a large task, whose jobs would otherwise never be all there at once.
UNKNOWN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class JobPart:
    """Frames that one job serves, ascending, at least one. `jobs` are all that have objects on
    them, the one that serves them first. `key` changes when any of these, or CVAT's date of a job,
    changes."""

    key: str
    jobs: tuple[Job, ...]
    frames: tuple[Frame, ...]
    deleted: frozenset[int]  # in the ranges of the jobs


@dataclass(frozen=True, slots=True)
class IndexInput:
    catalog: FrameCatalog
    job_id: int | None  # None: the whole task
    labels: Labels
    parts: tuple[JobPart, ...]


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
class IndexVersion:
    """What changes an index beside the frames. `dates`: when each job that CVAT shows changed."""

    labels: Labels
    dates: Mapping[int, str]

    @property
    def digest(self) -> str:
        values = (job_index.VERSION, _definition(self.labels), sorted(self.dates.items()))
        return hashlib.sha256(repr(values).encode()).hexdigest()


def read_version(connection: Connection, catalog: FrameCatalog, job_id: int | None) -> IndexVersion:
    """Labels and dates of the jobs, as CVAT shows them to the connection; cached. Does not use
    `catalog.frames`. Raises Busy, CvatError."""

    def ask(client: CvatClient) -> dict[int, str]:
        unknown = str(time.time() // UNKNOWN_SECONDS)
        return {job.id: job.updated_date or unknown for job in client.job_dates(catalog.task_id)}

    question = ("dates of jobs", catalog.task_id)
    dates = cached_answer(connection, question, DATE_SECONDS, ask)
    return IndexVersion(_labels(connection, catalog, job_id), dates)


def index_input(connection: Connection, catalog: FrameCatalog, job_id: int | None) -> IndexInput:
    """The input for all frames of a catalogue, which must be that of the task or of the job.
    Raises Conflict, Busy, CvatError."""
    version = read_version(connection, catalog, job_id)
    if job_id is None:
        served = _served(catalog)
    else:  # its own objects alone, also where another job serves its pictures
        job = job_access(connection, job_id).job
        served = [_Served((job,), catalog.frames)] if catalog.frames else []
    seed = repr((job_index.VERSION, connection.url, _definition(version.labels))).encode()
    parts = []
    for jobs, frames in served:
        deleted = _deleted(catalog, jobs)
        key = hashlib.sha256(seed)
        key.update(repr([(job.id, _date(catalog.task_id, version, job)) for job in jobs]).encode())
        for name in ("frame", "width", "height"):
            key.update(array("q", map(attrgetter(name), frames)).tobytes())
        key.update(array("q", deleted).tobytes())
        parts.append(JobPart(key.hexdigest(), jobs, tuple(frames), frozenset(deleted)))
    return IndexInput(catalog, job_id, version.labels, tuple(parts))


class _Served(NamedTuple):
    jobs: tuple[Job, ...]
    frames: Sequence[Frame]


def _served(catalog: FrameCatalog) -> list[_Served]:
    """The frames that each job serves, and the jobs that hold some of them: in the order of jobs
    these are the one that serves them, and later ones."""
    by_job: dict[int, list[Frame]] = {job.id: [] for job in catalog.jobs}
    for frame in catalog.frames:
        by_job[frame.job_id].append(frame)
    annotated = [job for job in catalog.jobs if job.is_annotation]
    served = []
    for index, job in enumerate(catalog.jobs):
        frames = by_job[job.id]
        if not frames:
            continue
        later = annotated[index + 1 :] if job.is_annotation else []
        first_behind = bisect_right(later, frames[-1].frame, key=attrgetter("start_frame"))
        served.append(_Served((job, *later[:first_behind]), frames))
    return served


def _deleted(catalog: FrameCatalog, jobs: Sequence[Job]) -> tuple[int, ...]:
    first = bisect_left(catalog.deleted_frames, min(job.start_frame for job in jobs))
    end = bisect_right(catalog.deleted_frames, max(job.stop_frame for job in jobs))
    return catalog.deleted_frames[first:end]


def _date(task_id: int, version: IndexVersion, job: Job) -> str:
    if job.id not in version.dates:
        raise Conflict(
            f"CVAT does not show job {job.id} of task {task_id} to you any more. "
            "Try again in a minute."
        )
    return version.dates[job.id]


def _labels(connection: Connection, catalog: FrameCatalog, job_id: int | None) -> Labels:
    if job_id is not None:
        return job_labels(connection, job_id)
    return cached_answer(
        connection,
        ("labels of task", catalog.task_id),
        GRANT_SECONDS,
        lambda client: client.labels_through(catalog.task_id, catalog.jobs[0].id),
    )


def _definition(labels: Labels) -> list[object]:
    """What of the labels changes the index."""
    return [_of_label(label) for label in labels]


def _of_label(label: Label) -> tuple[object, ...]:
    attributes = [(each.id, each.name, each.is_mutable, each.default) for each in label.attributes]
    return label.id, label.name, attributes, [_of_label(each) for each in label.sublabels]
