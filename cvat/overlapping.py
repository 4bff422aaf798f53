"""The objects on the frames of a task, from the annotations of its jobs. Pure.

Jobs can overlap: a frame is in two of them then, and an object may be in both. It counts once, as
in the earlier job (docs/annotations.md says when two objects are the same one).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from cvat import outlines
from cvat.annotations import TAG, JobAnnotations, Shape
from cvat.tracks import TrackShapes

SAME_SHAPE = 0.75  # of the area, as in CVAT
SAME_TRACK = 0.5  # of the areas on the frames that both jobs have, as in CVAT
TOLERANCE = 0.01  # pixels, for kinds without an area that CVAT compares

_NOTHING: frozenset[int] = frozenset()
T = TypeVar("T")


class FrameRange(Protocol):
    """The fields of a Job that are used here."""

    @property
    def id(self) -> int: ...
    @property
    def start_frame(self) -> int: ...
    @property
    def stop_frame(self) -> int: ...


def objects_by_frame(
    jobs: Iterable[FrameRange],
    frames: Iterable[int],
    load: Callable[[FrameRange], JobAnnotations],
    *,
    deleted: Collection[int] = _NOTHING,
) -> Iterator[tuple[int, list[Shape]]]:
    """Each of `frames`, ascending, with its objects, from below to above. Nothing is on `deleted`
    frames. A job is loaded when its first frame is reached, and forgotten after its last one; what
    it holds on frames outside of its range does not count."""
    waiting = sorted(jobs, key=lambda job: (job.start_frame, job.id), reverse=True)
    present: list[_JobObjects] = []
    for frame in frames:
        present = [job for job in present if job.last >= frame]
        while waiting and waiting[-1].start_frame <= frame:
            job = waiting.pop()
            if job.stop_frame >= frame:
                present.append(_JobObjects(job, load(job), deleted, earlier=present))
        if frame in deleted:
            yield frame, []
        else:
            yield frame, sorted(_merged(present, frame), key=_order)


class _JobObjects:
    """The objects of a job. `same_tracks` maps a track of it to the same one of an earlier job."""

    def __init__(
        self,
        job: FrameRange,
        annotations: JobAnnotations,
        deleted: Collection[int],
        *,
        earlier: Sequence[_JobObjects],
    ) -> None:
        self.last = job.stop_frame
        self._shapes: defaultdict[int, list[Shape]] = defaultdict(list)
        for shape in annotations.shapes:
            self._shapes[shape.frame].append(shape)
        tracks = sorted(
            (track for track in annotations.tracks if track.keyframes),
            key=lambda track: _order(track.keyframes[0]),
        )
        self.tracks = [TrackShapes(track, deleted=deleted) for track in tracks]
        self._coming = sorted(
            (track for track in self.tracks if track.first <= job.stop_frame),
            key=lambda track: track.first,
            reverse=True,
        )
        self._running: list[TrackShapes] = []
        self.same_tracks: dict[TrackShapes, TrackShapes] = {}
        self._ids: dict[TrackShapes, int] = {}  # of those that an earlier job has too
        for other in earlier:
            shared = range(job.start_frame, min(other.last, job.stop_frame) + 1)
            numbers = [frame for frame in shared if frame not in deleted]
            pairs = _same_tracks(other.tracks, self.tracks, numbers)
            self.same_tracks = {own: first for first, own in pairs} | self.same_tracks
            self._ids = {own: other.id_of(first) for first, own in pairs} | self._ids

    def shapes(self, frame: int) -> list[Shape]:
        return sorted(self._shapes.get(frame, ()), key=_order)

    def tracked(self, frame: int) -> dict[TrackShapes, Shape]:
        """What the tracks show on a frame; to be asked with ascending frames."""
        while self._coming and self._coming[-1].first <= frame:
            self._running.append(self._coming.pop())
        self._running = [track for track in self._running if track.end > frame]
        shown = ((track, track.on(frame)) for track in self._running)
        return {
            track: replace(shape, id=self._ids[track]) if track in self._ids else shape
            for track, shape in shown
            if shape is not None
        }

    def id_of(self, track: TrackShapes) -> int:
        """CVAT's id of the track; of one that goes on from an earlier job the id there."""
        return self._ids.get(track, track.track.id)


def _merged(jobs: Sequence[_JobObjects], frame: int) -> list[Shape]:
    shapes: list[Shape] = []
    tracked: dict[TrackShapes, Shape] = {}
    for job in jobs:
        own = job.shapes(frame)
        if shapes and own:
            again = {second for _, second in _matched(shapes, own, _similarity, SAME_SHAPE)}
            own = [shape for index, shape in enumerate(own) if index not in again]
        shapes = shapes + own
        for track, shape in job.tracked(frame).items():
            if job.same_tracks.get(track) not in tracked:
                tracked[track] = shape
    return shapes + list(tracked.values())


def _same_tracks(
    first: Sequence[TrackShapes], second: Sequence[TrackShapes], frames: Sequence[int]
) -> list[tuple[TrackShapes, TrackShapes]]:
    if not frames:
        return []
    first = [track for track in first if track.first <= frames[-1] and track.end > frames[0]]
    second = [track for track in second if track.first <= frames[-1] and track.end > frames[0]]
    shown = {track: [track.on(frame) for frame in frames] for track in (*first, *second)}

    def similarity(one: TrackShapes, other: TrackShapes) -> float:
        if one.track.label != other.track.label:
            return 0.0
        pairs = [(a, b) for a, b in zip(shown[one], shown[other], strict=True) if a or b]
        return sum(_similarity(a, b) for a, b in pairs if a and b) / max(1, len(pairs))

    matched = _matched(first, second, similarity, SAME_TRACK)
    return [(first[index], second[other]) for index, other in matched]


def _matched(
    first: Sequence[T], second: Sequence[T], similarity: Callable[[T, T], float], least: float
) -> list[tuple[int, int]]:
    """Pairs of positions of what is the same in both, each used once, the most similar first."""
    pairs: list[tuple[float, int, int]] = []
    for index, one in enumerate(first):
        for other_index, other in enumerate(second):
            value = similarity(one, other)
            if value >= least:
                pairs.append((-value, index, other_index))
    matched: dict[int, int] = {}
    for _, index, other_index in sorted(pairs):
        if index not in matched and other_index not in matched.values():
            matched[index] = other_index
    return list(matched.items())


def _similarity(one: Shape, other: Shape) -> float:
    """From 0 to 1; rotation, group and attributes are not compared where areas are, as in CVAT."""
    if one.kind != other.kind or one.label != other.label:
        return 0.0
    if one.kind == TAG:
        return 1.0
    if one.kind == "rectangle":
        return _box_overlap(one.points, other.points)
    if one.kind == "polygon":
        return outlines.overlap(one.points, other.points)
    return 1.0 if _is_alike(one, other) else 0.0


def _box_overlap(one: Sequence[float], other: Sequence[float]) -> float:
    if one == other:
        return 1.0
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = ((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height / (sum(areas) - width * height)


def _is_alike(one: Shape, other: Shape) -> bool:
    """Whether two objects of one kind and label are in the same place."""
    numbers = (one.rotation, *one.points), (other.rotation, *other.points)
    if len(numbers[0]) != len(numbers[1]) or len(one.elements) != len(other.elements):
        return False
    if any(abs(a - b) > TOLERANCE for a, b in zip(*numbers, strict=True)):
        return False
    elements = (sorted(shape.elements, key=_order) for shape in (one, other))
    return all(
        a.label == b.label and a.is_outside == b.is_outside and _is_alike(a, b)
        for a, b in zip(*elements, strict=True)
    )


def _order(shape: Shape) -> tuple[object, ...]:
    """By z_order, tags last; then by contents, so that the order of CVAT's answer and of the jobs
    plays no part."""
    return (
        shape.kind == TAG,
        shape.z_order,
        shape.label.id,
        shape.kind,
        tuple(shape.points),
        shape.rotation,
        shape.attributes,
        (
            shape.is_occluded,
            shape.is_outside,
            shape.group,
            shape.source,
            shape.is_tracked,
            shape.id,
        ),
    )
