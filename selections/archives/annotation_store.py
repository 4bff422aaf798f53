"""The objects on the frames of a task, in a file: a line of JSON for each frame that has any. Pure.

Between CVAT's answer and the ZIP lie minutes of fetching, and a selection may have a million
objects: they wait on the disk.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from cvat.annotations import Attributes, Labels, Shape


class _Stored(msgspec.Struct, array_like=True, gc=False):
    """A Shape without its frame, and with the id of its label."""

    kind: str
    label_id: int
    points: list[float]
    rotation: float
    is_occluded: bool
    is_outside: bool
    z_order: int
    group: int
    source: str
    attributes: Attributes
    elements: list[_Stored]
    id: int
    is_tracked: bool
    is_keyframe: bool


_Line = tuple[int, list[_Stored]]
_decode = msgspec.json.Decoder(_Line).decode
_decode_frame = msgspec.json.Decoder(tuple[int, msgspec.Raw]).decode  # its objects not


def write(path: Path, objects: Iterable[tuple[int, Sequence[Shape]]]) -> None:
    """Write the objects of frames, in the order of the frames."""
    with path.open("wb") as file:
        for frame, shapes in objects:
            if shapes:
                line = msgspec.json.encode((frame, list(map(_stored, shapes))))
                file.write(line + b"\n")


class StoredObjects:
    """The objects in a file, for frames that are asked for in ascending order."""

    def __init__(self, path: Path, labels: Labels) -> None:
        self._lines = _lines(path)
        self._labels = labels
        self._next = next(self._lines, None)

    def on(self, frame: int) -> list[Shape]:
        """Those of a frame; no earlier frame can be asked for then."""
        while self._next is not None and self._next[0] < frame:
            self._next = next(self._lines, None)
        if self._next is None or self._next[0] != frame:
            return []
        return [_shape(stored, frame, self._labels) for stored in self._next[1]]


class SeekableObjects:
    """The objects in a file, for frames that are asked for in any order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frames, self._starts = array("q"), array("q")
        start = 0
        with path.open("rb") as file:
            for text in file:
                self._frames.append(_decode_frame(text)[0])
                self._starts.append(start)
                start += len(text)

    def copy(self, frames: Iterable[tuple[int, int]], into: Path) -> Counter[int]:
        """Write the objects of frames under other numbers, given as ascending (number, frame), and
        return how many objects there are of each label, by its id."""
        labels: Counter[int] = Counter()
        with self._path.open("rb") as source, into.open("wb") as file:
            for number, frame in frames:
                index = bisect_left(self._frames, frame)
                if index == len(self._frames) or self._frames[index] != frame:
                    continue
                source.seek(self._starts[index])
                _, stored = _decode(source.readline())
                labels.update(each.label_id for each in stored)
                file.write(msgspec.json.encode((number, stored)) + b"\n")
        return labels


def _lines(path: Path) -> Iterator[_Line]:
    with path.open("rb") as file:
        yield from map(_decode, file)


def _stored(shape: Shape) -> _Stored:
    return _Stored(
        shape.kind,
        shape.label.id,
        list(shape.points),
        shape.rotation,
        shape.is_occluded,
        shape.is_outside,
        shape.z_order,
        shape.group,
        shape.source,
        shape.attributes,
        list(map(_stored, shape.elements)),
        shape.id,
        shape.is_tracked,
        shape.is_keyframe,
    )


def _shape(stored: _Stored, frame: int, labels: Labels) -> Shape:
    elements = stored.elements
    return Shape(
        stored.kind,
        labels.get(stored.label_id),
        frame,
        stored.points,
        stored.rotation,
        stored.is_occluded,
        stored.is_outside,
        stored.z_order,
        stored.group,
        stored.source,
        stored.attributes,
        tuple([_shape(element, frame, labels) for element in elements]) if elements else (),
        stored.id,
        stored.is_tracked,
        stored.is_keyframe,
    )
