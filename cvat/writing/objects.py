"""Annotations in CVAT's own form, compared by what they show (cvat-api 14)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

# Lists of objects under `tags`, `shapes` and `tracks`.
Objects = Mapping[str, Any]

KINDS = ("tags", "shapes", "tracks")
DECIMALS = 2


def comparable(objects: Objects) -> Counter[Hashable]:
    """How often each object is there. Ids, and what CVAT fills in, make no difference."""
    return Counter((kind, _key(each)) for kind in KINDS for each in objects.get(kind) or ())


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
