"""The objects on the frames of a task, from the annotations of its jobs. Pure.

Jobs can overlap: a frame is in two of them then, and an object may be in both. It counts once, as
in the earlier job (docs/annotations.md says when two objects are the same one).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import starmap
from typing import Protocol, TypeVar

from msgspec.structs import replace

from cvat import polygons
from cvat.annotations import TAG, JobAnnotations, Shape
from cvat.geometry import Box, bounding_box, enclosing
from cvat.tracks import TrackShapes

SAME_SHAPE = 0.75  # of the area, as in CVAT
SAME_TRACK = 0.5  # of the areas on the frames that both jobs have, as in CVAT
TOLERANCE = 0.01  # pixels, for kinds without an area that CVAT compares

_NOWHERE: Box = (0.0, 0.0, 0.0, 0.0)


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
    deleted: Collection[int] = frozenset(),
) -> Iterator[tuple[int, list[Shape]]]:
    """Each of `frames`, ascending, with its objects, from below to above. Nothing is on `deleted`
    frames. A job is loaded when its first frame is reached, and forgotten when a frame after its
    last one is; what it holds on frames outside of its range does not count."""
    waiting = sorted(jobs, key=lambda job: (job.start_frame, job.id), reverse=True)
    present: list[_JobObjects] = []
    for frame in frames:
        while waiting and waiting[-1].start_frame <= frame:
            job = waiting.pop()
            if job.stop_frame >= frame:
                # Also after its last frame of these: a track goes on from there under its id.
                earlier = [each for each in present if each.last >= job.start_frame]
                present.append(_JobObjects(job, load(job), deleted, earlier=earlier))
        present = [job for job in present if job.last >= frame]
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

    def shapes(self, frame: int) -> Sequence[Shape]:
        return self._shapes.get(frame, ())

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
        # Sorted: which of two similar objects is the same one must not depend on CVAT's order.
        own = sorted(job.shapes(frame), key=_order) if len(jobs) > 1 else list(job.shapes(frame))
        if shapes and own:
            pairs = _matched(
                list(map(_Placed, shapes)), list(map(_Placed, own)), _similarity, SAME_SHAPE
            )
            again = {second for _, second in pairs}
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
    one, other = ([_PlacedTrack(track, frames) for track in tracks] for tracks in (first, second))
    matched = _matched(one, other, _track_similarity, SAME_TRACK)
    return [(first[index], second[other_index]) for index, other_index in matched]


class _Placed:
    """A shape with its label id, bounding box and area, which rule out most pairs before a costly
    comparison."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.label_id = shape.label.id
        self.box = _box(shape)

    @property
    def place(self) -> Hashable:
        """A key that is equal for shapes of equal kind, label and points."""
        return _place(self.shape)

    @cached_property
    def area(self) -> float:
        return polygons.area(self.shape.points)


class _PlacedTrack:
    """What a track shows on some frames."""

    def __init__(self, track: TrackShapes, frames: Iterable[int]) -> None:
        shapes = [track.on(frame) for frame in frames]
        self.shown = [None if shape is None else _Placed(shape) for shape in shapes]
        self.label_id = track.track.label.id
        boxes = [placed.box for placed in self.shown if placed]
        self.box = enclosing(boxes) if boxes else _NOWHERE

    @property
    def place(self) -> Hashable:
        """A key that is equal for tracks that show equal shapes; one of its own if nothing is
        shown."""
        if not any(self.shown):
            return self
        return self.label_id, tuple(placed and placed.place for placed in self.shown)


Placed = TypeVar("Placed", _Placed, _PlacedTrack)


def _matched(
    first: Sequence[Placed],
    second: Sequence[Placed],
    similarity: Callable[[Placed, Placed, float], float],
    least: float,
) -> list[tuple[int, int]]:
    """Pairs of positions of what is the same in both, each used once, the most similar first."""
    by_place: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for index, one in enumerate(first):
        by_place[one.place].append(index)
    matched: dict[int, int] = {}
    for other_index, other in enumerate(second):
        if same := by_place.get(other.place):
            matched[same.popleft()] = other_index
    taken = set(matched.values())
    remaining = [pair for pair in enumerate(second) if pair[0] not in taken]
    pairs: list[tuple[float, int, int]] = []
    for index, one in enumerate(first):
        if index in matched:
            continue
        for other_index, other in remaining:
            if one.label_id == other.label_id and _touch(one.box, other.box):
                value = similarity(one, other, least)
                if value >= least:
                    pairs.append((-value, index, other_index))
    for _, index, other_index in sorted(pairs):
        if index not in matched and other_index not in taken:
            matched[index] = other_index
            taken.add(other_index)
    return list(matched.items())


def _track_similarity(one: _PlacedTrack, other: _PlacedTrack, least: float) -> float:
    """The mean over the frames on which one of the two is seen; or 0 if that is below `least`."""
    pairs = [(a, b) for a, b in zip(one.shown, other.shown, strict=True) if a or b]
    near = [(a, b) for a, b in pairs if a and b and _touch(a.box, b.box)]
    if len(near) < least * len(pairs) or sum(starmap(_most, near)) < least * len(pairs):
        return 0.0
    return sum(_similarity(a, b, 0.0) for a, b in near) / max(1, len(pairs))


def _similarity(one: _Placed, other: _Placed, least: float) -> float:
    """From 0 to 1; or 0 if it is below `least`. Rotation, group and attributes are not compared
    where areas are, as in CVAT."""
    a, b = one.shape, other.shape
    if a.kind != b.kind:
        return 0.0
    if a.kind == TAG:
        return 1.0
    if a.kind == "rectangle":
        return _box_overlap(a.points, b.points)
    if a.kind == "polygon":
        if _most(one, other) < least:
            return 0.0
        return polygons.overlap(a.points, b.points)
    return 1.0 if _is_alike(one, other) else 0.0


def _most(one: _Placed, other: _Placed) -> float:
    """How similar two shapes are at most: of polygons by their areas and boxes."""
    a, b = one.shape, other.shape
    if a.kind != "polygon" or b.kind != "polygon" or a.points == b.points:
        return 1.0
    width = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
    height = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    shared = min(max(width, 0.0) * max(height, 0.0), one.area, other.area)
    covered = one.area + other.area - shared
    return shared / covered * (1 + 1e-9) if covered else 0.0  # areas are rounded


def _place(shape: Shape) -> Hashable:
    has_area = shape.kind in ("rectangle", "polygon")
    return (
        shape.kind,
        shape.label.id,
        shape.is_outside,
        None if has_area else shape.rotation,
        tuple(shape.points),
        tuple(map(_place, shape.elements)),
    )


def _box(shape: Shape) -> Box:
    """The bounding box of the points or elements. A mask's points are run lengths: its box is no
    place in the picture, but equal for equal masks."""
    if shape.elements:
        return enclosing(map(_box, shape.elements))
    return bounding_box(shape.points) if shape.points else _NOWHERE


def _touch(one: Box, other: Box) -> bool:
    return (
        one[0] <= other[2] + TOLERANCE
        and other[0] <= one[2] + TOLERANCE
        and one[1] <= other[3] + TOLERANCE
        and other[1] <= one[3] + TOLERANCE
    )


def _box_overlap(one: Sequence[float], other: Sequence[float]) -> float:
    if one == other:
        return 1.0
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = ((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height / (sum(areas) - width * height)


def _is_alike(one: _Placed, other: _Placed) -> bool:
    """Whether two objects of one kind and label are in the same place."""
    return _are_close(one.box, other.box) and _is_same_place(one.shape, other.shape)


def _is_same_place(one: Shape, other: Shape) -> bool:
    if abs(one.rotation - other.rotation) > TOLERANCE or len(one.elements) != len(other.elements):
        return False
    if not _are_close(one.points, other.points):
        return False
    elements = (sorted(shape.elements, key=_contents) for shape in (one, other))
    return all(
        a.label == b.label and a.is_outside == b.is_outside and _is_same_place(a, b)
        for a, b in zip(*elements, strict=True)
    )


def _are_close(one: Sequence[float], other: Sequence[float]) -> bool:
    return len(one) == len(other) and all(
        abs(a - b) <= TOLERANCE for a, b in zip(one, other, strict=True)
    )


def _order(shape: Shape) -> tuple[object, ...]:
    """From below to above as in CVAT's exports (cvat-api 14.14): by z_order, single objects below
    those of tracks, then by id, the older below the newer; tags last. Objects without an id by
    their contents, so that the order of CVAT's answer plays no part."""
    return (
        shape.kind == TAG,
        shape.z_order,
        shape.is_tracked,
        shape.id,
        *_contents(shape),
        (
            shape.rotation,
            shape.attributes,
            shape.is_occluded,
            shape.is_outside,
            shape.group,
            shape.source,
        ),
    )


def _contents(shape: Shape) -> tuple[object, ...]:
    return shape.label.id, shape.kind, tuple(shape.points)
