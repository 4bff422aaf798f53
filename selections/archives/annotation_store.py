"""The objects on the frames of a task, in a file: a line of JSON for each frame that has any. Pure.

Between CVAT's answer and the ZIP lie minutes of fetching, and a selection may have a million
objects: they wait on the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cvat.annotations import Labels, Shape


def write(path: Path, objects: Iterable[tuple[int, Sequence[Shape]]]) -> None:
    """Write the objects of frames, in the order of the frames."""
    with path.open("wb") as file:
        for frame, shapes in objects:
            if shapes:
                line = msgspec.json.encode([frame, [_encoded(shape) for shape in shapes]])
                file.write(line + b"\n")


class StoredObjects:
    """The objects of frames that are asked for in their order."""

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
        return [_decoded(item, frame, self._labels) for item in self._next[1]]


def _lines(path: Path) -> Iterator[tuple[int, list[Any]]]:
    with path.open("rb") as file:
        for line in file:
            frame, items = msgspec.json.decode(line)
            yield frame, items


def _encoded(shape: Shape) -> list[Any]:
    return [
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
        [_encoded(element) for element in shape.elements],
        shape.id,
        shape.is_tracked,
        shape.is_keyframe,
    ]


def _decoded(item: list[Any], frame: int, labels: Labels) -> Shape:
    kind, label, points, rotation, occluded, outside, z_order, group, source, *rest = item
    attributes, elements, number, is_tracked, is_keyframe = rest
    return Shape(
        kind=kind,
        label=labels.get(label),
        frame=frame,
        points=points,
        rotation=rotation,
        is_occluded=occluded,
        is_outside=outside,
        z_order=z_order,
        group=group,
        source=source,
        attributes=tuple([(name, value) for name, value in attributes]),
        elements=tuple([_decoded(element, frame, labels) for element in elements]),
        id=number,
        is_tracked=is_tracked,
        is_keyframe=is_keyframe,
    )
