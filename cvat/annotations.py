"""Annotations of a job as frozen values; annotation_json.py reads them from CVAT's JSON.

A Shape is one object on one frame, of every kind: also a tag, which has no points, and a skeleton,
whose points are its elements. A Track is one object over several frames; tracks.py makes shapes of
it. Objects name their Label; attributes are pairs of name and value, both text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

Attributes = tuple[tuple[str, str], ...]

SOURCES = ("manual", "auto", "semi-auto", "file", "consensus")  # who made an object
TAG = "tag"
SKELETON = "skeleton"
MASK = "mask"
LONGEST_VALUE = 4096  # characters of an attribute that CVAT takes
MOST_JOB_PROBLEMS = 1000  # that are named; the others are counted


@dataclass(frozen=True, slots=True)
class Attribute:
    """The definition of an attribute. `is_mutable`: may change within a track."""

    id: int
    name: str
    is_mutable: bool
    input_type: str  # select, radio, checkbox, number, text
    default: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a task or project. `sublabels` are the points of a skeleton, drawn in `svg`."""

    id: int
    name: str
    color: str = ""
    type: str = "any"
    attributes: tuple[Attribute, ...] = ()
    sublabels: tuple[Label, ...] = ()
    svg: str = ""


class Labels:
    """The labels of a task, by id; iterates over those that are no points of a skeleton, in the
    order of their ids, which is CVAT's."""

    def __init__(self, labels: Iterable[Label]) -> None:
        self._top = sorted(labels, key=lambda label: label.id)
        self._by_id = {label.id: label for top in self._top for label in (top, *top.sublabels)}

    def __iter__(self) -> Iterator[Label]:
        return iter(self._top)

    def __len__(self) -> int:
        return len(self._top)

    def get(self, label_id: object) -> Label:
        """Raises BadObject for an unknown id."""
        label = self._by_id.get(label_id) if isinstance(label_id, int) else None
        if label is None:
            number = label_id if isinstance(label_id, int | str | None) else "?"
            raise BadObject(f"its label {number!r:.40} is not one of the task")
        return label


class Shape(msgspec.Struct, frozen=True, gc=False):
    """An object on a frame. `points` as CVAT has them: of a rectangle the corners before it is
    rotated, of an ellipse its centre, right and top, of a mask the lengths of its runs and its box.

    A Struct because there are a million of them: it is made ten times as fast as a dataclass.
    """

    kind: str  # CVAT's type of a shape, or tag
    label: Label
    frame: int
    points: Sequence[float] = ()
    rotation: float = 0.0  # degrees, clockwise
    is_occluded: bool = False
    is_outside: bool = False
    z_order: int = 0
    group: int = 0
    source: str = "manual"
    attributes: Attributes = ()
    elements: tuple[Shape, ...] = ()
    id: int = 0  # in CVAT: of the shape or tag, or of the track
    is_tracked: bool = False
    is_keyframe: bool = True


@dataclass(frozen=True, slots=True)
class Track:
    """An object over several frames. `keyframes` are ascending; they carry the mutable attributes
    that CVAT names there, `attributes` has the others. The elements of a skeleton are tracks
    too."""

    id: int
    label: Label
    keyframes: tuple[Shape, ...]
    attributes: Attributes = ()
    elements: tuple[Track, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """An object that was left out."""

    frame: int | None
    object_id: int | None
    reason: str  # completes "The object was left out: ..."


@dataclass(slots=True)
class JobAnnotations:
    """What is annotated in a job. `problems` holds the first MOST_JOB_PROBLEMS."""

    shapes: list[Shape] = field(default_factory=list)  # tags too
    tracks: list[Track] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    problems_count: int = 0


class BadObject(Exception):
    """An object that cannot be read; the text is the reason of a Problem."""


def with_defaults(values: Mapping[str, str], specs: Iterable[Attribute]) -> Attributes:
    """The values, then the defaults of those attributes that have none."""
    missing = {spec.name: spec.default for spec in specs if spec.name not in values}
    return tuple({**values, **missing}.items())
