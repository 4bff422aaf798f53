"""Objects of one task in the form in which another task takes them (cvat-api 14.9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cvat.annotations import SKELETON, SOURCES, TAG, Label, Labels, Shape

NO_FRAME = "the frame is not in the task"
NO_LABEL = "the task has no label “{name}”"
NO_SKELETON = "the label “{name}” of the task is no skeleton"
NO_POINTS = "the skeleton has no points"
NO_POINT = "the skeleton “{name}” of the task has no point “{point}”"


@dataclass(frozen=True, slots=True)
class LeftOutObject:
    """An object that the task cannot take. `frame` is the one that it was on before."""

    frame: int
    object_id: int
    reason: str  # completes "The object was left out: ..."


@dataclass(slots=True)
class Converted:
    """Objects in the form that creates them in the other task, and what that task cannot take.
    `attributes_left_out` counts values by the names of label and attribute."""

    shapes: list[dict[str, Any]] = field(default_factory=list)
    tags: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[LeftOutObject] = field(default_factory=list)
    attributes_left_out: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def objects(self) -> dict[str, Any]:
        """For AnnotationWriter.ensure_annotations."""
        return {"tags": self.tags, "shapes": self.shapes, "tracks": []}


class _CannotBeConverted(Exception):
    """The text is the reason of a LeftOutObject."""


def convert(
    shapes: Iterable[Shape],
    labels: Labels,
    *,
    frames: Mapping[int, int],
    renamed: Mapping[str, str] | None = None,
    is_strict: bool = False,
) -> Converted:
    """The shapes and tags in the form that creates them in a task with these labels. `frames` maps
    their frames to those of that task. Labels, their attributes and the points of skeletons are
    matched by name; `renamed` maps names of labels to those of that task. `left_out` of the result
    names every object that does not fit.
    `is_strict`: values outside the list of an attribute, which CVAT takes, are left out too."""
    targets = {label.name: label for label in labels}
    result = Converted()
    for shape in shapes:
        name = (renamed or {}).get(shape.label.name, shape.label.name)
        try:
            if shape.frame not in frames:
                raise _CannotBeConverted(NO_FRAME)
            if name not in targets:
                raise _CannotBeConverted(NO_LABEL.format(name=name))
            sent = _object(shape, targets[name], frames[shape.frame], result)
            if is_strict:
                _drop_unlisted(sent, targets[name], result)
        except _CannotBeConverted as error:
            result.left_out.append(LeftOutObject(shape.frame, shape.id, str(error)))
            continue
        (result.tags if shape.kind == TAG else result.shapes).append(sent)
    return result


def with_ids(shapes: Iterable[Shape]) -> dict[str, Any]:
    """Shapes and tags of a task as its own objects with their ids, for
    AnnotationWriter.ensure_annotations_deleted: label, frame and points say which they are."""
    objects: dict[str, Any] = {"tags": [], "shapes": [], "tracks": []}
    for shape in shapes:
        objects["tags" if shape.kind == TAG else "shapes"].append(_with_id(shape))
    return objects


def _with_id(shape: Shape) -> dict[str, Any]:
    named: dict[str, Any] = {"id": shape.id, "frame": shape.frame, "label_id": shape.label.id}
    if shape.kind == TAG:
        return named
    named |= {"type": shape.kind, "points": list(shape.points)}
    # CVAT takes no skeleton without its points, not even to delete it (cvat-api 14.10).
    return {**named, "elements": list(map(_with_id, shape.elements))} if shape.elements else named


def _object(shape: Shape, label: Label, frame: int, result: Converted) -> dict[str, Any]:
    elements = _elements(shape, label, frame, result)
    sent: dict[str, Any] = {
        "frame": frame,
        "label_id": label.id,
        "group": max(shape.group, 0),  # CVAT refuses others, and rotations beyond a turn
        "source": shape.source if shape.source in SOURCES else "manual",
        "attributes": _attributes(shape, label, result),
    }
    if shape.kind == TAG:
        return sent
    sent |= {
        "type": shape.kind,
        "points": list(shape.points),
        "rotation": shape.rotation % 360,
        "occluded": shape.is_occluded,
        "outside": shape.is_outside,
        "z_order": shape.z_order,
    }
    return {**sent, "elements": elements} if shape.kind == SKELETON else sent


def _elements(shape: Shape, label: Label, frame: int, result: Converted) -> list[dict[str, Any]]:
    if shape.kind != SKELETON:
        return []
    points = {part.name: part for part in label.sublabels}
    if not points:
        raise _CannotBeConverted(NO_SKELETON.format(name=label.name))
    if not shape.elements:
        raise _CannotBeConverted(NO_POINTS)
    for element in shape.elements:
        if element.label.name not in points:
            text = NO_POINT.format(name=label.name, point=element.label.name)
            raise _CannotBeConverted(text)
    return [
        _object(element, points[element.label.name], frame, result) for element in shape.elements
    ]


def _attributes(shape: Shape, label: Label, result: Converted) -> list[dict[str, Any]]:
    known = {attribute.name: attribute.id for attribute in label.attributes}
    sent = []
    for name, value in shape.attributes:
        if name in known:
            sent.append({"spec_id": known[name], "value": value})
        else:
            key = label.name, name
            result.attributes_left_out[key] = result.attributes_left_out.get(key, 0) + 1
    return sent


def _drop_unlisted(sent: dict[str, Any], label: Label, result: Converted) -> None:
    """Drop the values that are none of those of their attribute, of an object and its parts."""
    lists = {spec.id: spec for spec in label.attributes if spec.input_type in ("select", "radio")}
    listed = []
    for attribute in sent["attributes"]:
        spec = lists.get(attribute["spec_id"])
        if spec is None or attribute["value"] in spec.values:
            listed.append(attribute)
        else:
            key = label.name, spec.name
            result.attributes_left_out[key] = result.attributes_left_out.get(key, 0) + 1
    sent["attributes"] = listed
    parts = {part.id: part for part in label.sublabels}
    for element in sent.get("elements", ()):
        _drop_unlisted(element, parts[element["label_id"]], result)
