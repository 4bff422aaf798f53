"""A catalogue as a small JSON document, as the browser gets it and the cache stores it. Pure.

The frames stand in columns, each in the order of the frames:

- `job`, `number`, `size` are run lengths. `job`: [job_index, count, ...], the index in `jobs` of
  the first job that holds the frame. Overlapping jobs hold it too: a job holds all frames from its
  `start` to its `stop`, but one that `recompresses` only those that name it. `frames_count` of a
  job is how many it holds.
  `number`: [first, count, ...], the task frames first, first + 1, ... `size`: [width, height,
  count, ...]. The counts of each column add up to the number of frames.
- `name`: {"prefix", "suffix", "rest"}. The name of the i-th frame is prefix + rest[i] + suffix.
  An empty `rest` stands for "" in every frame; a video, which has no names, has three empty parts.

`deleted_frames` and `honeypot_frames`, which are left out, are run lengths like `number`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, groupby, repeat, takewhile
from operator import attrgetter
from typing import Any, TypeVar

from cvat.frames import frames_by_job
from cvat.links import job_link, task_link
from cvat.types import Frame, FrameCatalog, Job

Document = dict[str, Any]
Value = TypeVar("Value")


def document(catalog: FrameCatalog, base_url: str) -> Document:
    """`base_url` is CVAT's, where the `cvat_url`s lead."""
    frames = catalog.frames
    indexes = {job.id: index for index, job in enumerate(catalog.jobs)}
    sizes = _runs(map(attrgetter("width", "height"), frames))
    frames_of_job = frames_by_job(frames, catalog.jobs)
    return {
        "task": {
            "id": catalog.task_id,
            "name": catalog.task_name,
            "mode": catalog.mode,
            "project_id": catalog.project_id,
            "cvat_url": task_link(base_url, catalog.task_id),
            "start_frame": catalog.start_frame,
            "step": catalog.step,
            "video": catalog.video,
        },
        "jobs": [
            _job(job, len(frames_of_job[job.id]), job_link(base_url, catalog.task_id, job.id))
            for job in catalog.jobs
        ],
        "version": catalog.chunks_updated_date,
        "frames": {
            "job": _flat(_runs(indexes[frame.job_id] for frame in frames)),
            "number": _ranges([frame.frame for frame in frames]),
            "size": _flat((*size, count) for size, count in sizes),
            "name": _names([frame.filename for frame in frames]),
        },
        "deleted": catalog.deleted_count,
        "honeypots": catalog.honeypot_count,
        "deleted_frames": _ranges(catalog.deleted_frames),
        "honeypot_frames": _ranges(catalog.honeypot_frames),
        "through_jobs": catalog.through_jobs,
        "other_jobs": [{"id": job.id, "type": job.type} for job in catalog.other_jobs],
    }


def frames_of(document: Document) -> tuple[Frame, ...]:
    """The frames of a document, as the catalogue had them."""
    columns, task_id = document["frames"], document["task"]["id"]
    ids = [job["id"] for job in document["jobs"]]
    jobs = chain.from_iterable(repeat(ids[index], n) for index, n in _tuples(columns["job"], 2))
    numbers = chain.from_iterable(range(a, a + n) for a, n in _tuples(columns["number"], 2))
    sizes = chain.from_iterable(repeat((w, h), n) for w, h, n in _tuples(columns["size"], 3))
    names = columns["name"]
    prefix, suffix = names["prefix"], names["suffix"]
    filenames: Iterable[str] = (prefix + rest + suffix for rest in names["rest"] or repeat(""))
    return tuple(
        Frame(task_id, job, number, name, width, height)
        for job, number, (width, height), name in zip(jobs, numbers, sizes, filenames, strict=False)
    )


def _job(job: Job, frames_count: int, url: str) -> Document:
    return {
        "id": job.id,
        "start": job.start_frame,
        "stop": job.stop_frame,
        "stage": job.stage,
        "state": job.state,
        "assignee": job.assignee,
        "type": job.type,
        "chunk_size": job.chunk_size,
        "frames_count": frames_count,
        "recompresses": job.recompresses,
        "cvat_url": url,
    }


def _runs(values: Iterable[Value]) -> list[tuple[Value, int]]:
    """Each value and how many times it stands there in a row."""
    return [(value, len(list(same))) for value, same in groupby(values)]


def _ranges(numbers: Sequence[int]) -> list[int]:
    """Run lengths of consecutive numbers: their distance to their index stays the same."""
    distances = (number - index for index, number in enumerate(numbers))
    counts = [count for _, count in _runs(distances)]
    starts = accumulate(counts, initial=0)
    return _flat((numbers[start], count) for count, start in zip(counts, starts, strict=False))


def _names(names: Sequence[str]) -> Document:
    prefix = _common_start(names)
    rest = [name[len(prefix) :] for name in names]
    suffix = _common_start([part[::-1] for part in rest])[::-1]
    if suffix:
        rest = [part[: -len(suffix)] for part in rest]
    return {"prefix": prefix, "suffix": suffix, "rest": rest if any(rest) else []}


def _common_start(texts: Sequence[str]) -> str:
    """The common start of all: of the first and the last in order, which differ earliest."""
    first, last = min(texts, default=""), max(texts, default="")
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return first[: sum(1 for _ in same)]


def _flat(runs: Iterable[tuple[int, ...]]) -> list[int]:
    return list(chain.from_iterable(runs))


def _tuples(flat: Sequence[int], width: int) -> Iterator[tuple[int, ...]]:
    return zip(*[iter(flat)] * width, strict=True)
