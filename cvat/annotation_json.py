"""Reads the annotations of a job, and labels, from CVAT's JSON (cvat-api 14)."""

from __future__ import annotations

import math
from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from sys import intern
from typing import Annotated, Any, BinaryIO

import msgspec
from msgspec import Meta, structs

from cvat.annotations import (
    MASK,
    MOST_JOB_PROBLEMS,
    SKELETON,
    TAG,
    Attribute,
    Attributes,
    BadObject,
    JobAnnotations,
    Label,
    Labels,
    Problem,
    Shape,
    Track,
    with_defaults,
)
from cvat.json_items import UNREADABLE, items
from cvat.reading import identifier, text, well_formed

LISTS = ("tags", "shapes", "tracks")  # in which CVAT gives the objects of a job
_EXACT = {"rectangle": 4, "ellipse": 4, "cuboid": 16, TAG: 0, SKELETON: 0}  # numbers of each kind
_LEAST = {"polygon": 6, "polyline": 4, "points": 2, MASK: 5}
MOST_DEGREES = 1e6
FARTHEST = 1e7  # pixels: of a coordinate
LONGEST_RUN = 2**28  # pixels: of a mask
LARGEST_NUMBER = 2**31 - 1  # of a frame, a group or z_order
MAX_SAFE_INTEGER = 2**53 - 1  # of JavaScript
LONGEST_REASON = 200


class _Value(msgspec.Struct, gc=False):
    """A value of an attribute in CVAT's JSON."""

    spec_id: Annotated[int, Meta(ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)]
    value: str


class _PlainShape(msgspec.Struct, gc=False):
    """A shape in CVAT's JSON as almost all are: msgspec reads it with its types and bounds. A shape
    that has another form is a dict, and is read field by field."""

    label_id: int
    type: str
    frame: Annotated[int, Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
    points: list[float]
    id: Annotated[int, Meta(ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)] = 0
    rotation: Annotated[float, Meta(ge=-MOST_DEGREES, le=MOST_DEGREES)] = 0.0
    occluded: bool = False
    outside: bool = False
    z_order: Annotated[int, Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)] = 0
    group: Annotated[int, Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)] = 0
    source: str = "manual"
    attributes: list[_Value] = []
    elements: Annotated[list[Any], Meta(max_length=0)] = []


_TYPED = {"shapes": msgspec.json.Decoder(_PlainShape).decode}


def read_annotations(
    file: BinaryIO, labels: Labels, frames: Collection[int] | None = None
) -> JobAnnotations:
    """The annotations in a file with CVAT's JSON: the shapes and tags of `frames` (None: of all),
    and all tracks. The file is read piece by piece. Raises CvatBroken if it is no such JSON."""
    job = JobAnnotations()
    for key, item in items(file, keys=LISTS, typed=_TYPED):
        is_wanted = frames is None or key == "tracks" or frame_of(item) in frames
        if not is_wanted and item is not UNREADABLE:
            continue
        try:
            if isinstance(item, _PlainShape):
                job.shapes.append(_plain(item, labels))
            elif key == "tracks":
                job.tracks.append(read_track(item, labels))
            else:
                job.shapes.append(read_shape(item, labels, kind=TAG if key == "tags" else None))
        except BadObject as error:
            job.problems_count += 1
            if len(job.problems) < MOST_JOB_PROBLEMS:
                reason = str(error)[:LONGEST_REASON]
                job.problems.append(Problem(frame_of(item), _id_of(item), reason))
    return job


def read_label(entry: Any) -> Label:
    """A label from an entry of `GET /api/labels`. Raises CvatBroken without its id."""
    return Label(
        id=identifier(entry),
        name=text(entry, "name"),
        color=text(entry, "color"),
        type=text(entry, "type") or "any",
        attributes=tuple(map(_attribute, _list(entry, "attributes"))),
        sublabels=tuple(map(read_label, _list(entry, "sublabels"))),
        svg=text(entry, "svg"),
    )


def read_shape(item: Any, labels: Labels, *, kind: str | None = None) -> Shape:
    """A shape, or with `kind` a tag. Raises BadObject."""
    label = labels.get(_mapping(item).get("label_id"))
    shape = _shape(item, label, kind=kind, specs=label.attributes)
    if shape.kind != SKELETON:
        return shape
    elements = tuple(_element(each, labels) for each in _list(item, "elements"))
    return structs.replace(shape, elements=elements)


def _plain(item: _PlainShape, labels: Labels) -> Shape:
    """Raises BadObject."""
    label = labels.get(item.label_id)
    kind = intern(item.type)
    return Shape(
        kind=kind,
        label=label,
        frame=item.frame,
        points=_points(item.points, kind),
        rotation=item.rotation or 0.0,
        is_occluded=item.occluded,
        is_outside=item.outside,
        z_order=item.z_order,
        group=item.group,
        source=intern(item.source) or "manual",
        attributes=_plain_attributes(item, label.attributes) if label.attributes else (),
        id=item.id,
    )


def _plain_attributes(item: _PlainShape, specs: tuple[Attribute, ...]) -> Attributes:
    names = {spec.id: spec.name for spec in specs}
    given = ((names.get(each.spec_id), each.value) for each in item.attributes)
    return _shared(with_defaults({name: value for name, value in given if name is not None}, specs))


def _element(item: Any, labels: Labels) -> Shape:
    """A point of a skeleton."""
    label = labels.get(_mapping(item).get("label_id"))
    return _point(_shape(item, label, specs=label.attributes))


def _point(shape: Shape) -> Shape:
    if shape.kind != "points":
        raise BadObject(f"a skeleton cannot have a {shape.kind} as its point")
    return shape


def read_track(item: Any, labels: Labels) -> Track:
    """Raises BadObject."""
    track = _track(item, labels)
    if any(keyframe.kind != SKELETON for keyframe in track.keyframes):
        return track
    elements = [_track(element, labels) for element in _list(item, "elements")]
    for keyframe in (keyframe for element in elements for keyframe in element.keyframes):
        _point(keyframe)
    return replace(track, elements=tuple(elements))


def _track(item: Any, labels: Labels) -> Track:
    """The track without its elements."""
    label = labels.get(_mapping(item).get("label_id"))
    number = _whole(item, "id", MAX_SAFE_INTEGER)
    inherited = {"frame": 0, "group": item.get("group"), "source": item.get("source")}
    mutable = tuple(spec for spec in label.attributes if spec.is_mutable)
    by_frame: dict[int, Shape] = {}
    for keyframe in _list(item, "shapes"):
        merged = {**inherited, **_mapping(keyframe), "id": number}
        drawn = _shape(merged, label, specs=mutable, has_defaults=False, is_tracked=True)
        by_frame[drawn.frame] = drawn
    fixed = tuple(spec for spec in label.attributes if not spec.is_mutable)
    keyframes = tuple(by_frame[frame] for frame in sorted(by_frame))
    return Track(number, label, keyframes, _attributes(item, fixed))


def _shape(
    item: Mapping[str, Any],
    label: Label,
    *,
    kind: str | None = None,
    specs: tuple[Attribute, ...],
    has_defaults: bool = True,
    is_tracked: bool = False,
) -> Shape:
    frame = frame_of(item)
    if frame is None:
        raise BadObject("it is on no frame")
    kind = kind or _word(item, "type")
    return Shape(
        kind=kind,
        label=label,
        frame=frame,
        points=_points(item.get("points") or [], kind),
        rotation=_degrees(item, "rotation"),
        is_occluded=item.get("occluded") is True,
        is_outside=item.get("outside") is True,
        z_order=_whole(item, "z_order"),
        group=_whole(item, "group"),
        source=_word(item, "source") or "manual",
        attributes=_attributes(item, specs, has_defaults=has_defaults),
        id=_whole(item, "id", MAX_SAFE_INTEGER),
        is_tracked=is_tracked,
    )


def _points(numbers: Any, kind: str) -> Sequence[float]:
    try:
        points = array("d", numbers)
    except (TypeError, OverflowError):
        raise BadObject("its points are not numbers") from None
    count = len(points)
    if kind in _EXACT:
        fits = count == _EXACT[kind]
    elif kind in _LEAST:
        fits = count >= _LEAST[kind] and (kind == MASK or count % 2 == 0)
    else:
        raise BadObject(f"its kind {kind!r:.40} is not known")
    if not fits:
        raise BadObject(f"a {kind} cannot have {count} numbers as its points")
    # Points as near to the origin as this are finite and within the bounds below: one quick look
    # instead of four, and almost all objects need no other.
    if kind != MASK and math.hypot(*points) <= FARTHEST:
        return points
    if not math.isfinite(sum(points)):
        raise BadObject("its points are not finite numbers")
    runs, points_of_box = (points[:-4], points[-4:]) if kind == MASK else ((), points)
    if points_of_box and not -FARTHEST <= min(points_of_box) <= max(points_of_box) <= FARTHEST:
        raise BadObject("its points are farther from the picture than any object")
    if runs and not 0 <= min(runs) <= max(runs) <= LONGEST_RUN:
        raise BadObject("its runs are no numbers of pixels")
    return points


def _attributes(
    item: Mapping[str, Any], specs: tuple[Attribute, ...], *, has_defaults: bool = True
) -> Attributes:
    """Names and values; of a value that is given twice the last (cvat-api 14.3)."""
    if not specs:
        return ()
    names = {spec.id: spec.name for spec in specs}
    values: dict[str, str] = {}
    for given in _list(item, "attributes"):
        name = names.get(_whole(_mapping(given), "spec_id", MAX_SAFE_INTEGER))
        if name is not None:
            value = given.get("value")
            if isinstance(value, list | dict):
                raise BadObject(f"its attribute {name!r:.40} has no value")
            values[name] = well_formed(value if isinstance(value, str) else str(value))
    return _shared(with_defaults(values, specs) if has_defaults else tuple(values.items()))


@lru_cache(maxsize=4096)
def _shared(attributes: Attributes) -> Attributes:
    """The attributes, cached: equal tuples mostly share one object, which saves memory."""
    return attributes


def _attribute(entry: Any) -> Attribute:
    return Attribute(
        id=identifier(entry),
        name=text(entry, "name"),
        is_mutable=entry.get("mutable") is True,
        input_type=text(entry, "input_type"),
        default=text(entry, "default_value"),
        values=tuple(
            well_formed(str(value))
            for value in _list(entry, "values")
            if not isinstance(value, list | dict)
        ),
    )


def _id_of(item: Any) -> int | None:
    """CVAT's id of a shape, a tag or a track in its JSON; None if it has none."""
    if isinstance(item, _PlainShape):
        return item.id
    number = item.get("id") if isinstance(item, dict) else None
    return number if type(number) is int and abs(number) <= MAX_SAFE_INTEGER else None


def frame_of(item: Any) -> int | None:
    """The frame of a shape, a tag or a keyframe in CVAT's JSON; None if it has none."""
    if isinstance(item, _PlainShape):
        return item.frame
    frame = item.get("frame") if isinstance(item, dict) else None
    return frame if type(frame) is int and abs(frame) <= LARGEST_NUMBER else None


def _mapping(item: Any) -> Mapping[str, Any]:
    if item is UNREADABLE:
        raise BadObject("its JSON is too long or too deeply nested")
    if not isinstance(item, dict):
        raise BadObject("it has an unknown form")
    return item


def _list(item: Mapping[str, Any], key: str) -> list[Any]:
    value = item.get(key)
    return value if isinstance(value, list) else []


def _word(item: Mapping[str, Any], key: str) -> str:
    """One object in memory for equal texts: a job may have a million."""
    value = item.get(key)
    return intern(well_formed(value)) if isinstance(value, str) else ""


def _whole(item: Mapping[str, Any], key: str, largest: int = LARGEST_NUMBER) -> int:
    value = item.get(key)
    if type(value) is not int:
        return 0
    if abs(value) > largest:
        raise BadObject(f"its {key} is too large a number")
    return value


def _degrees(item: Mapping[str, Any], key: str) -> float:
    value = item.get(key)
    if not isinstance(value, int | float) or not -MOST_DEGREES <= value <= MOST_DEGREES:
        return 0.0
    return float(value) if value else 0.0
