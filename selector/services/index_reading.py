"""Reads the annotations of jobs from CVAT and stores their index."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cvat.annotations import JobAnnotations, Labels
from cvat.client import CvatClient
from cvat.overlapping import FrameRange, objects_by_frame
from portal.caching import lock
from portal.exceptions import Busy
from selector import annotation_files
from selector.annotation_index import files
from selector.annotation_index.job_index import JobIndex, index_frames
from selector.services.index_sources import IndexSources, JobSource

PATIENCE = 5.0  # seconds to wait for another process that reads the same job


def missing(sources: IndexSources) -> list[JobSource]:
    """Those of which no index is stored."""
    stored = set(files.stored(source.key for source in sources.jobs))
    return [source for source in sources.jobs if source.key not in stored]


def read_indexes(
    client: CvatClient,
    labels: Labels,
    sources: Iterable[JobSource],
    *,
    after_each: Callable[[JobSource], None] = lambda _: None,
    when_busy: Callable[[Busy], None],
) -> None:
    """Read what is missing; each job once, however many ask. `when_busy` is called again and again
    while another process reads the same job, and may raise. Raises CvatError."""
    reader = _Reader(client, labels)
    for source in sources:
        while not files.stored([source.key]):
            try:
                with lock(source.key, patience=PATIENCE):
                    if not files.stored([source.key]):
                        files.save(source.key, reader.index(source))
            except Busy as error:
                when_busy(error)
        after_each(source)


class _Reader:
    """Reads jobs in the order of their frames. What overlaps with the next one is kept for it."""

    def __init__(self, client: CvatClient, labels: Labels) -> None:
        self._client = client
        self._labels = labels
        self._read: dict[int, tuple[FrameRange, JobAnnotations]] = {}

    def index(self, source: JobSource) -> JobIndex:
        first = source.frames[0].frame
        self._read = {
            number: (job, annotations)
            for number, (job, annotations) in self._read.items()
            if job.stop_frame >= first
        }
        numbers = [frame.frame for frame in source.frames]
        objects = objects_by_frame(source.jobs, numbers, self._load, deleted=source.deleted)
        return index_frames(
            source.frames,
            objects,
            # What cannot be read may be on any frame of its job: it counts once, for the first.
            problems=lambda: self._load(source.jobs[0]).problems_count,
        )

    def _load(self, job: FrameRange) -> JobAnnotations:
        if job.id not in self._read:
            with annotation_files.temporary() as file:
                annotations = self._client.job_annotations(
                    job_id=job.id, labels=self._labels, into=file
                )
            self._read[job.id] = job, annotations
        return self._read[job.id][1]
