"""The objects that a track shows on frames, interpolated between its keyframes as CVAT does in its
export `CVAT for images 1.1`. Pure (docs/annotations.md says the rules)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from math import inf

from msgspec.structs import replace

from cvat import polygons
from cvat.annotations import SKELETON, Attributes, Shape, Track, with_defaults

_LINEAR = ("rectangle", "ellipse", "cuboid", SKELETON)
_OUTLINES = ("polygon", "polyline")


class TrackShapes:
    """What a track shows on each frame. Keyframes on `deleted` frames play no part."""

    def __init__(self, track: Track, *, deleted: Collection[int] = frozenset()) -> None:
        self.track = track
        self._keyframes = _with_carried_attributes(
            [keyframe for keyframe in track.keyframes if keyframe.frame not in deleted]
        )
        self._numbers = [keyframe.frame for keyframe in self._keyframes]
        self._elements = [TrackShapes(element, deleted=deleted) for element in track.elements]

    @property
    def first(self) -> float:
        """The first frame that it shows something on; infinite if there is none."""
        visible = (keyframe.frame for keyframe in self._keyframes if not keyframe.is_outside)
        return next(visible, inf)

    @property
    def end(self) -> float:
        """The frame from which on it shows nothing more; infinite if it goes on."""
        if not self._keyframes:
            return 0
        return self._numbers[-1] if self._keyframes[-1].is_outside else inf

    def on(self, frame: int) -> Shape | None:
        """The object on a frame that is not deleted; None where it is hidden. A skeleton is hidden
        too where all its points are."""
        shown = self._position(frame)
        if shown is None or shown.is_outside:
            return None
        if shown.elements and all(element.is_outside for element in shown.elements):
            return None
        return shown

    def _position(self, frame: int) -> Shape | None:
        """The object on a frame, hidden or not; None before the first keyframe."""
        index = bisect_right(self._numbers, frame) - 1
        if index < 0:
            return None
        keyframe = self._keyframes[index]
        following = self._keyframes[index + 1] if index + 1 < len(self._keyframes) else None
        positions = (element._position(frame) for element in self._elements)
        elements = tuple(each for each in positions if each is not None)
        points, rotation = keyframe.points, keyframe.rotation
        if following is not None and keyframe.frame != frame:
            points, rotation = _between(keyframe, following, frame)
        return replace(
            keyframe,
            frame=frame,
            points=points,
            rotation=rotation,
            # As in CVAT, a skeleton is at a keyframe where one of its elements is.
            is_keyframe=keyframe.frame == frame or any(each.is_keyframe for each in elements),
            attributes=self._attributes(keyframe),
            elements=elements,
        )

    def _attributes(self, keyframe: Shape) -> Attributes:
        specs = self.track.label.attributes
        if not specs:
            return ()
        mutable = (spec for spec in specs if spec.is_mutable)
        return with_defaults(dict(keyframe.attributes), mutable) + self.track.attributes


def _with_carried_attributes(keyframes: Sequence[Shape]) -> list[Shape]:
    """The keyframes, each with those attributes of the one before that it does not name itself."""
    carried: dict[str, str] = {}
    complete = []
    for keyframe in keyframes:
        named = dict(keyframe.attributes)
        carried = named | {name: value for name, value in carried.items() if name not in named}
        complete.append(
            replace(keyframe, attributes=tuple(carried.items())) if carried else keyframe
        )
    return complete


def _between(first: Shape, second: Shape, frame: int) -> tuple[Sequence[float], float]:
    """Points and rotation on a frame between two keyframes. Kinds that cannot be interpolated, as
    masks, stay as in the first."""
    share = (frame - first.frame) / (second.frame - first.frame)
    if first.kind != second.kind:
        return first.points, first.rotation
    if first.kind in _LINEAR or (first.kind == "points" and len(first.points) == 2):
        if len(first.points) != len(second.points):
            return first.points, first.rotation
        turned = first.rotation + _turn(first.rotation, second.rotation) * share
        moved = [a + (b - a) * share for a, b in zip(first.points, second.points, strict=True)]
        return moved, turned % 360
    if first.kind in _OUTLINES:
        is_closed = first.kind == "polygon"
        moved = polygons.between(first.points, second.points, share, is_closed=is_closed)
        return moved, first.rotation
    return first.points, first.rotation


def _turn(first: float, second: float) -> float:
    """Degrees from one rotation to another, the shorter way; 1 for exactly half a turn, as CVAT's
    export has it."""
    turn = (second - first + 180) % 360 - 180
    return 1 if turn == -180 else turn
