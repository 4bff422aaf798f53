"""What CVAT refuses of annotations that are written (cvat-api 14.9 and 14.10)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from standin.messages import Refusal
from standin.model import Label, Task

Json = dict[str, Any]

KINDS = ("tags", "shapes", "tracks")
POINTS = {"rectangle": 4, "ellipse": 4, "cuboid": 16, "skeleton": 0}
LEAST_POINTS = {"polygon": 6, "polyline": 4, "points": 2, "mask": 5}
LONGEST_VALUE = 4096
DRAWN = ("type", "frame")
REQUIRED = {
    "tags": ("frame", "label_id"),
    "shapes": (*DRAWN, "label_id"),
    "tracks": ("frame", "label_id", "shapes"),
}


def check(task: Task, given: Mapping[str, list[Json]], *, action: str) -> None:
    """Raises Refusal for the first list that has a bad object. To replace is to `create`."""
    for kind in KINDS:
        errors = [dict(_errors(kind, each, action)) for each in given[kind]]
        if any(errors):
            raise Refusal(400, {kind: errors})
    if action == "delete":
        return
    if given["tracks"] and task.validation_mode == "gt_pool":
        raise Refusal(400, ["Tracks are not supported when task validation mode is gt_pool"])
    holder = task.project or task
    known = {part.id: part for label in holder.labels for part in (label, *label.sublabels)}
    for kind in KINDS:
        for each in given[kind]:
            for part in (each, *each.get("elements", [])):
                _check_label(part, known, is_track=kind == "tracks")


def _check_label(given: Json, known: Mapping[int, Label], *, is_track: bool) -> None:
    label = known.get(given["label_id"])
    if label is None:
        raise Refusal(400, [f"label_id `{given['label_id']}` is invalid"])
    _check_attributes([given], label, [False] if is_track else [False, True])
    if is_track:
        _check_attributes(given["shapes"], label, [True])


def _check_attributes(given: Iterable[Json], label: Label, mutable: Collection[bool]) -> None:
    """`mutable`: which attributes of the label these may have. In a track the mutable ones are of
    the keyframes, the others of the track."""
    own = {each["id"] for each in label.attributes if each["mutable"] in mutable}
    for each in given:
        for attribute in each.get("attributes") or []:
            if attribute["spec_id"] not in own:
                raise Refusal(400, [f"spec_id `{attribute['spec_id']}` is invalid"])


def _errors(
    kind: str, given: Json, action: str, *, is_part: bool = False
) -> Iterator[tuple[str, list[Any]]]:
    """Those of the fields by their names; those of points and parts only when there are no others,
    as CVAT looks at them last."""
    of_fields = dict(_errors_of_fields(kind, given, action))
    yield from of_fields.items()
    if kind == "shapes" and not of_fields:
        yield from _errors_of_points(given)
        if not is_part:
            yield from _errors_of_parts(given)


def _errors_of_fields(kind: str, given: Json, action: str) -> Iterator[tuple[str, list[Any]]]:
    yield from _missing(given, REQUIRED[kind])
    if action == "create" and given.get("id") is not None:
        yield "id", ["must be absent"]
    if action == "delete" and given.get("id") is None:
        yield "id", ["must be present and not null"]
    yield from _errors_of_numbers(given)
    yield from _errors_of_values(given)
    if kind == "tracks":
        keyframes = [dict(_errors_of_keyframe(each)) for each in given.get("shapes") or []]
        if any(keyframes):
            yield "shapes", keyframes
    parts = [
        dict(_errors(kind, each, action, is_part=True)) for each in given.get("elements") or []
    ]
    if any(parts):
        yield "elements", parts


def _errors_of_keyframe(given: Json) -> Iterator[tuple[str, list[Any]]]:
    """A keyframe may have an id."""
    of_fields = {
        **dict(_missing(given, DRAWN)),
        **dict(_errors_of_numbers(given)),
        **dict(_errors_of_values(given)),
    }
    yield from of_fields.items()
    if not of_fields:
        yield from _errors_of_points(given)


def _missing(given: Json, required: Iterable[str]) -> Iterator[tuple[str, list[Any]]]:
    for key in required:
        if key not in given:
            yield key, ["This field is required."]


def _errors_of_numbers(given: Json) -> Iterator[tuple[str, list[Any]]]:
    for key in ("frame", "group", "rotation"):
        if (given.get(key) or 0) < 0:
            yield key, ["Ensure this value is greater than or equal to 0."]
    if given.get("rotation", 0) > 360:
        yield "rotation", ["Ensure this value is less than or equal to 360."]


def _errors_of_values(given: Json) -> Iterator[tuple[str, list[Any]]]:
    too_long = [f"Ensure this field has no more than {LONGEST_VALUE} characters."]
    errors = [
        {"value": too_long} if len(str(each["value"]).strip()) > LONGEST_VALUE else {}
        for each in given.get("attributes") or []
    ]
    if any(errors):
        yield "attributes", errors


def _errors_of_points(given: Json) -> Iterator[tuple[str, list[Any]]]:
    """Of what is deleted, too (cvat-api 14.10)."""
    kind, count = given["type"], len(given.get("points") or [])
    is_of_pairs = kind in LEAST_POINTS and kind != "mask"
    if (
        count != POINTS.get(kind, count)
        or count < LEAST_POINTS.get(kind, 0)
        or (is_of_pairs and count % 2)
    ):
        yield "points", [f"invalid length for shape type '{kind}'"]


def _errors_of_parts(given: Json) -> Iterator[tuple[str, list[Any]]]:
    is_skeleton = given["type"] == "skeleton"
    if is_skeleton and not given.get("elements"):
        yield "elements", ["at least one required for skeleton shape"]
    if not is_skeleton and given.get("elements"):
        yield "elements", ["not allowed for non-skeleton shape"]
