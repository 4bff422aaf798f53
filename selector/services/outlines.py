"""What is annotated on many frames, as outlines that are simple enough for thumbnails."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from cvat.annotations import MASK, SKELETON, Labels, Shape
from cvat.geometry import (
    Point,
    bounding_box,
    ellipse_corners,
    object_box,
    pairs,
    rectangle_corners,
)
from portal.exceptions import NotFound
from selector.models import Connection
from selector.services.frame_annotations import (
    Holders,
    ask_file,
    find_holders,
    job_labels,
    read_objects,
)

MOST_FRAMES = 100  # of one question
MOST_OBJECTS = 10_000  # that are read for one answer, but for those of its first frame
MOST_DRAWN = 200  # outlines of a frame: the largest
MOST_POINTS = 32  # of an outline
ELLIPSE_POINTS = 16

AREA, LINE, DOTS = "area", "line", "dots"


@dataclass(frozen=True, slots=True)
class Outline:
    label_id: int
    kind: str  # AREA, LINE or DOTS
    points: tuple[float, ...]  # x and y in pixels of the picture


@dataclass(frozen=True, slots=True)
class FrameOutlines:
    """`objects_count` counts all objects of the frame, tags too."""

    frame: int
    objects_count: int
    outlines: list[Outline]


@dataclass(frozen=True, slots=True)
class TaskOutlines:
    """`unread`: frames that are to be asked for again, because there are too many objects."""

    labels: Labels
    frames: list[FrameOutlines]
    unread: list[int]


def find_outlines(
    *, connection: Connection, task_id: int, frames: Sequence[int], job_id: int | None = None
) -> TaskOutlines:
    """The outlines of the objects on frames of a task; of which jobs, see `find_holders`. Frames
    that the connection may not see are left out. Raises NotFound, Busy, CvatError."""
    groups = find_holders(connection, task_id, sorted(set(frames)), job_id)
    if not groups:
        raise NotFound(f"Task {task_id} has none of these frames, or you may not see them.")
    labels = job_labels(connection, groups[0].jobs[0].job.id)
    answer = TaskOutlines(labels, [], [])
    objects_left = MOST_OBJECTS
    for holders in groups:
        counts = _counts(connection, holders)
        totals = accumulate(counts[frame] for frame in holders.frames)
        fitting = [
            frame
            for frame, total in zip(holders.frames, totals, strict=True)
            if total <= objects_left or (not answer.frames and frame == holders.frames[0])
        ]
        answer.unread.extend(holders.frames[len(fitting) :])
        if not fitting:
            continue
        objects_left -= sum(counts[frame] for frame in fitting)
        objects, _ = read_objects(connection, Holders(holders.jobs, fitting), labels)
        answer.frames.extend(
            FrameOutlines(frame, len(shapes), frame_outlines(shapes)) for frame, shapes in objects
        )
    return answer


def frame_outlines(shapes: Sequence[Shape]) -> list[Outline]:
    """The outlines of the largest shapes, in the order of the shapes."""
    drawn = [outline for shape in shapes if (outline := outline_of(shape)) is not None]
    if len(drawn) <= MOST_DRAWN:
        return drawn
    by_size = sorted(range(len(drawn)), key=lambda position: -_size(drawn[position]))
    return [drawn[position] for position in sorted(by_size[:MOST_DRAWN])]


def outline_of(shape: Shape) -> Outline | None:
    """None for what is in no place: a tag, a skeleton without visible points.

    A mask and a cuboid become the box around them, a skeleton its visible points.
    """
    points = shape.points
    if shape.kind == "rectangle":
        return _outline(shape, AREA, rectangle_corners(points, shape.rotation))
    if shape.kind == "ellipse":
        return _outline(shape, AREA, ellipse_corners(points, shape.rotation, ELLIPSE_POINTS))
    if shape.kind in (MASK, "cuboid") and (box := object_box(shape)):
        return _outline(shape, AREA, rectangle_corners(box))
    if shape.kind == SKELETON:
        visible = [xy for each in shape.elements if not each.is_outside for xy in each.points]
        return _outline(shape, DOTS, pairs(visible)) if visible else None
    kind = {"polygon": AREA, "polyline": LINE, "points": DOTS}.get(shape.kind)
    return None if kind is None else _outline(shape, kind, pairs(points))


def _counts(connection: Connection, holders: Holders) -> Counter[int]:
    """How many objects each of the frames has at most."""
    counts: Counter[int] = Counter()
    for access in holders.jobs:
        counts += ask_file(
            connection, access, lambda file: file.counts(holders.frames, deleted=holders.deleted)
        )
    return counts


def _outline(shape: Shape, kind: str, points: Sequence[Point]) -> Outline:
    """With every second, third, ... point only, if there are many."""
    step = math.ceil(len(points) / MOST_POINTS)
    fewer = list(points[::step])
    if kind == LINE and fewer[-1] != points[-1]:
        fewer.append(points[-1])
    return Outline(shape.label.id, kind, tuple(round(xy, 1) for point in fewer for xy in point))


def _size(outline: Outline) -> float:
    x1, y1, x2, y2 = bounding_box(outline.points)
    return (x2 - x1) * (y2 - y1)
