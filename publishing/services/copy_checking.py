"""Which annotations would be copied into a task, before anything is changed in CVAT."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cvat.annotations import Labels, Shape
from cvat.client import CvatClient
from cvat.exceptions import CvatError
from cvat.types import FrameCatalog, Job
from cvat.writing.conversion import Converted, convert
from cvat.writing.objects import KINDS, Objects, count_by_place, differing, missing
from portal.exceptions import Conflict, InvalidInput
from publishing.change import Change, frames_in_words
from publishing.copying import (
    OBJECTS,
    OBJECTS_OR_VALUES,
    UNMATCHED_OBJECTS,
    VALUES,
    CopyOptions,
    JobObjects,
    Match,
    Unmatched,
    left_out_in_words,
    match,
    object_creation,
)
from publishing.exceptions import ChoiceNeeded
from publishing.services.copy_sources import CopySource, pictures, read_catalog
from publishing.services.placing import CannotBePlaced, Placing
from publishing.services.present_objects import PresentObjects, read_present, with_free_groups
from selections.archives.annotation_reading import read_labels
from selector.cvat_requests import cvat_client
from selector.models import Connection

NAMED = 5  # of what does not fit, in a message
MOST_LABELS = 500  # of the objects: the page has a field with every label of the task for each
MOST_REASONS = 200  # that are told apart
OTHER_REASONS = f"{OBJECTS_OR_VALUES}: other reasons"
NOTHING_TO_COPY = (
    "There is nothing to copy: no object fits the task, or it has all of them in the same places "
    "already."
)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label of the objects that could be copied, and the name of the one of the task that they
    get: None if the task has none of that name, "" if they are to be left out."""

    name: str
    objects_count: int
    of_task: str | None


@dataclass(frozen=True, slots=True)
class CopyCheck:
    """What would be copied into the task, as both sides are now.

    `unmatched` are the pictures with objects that have no counterpart. `left_out` counts objects
    and values of attributes that do not fit, by the reason. `jobs` are those that lack some of the
    objects; `already` counts those that are there, `differing` those that are there with other
    attributes, or occluded in one place alone, and stay as they are, by the frame of the task.
    `occupied` are frames of the task that have objects and would get more. `ordered_points` are
    labels of skeletons whose points the file does not name: they are those of the task, in order.
    """

    connection: Connection
    task_id: int
    task_name: str
    source: CopySource
    match: Match
    unmatched: Sequence[Unmatched]
    labels: Sequence[LabelRow]
    task_labels: Sequence[str]
    left_out: Mapping[str, int]
    jobs: Sequence[JobObjects]
    already: int
    differing: Mapping[int, int]
    occupied: Sequence[int]
    ordered_points: Sequence[str]

    @property
    def matched_count(self) -> int:
        return len(self.match.frames)

    @property
    def objects_count(self) -> int:
        """How many objects would be added."""
        return sum(job.lacking for job in self.jobs)

    @property
    def differing_count(self) -> int:
        return sum(self.differing.values())

    @property
    def differing_frames(self) -> list[int]:
        return sorted(self.differing)

    @property
    def frames_count(self) -> int:
        """On how many frames."""
        return sum(job.frames_count for job in self.jobs)

    @property
    def left_out_in_words(self) -> list[str]:
        """Such as “1 object: the task has no label “dog””, the most frequent first."""
        listed = sorted(
            self.left_out.items(), key=lambda item: (item[0] == OTHER_REASONS, -item[1])
        )
        return [left_out_in_words(counted, count) for counted, count in listed]

    def changes(self) -> list[Change]:
        """The requests that would add the objects."""
        return [object_creation(job.job_id, count=job.lacking) for job in self.jobs]

    def undecided(self, options: CopyOptions) -> list[str]:
        """What the person has to decide, a message each."""
        return [text for text, _ in self._undecided(options)]

    def _undecided(self, options: CopyOptions) -> Iterator[tuple[str, str]]:
        """Messages, and what to send in the API."""
        if self.left_out and not options.partly:
            reasons = "; ".join(self.left_out_in_words[:NAMED])
            text = (
                f"Not everything fits ({reasons}). Say that what does not fit is left out, or "
                "assign labels to those that the task does not have."
            )
            yield text, "`labels` or `partly`"
        if self.occupied and not options.add:
            frames = ", ".join(map(str, self.occupied[:NAMED]))
            more = " and others" if len(self.occupied) > NAMED else ""
            text = (
                f"There are objects already on {frames_in_words(len(self.occupied))} of task "
                f"{self.task_id} ({frames}{more}). Say that objects are added to them; equal ones "
                "are not added again."
            )
            yield text, "`add`"

    def check_choices(self, options: CopyOptions) -> None:
        """Raises ChoiceNeeded, Conflict."""
        if undecided := list(self._undecided(options)):
            texts, in_api = zip(*undecided, strict=True)
            raise ChoiceNeeded(" ".join(texts), in_api=", ".join(in_api))
        if not self.jobs:
            raise Conflict(NOTHING_TO_COPY)


def check_copy(
    *, source: CopySource, connection: Connection, task_id: int, options: CopyOptions
) -> CopyCheck:
    """Compare the source with a task; nothing is changed. Raises InvalidInput for labels that are
    not there, Busy, CvatError."""
    with cvat_client(connection) as client:
        catalog = read_catalog(client, task_id)
        labels = _labels(client, catalog)
        of_task = pictures(catalog.frames)
        matched = match(source.pictures, of_task)
        used = Counter(each.label.name for each in source.objects)
        rows = _label_rows(used, labels, options)
        placing = Placing(matched, of_task, labels, options)
        fitting, left_out = _fitting(source, matched, placing, labels, options)
        planned = _by_job(fitting, catalog)
        present = read_present(client, catalog, labels, planned)
    planned = with_free_groups(planned, present)
    jobs, occupied = _compare(planned, present, catalog.jobs)
    total = sum(count_by_place(objects).total() for objects in planned.values())
    unlike = Counter(
        int(each["frame"])
        for job_id, objects in planned.items()
        for each in differing(objects, present[job_id].shown)
    )
    with_objects = {each.frame for each in source.objects}
    return CopyCheck(
        connection=connection,
        task_id=task_id,
        task_name=catalog.task_name or f"Task {task_id}",
        source=source,
        match=matched,
        unmatched=[each for each in matched.unmatched if each.picture.frame in with_objects],
        labels=rows,
        task_labels=[label.name for label in labels],
        left_out=left_out,
        jobs=jobs,
        already=total - sum(job.lacking for job in jobs) - unlike.total(),
        differing=dict(unlike),
        occupied=occupied,
        ordered_points=sorted(placing.ordered),
    )


def _labels(client: CvatClient, catalog: FrameCatalog) -> Labels:
    if not catalog.frames:
        raise InvalidInput(f"Task {catalog.task_id} has no frames to copy annotations to.")
    labels = read_labels(client, catalog.task_id, catalog.frames[0].job_id)
    if isinstance(labels, CvatError):
        raise labels
    return labels


def _label_rows(
    used: Mapping[str, int], labels: Labels, options: CopyOptions
) -> tuple[LabelRow, ...]:
    if len(used) > MOST_LABELS:
        raise InvalidInput(
            f"The objects to copy have {len(used):,} labels, more than can be assigned at a time "
            f"({MOST_LABELS:,}). Copy from a task or file with fewer."
        )
    names = {label.name for label in labels}
    unknown = sorted({*options.labels.values()} - names - {""})
    if unknown:
        raise InvalidInput(
            f"The task has no label “{unknown[0]}”. It has: {', '.join(sorted(names)) or 'none'}."
        )
    targets = {name: options.labels.get(name, name) for name in used}
    return tuple(
        LabelRow(name, used[name], targets[name] if targets[name] in {*names, ""} else None)
        for name in sorted(used)
    )


def _fitting(
    source: CopySource,
    matched: Match,
    placing: Placing,
    labels: Labels,
    options: CopyOptions,
) -> tuple[Converted, Mapping[str, int]]:
    """The objects that the task can take, and what does not fit."""
    left_out = Counter(source.unread)
    reasons = {each.picture.frame: each.reason for each in matched.unmatched}
    shapes: list[Shape] = []
    for each in source.objects:
        if options.labels.get(each.label.name) == "":
            continue
        if each.frame in reasons:
            left_out[f"{UNMATCHED_OBJECTS}: {reasons[each.frame]}"] += 1
            continue
        try:
            shapes.append(placing.place(each))
        except CannotBePlaced as error:
            left_out[f"{OBJECTS}: {error}"] += 1
    fitting = convert(shapes, labels, frames=matched.frames, renamed=options.labels, is_strict=True)
    left_out.update(f"{OBJECTS}: {lost.reason}" for lost in fitting.left_out)
    for (label, attribute), count in fitting.attributes_left_out.items():
        reason = f"“{label}” of the task has no attribute “{attribute}”, or not this value of it"
        left_out[f"{VALUES}: {reason}"] += count
    return fitting, _bounded(left_out)


def _bounded(left_out: Counter[str]) -> Mapping[str, int]:
    """The most frequent reasons, and the others as one."""
    if len(left_out) <= MOST_REASONS:
        return dict(left_out)
    most = dict(left_out.most_common(MOST_REASONS))
    return {**most, OTHER_REASONS: left_out.total() - sum(most.values())}


def _by_job(fitting: Converted, catalog: FrameCatalog) -> dict[int, Objects]:
    """The objects for each job, in the order of the frames; a frame of two jobs is in the first."""
    job_of = {frame.frame: frame.job_id for frame in catalog.frames}
    planned: dict[int, dict[str, list[Any]]] = {}
    for kind in ("tags", "shapes"):
        for each in sorted(fitting.objects[kind], key=lambda each: int(each["frame"])):
            objects = planned.setdefault(job_of[each["frame"]], {kind: [] for kind in KINDS})
            objects[kind].append(each)
    return dict(sorted(planned.items()))


def _compare(
    planned: Mapping[int, Objects], present: Mapping[int, PresentObjects], jobs: Iterable[Job]
) -> tuple[list[JobObjects], list[int]]:
    """The jobs that lack some of the objects, and the frames of these that have objects. What a
    track shows in the same place is there and is not sent."""
    last = {job.id: job.stop_frame for job in jobs}
    to_add: list[JobObjects] = []
    occupied: set[int] = set()
    for job_id, objects in planned.items():
        in_job = present[job_id]
        sent = in_job.without_tracked(objects)
        lacking = missing(sent, in_job.objects)
        frames = {each["frame"] for kind in KINDS for each in lacking[kind]}
        if not frames:
            continue
        to_add.append(JobObjects(job_id, sent, count_by_place(lacking).total(), len(frames)))
        occupied |= frames & _frames_with_objects(in_job.objects, last.get(job_id, 0))
    return to_add, sorted(occupied)


def _frames_with_objects(objects: Objects, last_frame: int) -> set[int]:
    """Those of shapes and tags, and all from the first to the last frame of each track, up to the
    last frame of the job."""
    frames = {each["frame"] for kind in ("tags", "shapes") for each in objects.get(kind) or ()}
    for track in objects.get("tracks") or ():
        keyframes = sorted(track.get("shapes") or (), key=lambda each: int(each["frame"]))
        if keyframes:
            is_ended = keyframes[-1].get("outside")
            end = min(keyframes[-1]["frame"], last_frame) if is_ended else last_frame + 1
            frames.update(range(max(keyframes[0]["frame"], 0), end))
    return frames
