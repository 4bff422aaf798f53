"""Annotations in CVAT's own form, compared by what they show (cvat-api 14)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

# Lists of objects under `tags`, `shapes` and `tracks`.
Objects = Mapping[str, Any]

KINDS = ("tags", "shapes", "tracks")
DECIMALS = 2
OBJECTS_AT_ONCE = 10_000  # in one request, which CVAT carries out within a few seconds


def comparable(objects: Objects) -> Counter[Hashable]:
    """How often each object is there. Ids, and what CVAT fills in, make no difference."""
    return Counter((kind, _key(each)) for kind in KINDS for each in objects.get(kind) or ())


def missing(wanted: Objects, present: Objects) -> dict[str, list[Mapping[str, Any]]]:
    """Those of the wanted objects that are not among the present ones, each as often as it lacks
    there."""
    known = comparable(present)
    lacking: dict[str, list[Mapping[str, Any]]] = {kind: [] for kind in KINDS}
    for kind in KINDS:
        for each in wanted.get(kind) or ():
            key = (kind, _key(each))
            if known[key]:
                known[key] -= 1
            else:
                lacking[kind].append(each)
    return lacking


def split(objects: Objects, count: int) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """The first `count` objects, and the others."""
    listed = [(kind, each) for kind in KINDS for each in objects.get(kind) or ()]
    first: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    others: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for number, (kind, each) in enumerate(listed):
        (first if number < count else others)[kind].append(each)
    return first, others


def _key(each: Mapping[str, Any]) -> Hashable:
    """Frame, label and type, and the points of an object, of its keyframes, and of the parts of a
    skeleton, whose order CVAT does not keep."""
    return (
        each.get("frame"),
        each.get("label_id"),
        each.get("type"),
        tuple(round(value, DECIMALS) for value in each.get("points") or ()),
        tuple(_key(keyframe) for keyframe in each.get("shapes") or ()),
        frozenset(_key(part) for part in each.get("elements") or ()),
    )
