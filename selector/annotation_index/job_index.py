"""The index of the frames that one job serves: which objects are on them. Pure.

Objects with one label, type, source and occlusion are a group; of each object the group has the
frame, the area and the values of its attributes. As bytes an index is MessagePack behind a
checksum.
"""

from __future__ import annotations

import math
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import msgspec

from cvat import outlines
from cvat.annotations import MASK, TAG, Shape
from cvat.outlines import Box
from cvat.types import Frame
from selector.annotation_index.masks import mask_of

VERSION = 1  # of the bytes and of their meaning
FRAME_TYPE, AREA_TYPE, PLACE_TYPE = "I", "d", "I"  # of arrays

# Of each attribute: of each value the places of the objects in their group, as an array.
Values = dict[str, dict[str, bytes]]
StoredValues = bytes  # of `Values`, which are read when they are needed; b"" for none


class Group(msgspec.Struct, frozen=True, array_like=True):
    """Objects with one label, type, source and occlusion, in the order of their frames."""

    label: str
    shape_type: str  # CVAT's type of a shape, or tag
    source: str
    is_occluded: bool
    mask: bytes  # of the frames, counted from the first frame of the index
    frames: bytes  # task frames, one of each object
    areas: bytes  # shares of the picture, one of each object
    values: StoredValues = b""


class JobIndex(msgspec.Struct, frozen=True, array_like=True):
    """All objects of the frames that one job serves. `mask` has all of these frames, counted from
    `first`."""

    first: int
    mask: bytes
    groups: tuple[Group, ...]
    problems_count: int = 0  # objects that could not be read


def index_frames(
    frames: Sequence[Frame],
    objects: Iterable[tuple[int, Sequence[Shape]]],
    *,
    problems: Callable[[], int] = lambda: 0,
) -> JobIndex:
    """The index of `frames`, ascending, from the objects on each of them. `problems` is asked at
    the end how many objects could not be read."""
    first = frames[0].frame if frames else 0
    groups: defaultdict[tuple[str, str, str, bool], _GroupBuilder] = defaultdict(_GroupBuilder)
    for frame, (number, shapes) in zip(frames, objects, strict=True):
        for shape in shapes:
            key = (shape.label.name, shape.kind, shape.source, shape.is_occluded)
            groups[key].add(number, covered_share(shape, frame.width, frame.height), shape)
    return JobIndex(
        first=first,
        mask=_mask([frame.frame for frame in frames], first),
        groups=tuple(Group(*key, *groups[key].columns(first)) for key in sorted(groups)),
        problems_count=problems(),
    )


def encode(index: JobIndex) -> bytes:
    body = msgspec.msgpack.encode(index)
    return zlib.crc32(body).to_bytes(4, "big") + body


def decode(stored: bytes) -> JobIndex:
    """Raises ValueError if the bytes are damaged."""
    body = memoryview(stored)[4:]
    if len(stored) < 4 or zlib.crc32(body).to_bytes(4, "big") != stored[:4]:
        raise ValueError("the index is damaged")
    try:
        return _read_index(body)
    except msgspec.MsgspecError as error:
        raise ValueError("the index is of another form") from error


def read_values(stored: StoredValues) -> Values:
    return _read_values(stored) if stored else {}


def covered_share(shape: Shape, width: int, height: int) -> float:
    """The share of the picture that an object covers, 0 to 1: by the area of its shape, and at most
    that of its box within the picture. Of a cuboid and a skeleton it is the box. 0 for tags, points
    and polylines, and where the size of the picture is not known."""
    if not width or not height:
        return 0.0
    box = _box(shape)
    if box is None:
        return 0.0
    left, top, right, bottom = box
    inside = max(min(right, width) - max(left, 0), 0) * max(min(bottom, height) - max(top, 0), 0)
    return min(inside, _area(shape, box)) / (width * height)


class _GroupBuilder:
    def __init__(self) -> None:
        self._frames: array[int] = array(FRAME_TYPE)
        self._areas: array[float] = array(AREA_TYPE)
        self._places: dict[str, dict[str, array[int]]] = {}

    def add(self, frame: int, area: float, shape: Shape) -> None:
        place = len(self._frames)
        self._frames.append(frame)
        self._areas.append(area)
        for name, value in shape.attributes:
            places = self._places.setdefault(name, {}).setdefault(value, array(PLACE_TYPE))
            places.append(place)

    def columns(self, first: int) -> tuple[bytes, bytes, bytes, bytes]:
        values: Values = {
            name: {value: places.tobytes() for value, places in sorted(by_value.items())}
            for name, by_value in sorted(self._places.items())
        }
        stored = msgspec.msgpack.encode(values) if values else b""
        mask = _mask(self._frames, first)
        return mask, self._frames.tobytes(), self._areas.tobytes(), stored


_read_index = msgspec.msgpack.Decoder(JobIndex).decode
_read_values = msgspec.msgpack.Decoder(Values).decode


def _mask(frames: Iterable[int], first: int) -> bytes:
    mask = mask_of(frame - first for frame in frames)
    return mask.to_bytes((mask.bit_length() + 7) // 8, "little")


def _box(shape: Shape) -> Box | None:
    """The box of what an object covers; None if it covers nothing."""
    points = shape.points
    if shape.kind == TAG or shape.kind in ("points", "polyline"):
        return None
    if shape.kind == "skeleton":
        seen = [each for each in shape.elements if each.points and not each.is_outside]
        return (
            outlines.enclosing(outlines.bounding_box(each.points) for each in seen)
            if seen
            else None
        )
    if shape.kind == MASK:
        left, top, right, bottom = points[-4:]
        return left, top, right + 1, bottom + 1
    if shape.kind == "ellipse":
        x, y = points[:2]
        across, up = abs(points[2] - x), abs(points[3] - y)
        return _turned_ellipse(x, y, across, up, shape.rotation)
    if shape.kind == "rectangle" and shape.rotation:
        return outlines.bounding_box(_turned(points, shape.rotation))
    return outlines.bounding_box(points)


def _area(shape: Shape, box: Box) -> float:
    points = shape.points
    if shape.kind == "rectangle":
        return abs((points[2] - points[0]) * (points[3] - points[1]))
    if shape.kind == "polygon":
        return abs(_signed_area(points))
    if shape.kind == "ellipse":
        return math.pi * abs((points[2] - points[0]) * (points[3] - points[1]))
    if shape.kind == MASK:
        return sum(points[1:-4:2])  # runs of background and object take turns
    return (box[2] - box[0]) * (box[3] - box[1])


def _signed_area(points: Sequence[float]) -> float:
    xs, ys = points[::2], points[1::2]
    return (
        sum(xs[index - 1] * ys[index] - xs[index] * ys[index - 1] for index in range(len(xs))) / 2
    )


def _turned(points: Sequence[float], degrees: float) -> list[float]:
    """The corners of a rectangle that is rotated around its centre."""
    x, y = (points[0] + points[2]) / 2, (points[1] + points[3]) / 2
    across, down = (points[2] - points[0]) / 2, (points[3] - points[1]) / 2
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = ((-across, -down), (across, -down), (across, down), (-across, down))
    return [part for a, b in corners for part in (x + a * cos - b * sin, y + a * sin + b * cos)]


def _turned_ellipse(x: float, y: float, across: float, up: float, degrees: float) -> Box:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    half_width, half_height = math.hypot(across * cos, up * sin), math.hypot(across * sin, up * cos)
    return x - half_width, y - half_height, x + half_width, y + half_height
