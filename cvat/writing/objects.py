"""Annotations in CVAT's own form, compared by what they show (cvat-api 14).

Two objects are in the same place when their frame, label, type, points and rotation are equal, of
tracks and skeletons those of their keyframes and parts. What is in the same place is there already
and is not added once more. It differs when the attributes that are to be written, or whether it is
occluded or outside, are others. Ids, group, layer and source make no difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

# Lists of objects under `tags`, `shapes` and `tracks`.
Objects = Mapping[str, Any]

KINDS = ("tags", "shapes", "tracks")
DECIMALS = 2
MOST_IN_PLACE = 100  # objects in one place that are compared with each other
OBJECTS_AT_ONCE = 10_000  # in one request, which CVAT carries out within a few seconds


def count_by_place(objects: Objects) -> Counter[Hashable]:
    """How many objects are in each place; `.total()` of it is the number of all objects."""
    return Counter((kind, _key(each)) for kind in KINDS for each in objects.get(kind) or ())


def missing(wanted: Objects, present: Objects) -> dict[str, list[Mapping[str, Any]]]:
    """The wanted objects that are not among the present ones, by their places. What is wanted three
    times in one place and present once there is missing twice."""
    known = count_by_place(present)
    lacking: dict[str, list[Mapping[str, Any]]] = {kind: [] for kind in KINDS}
    for kind in KINDS:
        for each in wanted.get(kind) or ():
            key = (kind, _key(each))
            if known[key]:
                known[key] -= 1
            else:
                lacking[kind].append(each)
    return lacking


def differing(wanted: Objects, present: Objects) -> list[Mapping[str, Any]]:
    """Those of the wanted objects that are there already and differ. Of several in one place, those
    that do not differ are taken first."""
    by_place: dict[Hashable, list[Mapping[str, Any]]] = {}
    for kind in KINDS:
        for each in present.get(kind) or ():
            by_place.setdefault((kind, _key(each)), []).append(each)
    others: list[tuple[Hashable, Mapping[str, Any]]] = []
    for kind in KINDS:
        for each in wanted.get(kind) or ():
            place: Hashable = (kind, _key(each))
            candidates = by_place.get(place, [])
            looked_at = enumerate(candidates[:MOST_IN_PLACE])
            same = next((number for number, other in looked_at if _shows(other, each)), None)
            if same is None:
                others.append((place, each))
            else:
                del candidates[same]
    unlike = []
    for place, each in others:
        if by_place.get(place):
            by_place[place].pop()
            unlike.append(each)
    return unlike


def split(objects: Objects, count: int) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """The first `count` objects, and the others."""
    listed = [(kind, each) for kind in KINDS for each in objects.get(kind) or ()]
    first: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    others: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for number, (kind, each) in enumerate(listed):
        (first if number < count else others)[kind].append(each)
    return first, others


def _key(each: Mapping[str, Any]) -> Hashable:
    """Equal for what is in the same place. CVAT does not keep the order of the parts of a
    skeleton."""
    return (
        each.get("frame"),
        each.get("label_id"),
        each.get("type"),
        tuple(round(value, DECIMALS) for value in each.get("points") or ()),
        round(each.get("rotation") or 0.0, DECIMALS) % 360,
        tuple(_key(keyframe) for keyframe in each.get("shapes") or ()),
        frozenset(_key(part) for part in each.get("elements") or ()),
    )


def _shows(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether the one that is there does not differ. Attributes that are not written get defaults
    in CVAT: they make no difference."""
    values = {each["spec_id"]: each["value"] for each in present.get("attributes") or ()}
    for each in wanted.get("attributes") or ():
        if values.get(each["spec_id"]) != each["value"]:
            return False
    for flag in ("occluded", "outside"):
        if bool(present.get(flag)) != bool(wanted.get(flag)):
            return False
    parts = {part["label_id"]: part for part in present.get("elements") or ()}
    return all(_shows(parts[part["label_id"]], part) for part in wanted.get("elements") or ())
