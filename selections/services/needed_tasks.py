"""Reading only those tasks of which a draw takes frames.

Ranks need no answer of CVAT, and the jobs say which numbers a task has at most. So of a project
with many tasks only those are read in which the lowest ranks lie, until as many frames were found
as the draw takes: the same frames as if all had been read.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain, islice
from operator import attrgetter

from cvat.frames import frames_by_job
from cvat.types import Frame, FrameCatalog, Place, ShownTask
from selections.draws import Draw
from selections.sampling import JobDraw, Sample, TaskDraw, lowest, place_of
from selector.services.scopes import OpenScope, check_size, holders

ALWAYS_READ = 50  # so many tasks are all read: then the answer counts their frames exactly


@dataclass(frozen=True, slots=True)
class UnreadTask:
    """A task that no drawn frame is of. `frames` are those that it has at most: deleted ones are
    among them."""

    task: ShownTask
    frames: list[Frame]


def may_read_few(draw: Draw) -> bool:
    """Whether what is drawn depends on the lowest ranks alone, and these on numbers alone."""
    by_names = draw.narrows_names or draw.exclude_filenames
    needs_frames = by_names or draw.annotation_filter or draw.job_ids
    return draw.by.takes_lowest and draw.count is not None and not needs_frames


def read_needed(
    opened: OpenScope, draw: Draw, excluded: AbstractSet[Place]
) -> tuple[list[FrameCatalog], list[UnreadTask]]:
    """The catalogues of the tasks of which the draw takes frames, by id, and the other tasks. The
    draw must have its seed and count. Raises InvalidInput, CvatError."""
    check_size(opened.tasks)
    possible = {each.task_id: _possible(each, draw, excluded) for each in opened.tasks}
    count = sum(map(len, possible.values()))
    frames = chain.from_iterable(possible.values())
    ranked = iter(lowest(frames, count=count, seed=draw.seed or 0))
    read: dict[int, FrameCatalog] = {}
    offered: set[Place] = set()
    missing = draw.count or 0
    while batch := list(islice(ranked, missing)):
        for catalog in opened.read({frame.task_id for frame in batch} - read.keys()):
            read[catalog.task_id] = catalog
            offered |= _offered(catalog, draw)
        missing -= sum(place_of(frame) in offered for frame in batch)
    unread = [
        UnreadTask(each, possible[each.task_id])
        for each in opened.tasks
        if each.task_id not in read
    ]
    return [read[task_id] for task_id in sorted(read)], unread


def with_unread(
    sample: Sample, unread: list[UnreadTask], draw: Draw, task_of_job: dict[int, int]
) -> Sample:
    """The sample with the tasks that were not read and their jobs among those that gave nothing."""
    tasks = [*sample.tasks, *(TaskDraw(each.task.task_id, 0, len(each.frames)) for each in unread)]
    jobs = [*sample.jobs, *(job for each in unread for job in _job_draws(each, draw))]
    return replace(
        sample,
        total=sample.total + sum(len(each.frames) for each in unread),
        tasks=tuple(sorted(tasks, key=attrgetter("task_id"))),
        jobs=tuple(sorted(jobs, key=lambda job: task_of_job[job.job_id])),
    )


def _possible(shown: ShownTask, draw: Draw, excluded: AbstractSet[Place]) -> list[Frame]:
    numbers: set[int] = set()
    for job in filter(draw.takes_job, holders(shown)):
        numbers.update(range(job.start_frame, job.stop_frame + 1))
    frames = [Frame(shown.task_id, 0, number, "", 0, 0) for number in sorted(numbers)]
    kept = draw.narrow(frames) if draw.narrows_frames else frames
    return [frame for frame in kept if place_of(frame) not in excluded]


def _offered(catalog: FrameCatalog, draw: Draw) -> set[Place]:
    held = frames_by_job(catalog.frames, filter(draw.takes_job, catalog.jobs))
    return {place_of(frame) for frames in held.values() for frame in frames}


def _job_draws(unread: UnreadTask, draw: Draw) -> list[JobDraw]:
    numbers = [frame.frame for frame in unread.frames]
    return [
        JobDraw(
            job.id,
            0,
            bisect_right(numbers, job.stop_frame) - bisect_left(numbers, job.start_frame),
        )
        for job in filter(draw.takes_job, holders(unread.task))
    ]
