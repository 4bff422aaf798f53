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

from cvat.annotations import MASK, TAG, Shape
from cvat.geometry import Box, object_box, polygon_area
from cvat.types import Frame
from selector.annotation_index.frame_sets import frame_set

VERSION = 1  # of the bytes and of their meaning
AREALESS = (TAG, "points", "polyline")  # kinds that cover nothing
FRAME_TYPE, AREA_TYPE, POSITION_TYPE = "I", "d", "I"  # of arrays

# Of each attribute: of each value the positions of the objects in their group, as an array.
Values = dict[str, dict[str, bytes]]
StoredValues = bytes  # of `Values`, which are read when they are needed; b"" for none


class Group(msgspec.Struct, frozen=True, array_like=True):
    """Objects with one label, type, source and occlusion, in the order of their frames."""

    label: str
    shape_type: str  # CVAT's type of a shape, or tag
    source: str
    is_occluded: bool
    frame_set: bytes  # counted from the first frame of the index
    frames: bytes  # task frames, one of each object
    areas: bytes  # shares of the picture, one of each object
    values: StoredValues = b""


class JobIndex(msgspec.Struct, frozen=True, array_like=True):
    """All objects of the frames that one job serves. `frame_set` has all of these frames,
    counted from `first`."""

    first: int
    frame_set: bytes
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
        frame_set=_frame_set([frame.frame for frame in frames], first),
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
    box = None if shape.kind in AREALESS else object_box(shape)
    if box is None:
        return 0.0
    x1, y1, x2, y2 = box
    inside = max(min(x2, width) - max(x1, 0), 0) * max(min(y2, height) - max(y1, 0), 0)
    return min(inside, _area(shape, box)) / (width * height)


class _GroupBuilder:
    def __init__(self) -> None:
        self._frames: array[int] = array(FRAME_TYPE)
        self._areas: array[float] = array(AREA_TYPE)
        self._positions: dict[str, dict[str, array[int]]] = {}

    def add(self, frame: int, area: float, shape: Shape) -> None:
        position = len(self._frames)
        self._frames.append(frame)
        self._areas.append(area)
        for name, value in shape.attributes:
            positions = self._positions.setdefault(name, {}).setdefault(value, array(POSITION_TYPE))
            positions.append(position)

    def columns(self, first: int) -> tuple[bytes, bytes, bytes, bytes]:
        values: Values = {
            name: {value: positions.tobytes() for value, positions in sorted(by_value.items())}
            for name, by_value in sorted(self._positions.items())
        }
        stored = msgspec.msgpack.encode(values) if values else b""
        frames = _frame_set(self._frames, first)
        return frames, self._frames.tobytes(), self._areas.tobytes(), stored


_read_index = msgspec.msgpack.Decoder(JobIndex).decode
_read_values = msgspec.msgpack.Decoder(Values).decode


def _frame_set(frames: Iterable[int], first: int) -> bytes:
    counted = frame_set(frame - first for frame in frames)
    return counted.to_bytes((counted.bit_length() + 7) // 8, "little")


def _area(shape: Shape, box: Box) -> float:
    points = shape.points
    if shape.kind == "rectangle":
        return abs((points[2] - points[0]) * (points[3] - points[1]))
    if shape.kind == "polygon":
        return polygon_area(points)
    if shape.kind == "ellipse":
        return math.pi * abs((points[2] - points[0]) * (points[3] - points[1]))
    if shape.kind == MASK:
        return sum(points[1:-4:2])  # runs of background and object take turns
    return (box[2] - box[0]) * (box[3] - box[1])
