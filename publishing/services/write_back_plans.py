"""Which objects are added to which job, and which are deleted, when results are written back.

A frame gets its objects in the first annotation job that holds it. Each attempt makes the plan anew
from what CVAT has by then: what an earlier attempt has written is the same as the results, and no
part of the plan any more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cvat.annotations import TAG, Labels, Shape
from cvat.differences import Differences, PairLimit, differences
from cvat.writing.conversion import Converted, convert, with_ids
from portal.exceptions import Conflict
from publishing import groups
from publishing.change import Change
from publishing.exceptions import ChoiceNeeded
from publishing.models import Publication
from publishing.results import ComparedFrame, Comparison, JobFrames
from publishing.services.results import read_comparison
from publishing.services.task_objects import ObjectReader
from publishing.writing_back import (
    KEEP,
    LEAVE_OUT,
    REPLACE,
    WriteBackOptions,
    count,
    object_creation,
    object_deletion,
)

# Of two overlapping jobs these are taken for one object if they are alike (docs/annotations.md).
JOINED = (TAG, "rectangle", "polygon")
MOST_NAMED = 10  # reasons of objects that cannot be taken

DOUBLED = (
    "On frame {frame} of task {task} there are too many objects to tell those that were moved from "
    "new ones, so objects would be there twice. Write the results in place of what is there."
)
LOST_OR_DOUBLED = (
    "On frame {frame} of task {task} there are too many objects to tell which of them belong "
    "together, and some are of tracks or do not fit the task: objects would be lost, or there "
    "twice. Publish fewer frames at a time."
)


@dataclass(slots=True)
class JobPlan:
    """`before` is how many objects the job has."""

    job_id: int
    before: int
    created: dict[str, Any] = field(default_factory=lambda: {"shapes": [], "tags": []})
    deleted: list[Shape] = field(default_factory=list)

    @property
    def deletions(self) -> dict[str, Any]:
        return with_ids(self.deleted)

    @property
    def changes(self) -> list[Change]:
        """Objects are added first, so that a frame never lacks both."""
        added = [object_creation(self.job_id, self.created)] if count(self.created) else []
        return [*added, *([object_deletion(self.job_id, self.deletions)] if self.deleted else [])]


@dataclass(slots=True)
class WriteBackPlan:
    """`unmatched` counts objects and values of attributes that a task cannot take, by the reason;
    `tracked_count` objects of tracks that stay as they are, although the results differ. `groups`
    are the numbers that groups of the results get, by the task of the frame and the job of the
    results: each job counts its groups from 1."""

    comparison: Comparison
    pairs: PairLimit  # of what each job has and the results
    groups: Mapping[tuple[int, int], Mapping[int, int]]
    jobs: dict[int, JobPlan] = field(default_factory=dict)
    unmatched: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    tracked_count: int = 0

    @property
    def changes(self) -> list[Change]:
        """In the order in which they are sent."""
        return [change for _, job in sorted(self.jobs.items()) for change in job.changes]

    def check_choices(self, options: WriteBackOptions) -> None:
        """Raises ChoiceNeeded."""
        if self.unmatched and options.unmatched != LEAVE_OUT:
            named = "; ".join(
                f"{number:,} because {reason}"
                for reason, number in sorted(self.unmatched.items())[:MOST_NAMED]
            )
            raise ChoiceNeeded(
                f"Not everything fits the tasks of the frames: {named}. Say that this is to be "
                "left out, or add what is missing in CVAT first.",
                in_api=f"`unmatched`: `{LEAVE_OUT}`",
            )
        if self.tracked_count and options.tracks != KEEP:
            raise ChoiceNeeded(
                f"Objects on these frames are of tracks ({self.tracked_count:,}), which go on over "
                "other frames and are not cut. Say that they stay as they are, also where the "
                "results differ, or change the tracks in CVAT first.",
                in_api=f"`tracks`: `{KEEP}`",
            )


def make_write_back_plan(
    reader: ObjectReader, source: Publication, options: WriteBackOptions
) -> WriteBackPlan:
    """Read the results of `source` and the tasks of its frames. Raises Conflict, InvalidInput,
    CvatError."""
    comparison = read_comparison(reader, source, has_jobs=True)
    plan = WriteBackPlan(comparison, PairLimit(), _group_numbers(comparison))
    for frame in comparison.frames:
        if options.place == REPLACE:
            _replace(plan, frame)
        else:
            _add(plan, frame)
    plan.jobs = {number: job for number, job in plan.jobs.items() if job.changes}
    return plan


def _group_numbers(comparison: Comparison) -> dict[tuple[int, int], Mapping[int, int]]:
    frames: defaultdict[tuple[int, int], list[ComparedFrame]] = defaultdict(list)
    for frame in comparison.frames:
        frames[frame.place.task_id, frame.new_job_id].append(frame)
    used = {
        task_id: set[int]().union(*(job.groups for job in jobs))
        for task_id, jobs in comparison.jobs.items()
    }
    numbers: dict[tuple[int, int], Mapping[int, int]] = {}
    for (task_id, new_job_id), of_job in frames.items():
        own = {group for frame in of_job for group in groups.of_shapes(frame.after)}
        pairs = (
            pair
            for frame in of_job
            for pair in (*frame.differences.same, *frame.differences.changed)
        )
        given = groups.numbers_apart(own, used[task_id], groups.same_groups(pairs))
        used[task_id].update(given.values())
        numbers[task_id, new_job_id] = given
    return numbers


def _add(plan: WriteBackPlan, frame: ComparedFrame) -> None:
    if frame.differences.by_place_alone:
        raise Conflict(DOUBLED.format(frame=frame.place.frame, task=frame.place.task_id))
    for shape in frame.differences.new:
        _create(plan, frame, shape)


def _replace(plan: WriteBackPlan, frame: ComparedFrame) -> None:
    """Each job that holds the frame loses the objects that the results do not have; the first of
    them gets those that none of the jobs has."""
    later: list[tuple[JobFrames, Differences]] = []
    for holder in plan.comparison.jobs[frame.place.task_id]:
        if frame.place.frame not in holder.by_frame:
            continue
        between = differences(holder.by_frame[frame.place.frame], frame.after, plan.pairs)
        if holder.job.id == frame.job_id:
            first = holder, between
        else:
            later.append((holder, between))
    held = {id(shape) for _, between in later for shape in _staying(between, frame.after)}
    unfit = _replace_in_first(plan, frame, *first, held=held)
    for holder, between in later:
        replaced = [before for before, after in between.changed if id(after) not in unfit]
        _delete(plan, holder, (*replaced, *between.removed))


def _staying(between: Differences, results: Iterable[Shape]) -> Iterator[Shape]:
    """The results that a later job has, and that the first one is not to get too: CVAT takes no
    masks, lines or points of overlapping jobs for one, nor a track and a single object. Tags and
    areas could be taken for another result of their label, if the first job had that alone."""
    counts = Counter(map(_kind, results))
    for before, after in between.same:
        if before.is_tracked or after.kind not in JOINED or counts[_kind(after)] == 1:
            yield after
    yield from (after for before, after in between.changed if before.is_tracked)


def _kind(shape: Shape) -> tuple[str, str]:
    return shape.kind, shape.label.name


def _replace_in_first(
    plan: WriteBackPlan,
    frame: ComparedFrame,
    holder: JobFrames,
    between: Differences,
    *,
    held: Container[int],
) -> set[int]:
    """Plan for the first job, which does not get what is `held` by later ones. Returns the results
    that the task cannot take. Both are Python's ids of objects."""
    unfit: set[int] = set()
    for before, after in between.changed:
        if before.is_tracked or _create(plan, frame, after):
            _delete(plan, holder, [before])
        else:
            unfit.add(id(after))
    new = [shape for shape in between.new if id(shape) not in held]
    unfit_new = {id(shape) for shape in new if not _create(plan, frame, shape)}
    is_tracked = any(shape.is_tracked for shape in between.removed)
    if between.by_place_alone and (is_tracked or unfit_new):
        raise Conflict(LOST_OR_DOUBLED.format(frame=frame.place.frame, task=frame.place.task_id))
    _delete(plan, holder, between.removed)
    return unfit | unfit_new


def _create(plan: WriteBackPlan, frame: ComparedFrame, shape: Shape) -> bool:
    """Whether the task can take the object."""
    labels: Labels = plan.comparison.labels[frame.place.task_id]
    new = convert([shape], labels, frames={shape.frame: frame.place.frame})
    _note_unmatched(plan, new)
    job = _job(plan, frame.place.task_id, frame.job_id)
    numbers = plan.groups[frame.place.task_id, frame.new_job_id]
    job.created["shapes"] += [groups.regrouped(each, numbers) for each in new.shapes]
    job.created["tags"] += [groups.regrouped(each, numbers) for each in new.tags]
    return not new.left_out


def _delete(plan: WriteBackPlan, holder: JobFrames, shapes: Iterable[Shape]) -> None:
    for shape in shapes:
        if shape.is_tracked:
            plan.tracked_count += 1
        else:
            _job(plan, holder.job.task_id, holder.job.id).deleted.append(shape)


def _job(plan: WriteBackPlan, task_id: int, job_id: int) -> JobPlan:
    if job_id not in plan.jobs:
        [holder] = [each for each in plan.comparison.jobs[task_id] if each.job.id == job_id]
        plan.jobs[job_id] = JobPlan(job_id, holder.count)
    return plan.jobs[job_id]


def _note_unmatched(plan: WriteBackPlan, new: Converted) -> None:
    for each in new.left_out:
        plan.unmatched[each.reason] += 1
    for (label, name), number in new.attributes_left_out.items():
        plan.unmatched[f"the label “{label}” has no attribute “{name}”"] += number
