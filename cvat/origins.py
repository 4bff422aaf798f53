"""Read the origin of frames that were chosen earlier: source numbers, the file name of the video,
and which of the frames are deleted in CVAT now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

from cvat import frames as numbering
from cvat.exceptions import CvatForbidden, CvatNotFound
from cvat.types import Job, Meta

# The meta of a task may take ten seconds (cvat-api 6.8): for frames of so few jobs the meta of each
# job is read instead.
FEW_JOBS = 3
_SIDE_BY_SIDE = 4


class MetaApi(Protocol):
    """The methods of CvatClient that are used here."""

    def task_meta(self, task_id: int) -> Meta: ...
    def job_meta(self, job_id: int) -> Meta: ...


@dataclass(frozen=True, slots=True)
class TaskOrigin:
    """Where the frames of a task come from. `start` is the source number of task frame 0, `deleted`
    holds task frames, `lists` the ids of ground-truth jobs that were made from a list of frames."""

    start: int
    step: int
    video: str = ""  # file name; "" for images
    is_video: bool = False
    deleted: frozenset[int] = frozenset()
    lists: frozenset[int] = frozenset()

    def source_frame(self, frame: int) -> int:
        return numbering.source_number(frame, start=self.start, step=self.step)


def read(cvat: MetaApi, task_id: int, jobs: Sequence[Job]) -> TaskOrigin:
    """The origin of a task, given those of its jobs from which frames were chosen.

    Raises CvatForbidden, CvatNotFound and other CvatErrors.
    """
    validation = [job for job in jobs if job.type == "ground_truth"]
    others = [job for job in jobs if job.type != "ground_truth"]
    metas = _metas(cvat, validation)
    lists = frozenset(n for n, meta in metas.items() if meta.included_sources is not None)
    if len(others) > FEW_JOBS or not jobs:
        try:
            return _origin([(None, cvat.task_meta(task_id)), *_pairs(validation, metas)], lists)
        except (CvatForbidden, CvatNotFound):
            if not jobs:
                raise
    metas |= _metas(cvat, others)
    return _origin(_pairs(jobs, metas), lists)


def with_lists(jobs: Iterable[Job], lists: Iterable[int]) -> list[Job]:
    """The jobs, with `is_list` set by whether their id is in `lists`."""
    known = frozenset(lists)
    return [replace(job, is_list=job.id in known) for job in jobs]


def _metas(cvat: MetaApi, jobs: Sequence[Job]) -> dict[int, Meta]:
    if not jobs:
        return {}
    ids = [job.id for job in jobs]
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        return dict(zip(ids, pool.map(cvat.job_meta, ids), strict=True))


def _pairs(jobs: Iterable[Job], metas: Mapping[int, Meta]) -> list[tuple[Job | None, Meta]]:
    return [(job, metas[job.id]) for job in jobs]


def _origin(pairs: Sequence[tuple[Job | None, Meta]], lists: frozenset[int]) -> TaskOrigin:
    """The origin from metas: that of a job begins at the job's first frame, that of a task (no job)
    at the task's."""
    job, meta = pairs[0]
    is_video = any(each.mode == "interpolation" for each, _ in pairs if each)
    is_video = is_video or len(meta.frames) == 1 < meta.size  # one entry for the whole file
    return TaskOrigin(
        start=numbering.task_start(meta, first=job.start_frame if job else 0),
        step=meta.step,
        video=meta.frames[0].name if is_video and meta.frames else "",
        is_video=is_video,
        deleted=frozenset().union(*(each.deleted_frames for _, each in pairs)),
        lists=lists,
    )
