"""Annotations in the form of CVAT's API, made of the scene that the pictures of a task show.

Images get shapes, videos get tracks, and both get tags. The source of the objects goes by the place
of their job in the task: manual, auto, file, and again.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from standin.chunks import media_of
from standin.model import Job, Label, Task
from standin.scenes import Outline, Scene
from standin.sharing import inputs_of, shared

V = TypeVar("V")
Json = dict[str, Any]
Series = Sequence[tuple[int, Outline]]  # one object by frame

SOURCES = ("manual", "auto", "file")
STEADY = 1e-6  # pixels: what is off a straight line by less needs no keyframe
# Numbers of objects: so many for each job, so many for each of its frames, and for each of its
# objects with their parts. They are the same in the answer of a job and of its task.
PER_JOB, PER_FRAME, PER_PART = 1_000_000, 1_000, 100
FIRST_TRACK = 900_000


class Annotator:
    """Called with a task or a job, it answers its annotations. `idle` are the places of jobs in
    their task that nobody has annotated."""

    def __init__(self, scene: Scene, idle: Container[int] = ()) -> None:
        self.scene = scene
        self.idle = idle

    def __call__(self, holder: Task | Job) -> Json:
        task = holder if isinstance(holder, Task) else holder.task
        jobs = _jobs_of(task) if isinstance(holder, Task) else [holder]
        owners: dict[int, Job] = {}
        for job in jobs:
            if task.jobs.index(job) not in self.idle:
                for frame in job.frames:
                    owners.setdefault(frame, job)
        labels = {each.name: each for each in (task.project or task).labels}
        inputs = self._inputs(task, owners, labels)
        made = shared.get(
            inputs, "annotations", lambda: json.dumps(self._made(task, owners, labels)).encode()
        )
        annotations: Json = json.loads(made)
        return annotations

    def _inputs(
        self, task: Task, owners: Mapping[int, Job], labels: Mapping[str, Label]
    ) -> str | None:
        pictures = inputs_of(media_of(task), [task.order[frame] for frame in owners])
        jobs = {job.id: (job.start, _source(job), _inaccuracy(job)) for job in owners.values()}
        by_frame = [(frame, job.id) for frame, job in owners.items()]
        return pictures and f"{pictures} {self.scene} {labels} {jobs} {by_frame}"

    def _made(self, task: Task, owners: Mapping[int, Job], labels: Mapping[str, Label]) -> Json:
        shapes: list[Json] = []
        if not task.is_video:
            shapes = [
                shape for frame, job in owners.items() for shape in self._shapes(frame, job, labels)
            ]
        return {
            "version": 0,
            "tags": [
                tag for frame, job in owners.items() for tag in self._tags(frame, job, labels)
            ],
            "shapes": shapes,
            "tracks": list(self._tracks(owners, labels)) if task.is_video else [],
        }

    def _tags(self, frame: int, job: Job, labels: Mapping[str, Label]) -> Iterator[Json]:
        number, size = _shown(frame, job)
        for place, name in enumerate(self.scene.tags(number, size)):
            yield {
                "id": _first_id(frame, job) + place,
                "label_id": labels[name].id,
                "frame": frame,
                "group": 0,
                "source": _source(job),
                "attributes": [],
            }

    def _shapes(self, frame: int, job: Job, labels: Mapping[str, Label]) -> Iterator[Json]:
        number, size = _shown(frame, job)
        for place, (_, outline) in enumerate(self.scene.annotated(number, size)):
            label = labels[outline.label]
            head = {"frame": frame, "group": 0, "source": _source(job)}
            first = _first_id(frame, job) + place
            yield {
                **_place(_moved(outline, _inaccuracy(job)), first, label),
                **head,
                "elements": [
                    {**_place(part, first + PER_PART * nth, of), **head}
                    for nth, (of, part) in enumerate(_parts(outline, label), start=1)
                ],
            }

    def _tracks(self, owners: Mapping[int, Job], labels: Mapping[str, Label]) -> Iterator[Json]:
        by_key: dict[str, list[tuple[int, Outline]]] = {}
        for frame, job in sorted(owners.items()):
            for key, outline in self.scene.annotated(*_shown(frame, job)):
                by_key.setdefault(key, []).append((frame, outline))
        for nth, series in enumerate(by_key.values()):
            begin, outline = series[0]
            job = owners[begin]
            first = job.id * PER_JOB + FIRST_TRACK + nth * PER_PART
            yield _track(series, labels[outline.label], max(owners), _source(job), first)


def _jobs_of(task: Task) -> list[Job]:
    """Those whose annotations CVAT counts as annotations of the task."""
    with_pool = task.validation_mode == "gt_pool"
    return [
        job
        for job in task.jobs
        if job.type == "annotation" or (with_pool and job.type == "ground_truth")
    ]


def _shown(frame: int, job: Job) -> tuple[int, tuple[int, int]]:
    """The number of the picture and its size."""
    position = job.task.order[frame]
    return position, media_of(job.task).dimensions(position)


def _first_id(frame: int, job: Job) -> int:
    return job.id * PER_JOB + (frame - job.start) * PER_FRAME + 1


def _source(job: Job) -> str:
    if job.type != "annotation":
        return SOURCES[0]
    return SOURCES[job.task.jobs.index(job) % len(SOURCES)]


def _inaccuracy(job: Job) -> float:
    """By how many pixels the annotator of a consensus replica is off."""
    return 0.0 if job.parent is None else 1.5 * (job.id - job.parent.id)


def _moved(outline: Outline, by: float) -> Outline:
    if not by or outline.kind == "mask":
        return outline
    return replace(outline, points=tuple(value + by for value in outline.points))


def _parts(outline: Outline, label: Label) -> Iterator[tuple[Label, Outline]]:
    for part in label.sublabels:
        yield part, Outline(part.name, "points", outline.parts[part.name])


def _place(outline: Outline, number: int, label: Label) -> Json:
    return {
        "id": number,
        "label_id": label.id,
        "type": outline.kind,
        "occluded": outline.is_occluded,
        "outside": False,
        "z_order": 0,
        "rotation": 0.0,
        "points": [round(value, 3) for value in outline.points],
        "attributes": _attributes(outline, label),
    }


def _attributes(outline: Outline, label: Label) -> list[Json]:
    return [
        {"spec_id": each["id"], "value": outline.attributes[each["name"]]}
        for each in label.attributes
    ]


# -- tracks -------------------------------------------------------------------------------------


def _track(series: Series, label: Label, last: int, source: str, number: int) -> Json:
    """The track of an object that is seen on the frames of the series; `last` is the last frame of
    the task or job."""
    elements = []
    for nth, part in enumerate(label.sublabels, start=1):
        points = [
            (frame, Outline(part.name, "points", each.parts[part.name])) for frame, each in series
        ]
        elements.append(_track(points, part, last, source, number + nth))
    return {
        "id": number,
        "label_id": label.id,
        "frame": series[0][0],
        "group": 0,
        "source": source,
        "shapes": list(_keyframes(series, last, number)),
        "attributes": _attributes(series[0][1], label),
        "elements": elements,
    }


def _keyframes(series: Series, last: int, number: int) -> Iterator[Json]:
    """The shapes of a track, from which the place on every frame follows."""
    count = 0
    for run in _runs(series):
        for frame, outline in _needed(run):
            count += 1
            yield _keyframe(outline, frame, number * PER_PART + count, outside=False)
        frame, outline = run[-1]
        if frame < last:
            count += 1
            yield _keyframe(outline, frame + 1, number * PER_PART + count, outside=True)


def _keyframe(outline: Outline, frame: int, number: int, *, outside: bool) -> Json:
    return {
        "id": number,
        "type": outline.kind,
        "frame": frame,
        "occluded": outline.is_occluded,
        "outside": outside,
        "z_order": 0,
        "rotation": 0.0,
        "points": [round(value, 3) for value in outline.points],
        "attributes": [],
    }


def _runs(series: Series) -> Iterator[Series]:
    """The parts of a series without a gap."""
    begin = 0
    for place in range(1, len(series) + 1):
        if place == len(series) or series[place][0] != series[place - 1][0] + 1:
            yield series[begin:place]
            begin = place


def _needed(run: Series) -> Iterable[tuple[int, Outline]]:
    """The first, and those that do not follow from the ones beside them."""
    for place, (frame, outline) in enumerate(run):
        before = run[place - 1][1] if place else None
        after = run[place + 1][1] if place + 1 < len(run) else None
        if before is None or not _follows(outline, before, after):
            yield frame, outline


def _follows(outline: Outline, before: Outline, after: Outline | None) -> bool:
    if outline.is_occluded != before.is_occluded or outline.kind != before.kind:
        return False
    # What has several points, or none after it, stays where it is until the next keyframe.
    moves = outline.kind in ("rectangle", "ellipse") or len(outline.points) == 2
    if after is None or not moves or after.kind != outline.kind:
        return outline.points == before.points
    between = ((one + other) / 2 for one, other in zip(before.points, after.points, strict=True))
    pairs = zip(outline.points, between, strict=True)
    return all(abs(value - wanted) < STEADY for value, wanted in pairs)
