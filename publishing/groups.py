"""Numbers of groups for objects that come into a task with groups of its own: they must not join a
group of others because it has the same number. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from cvat.annotations import JobAnnotations, Shape, Track
from cvat.differences import Pair


def numbers_apart(
    own: Collection[int], used: Collection[int], known: Mapping[int, int] | None = None
) -> dict[int, int]:
    """New numbers for the groups of objects that come into a task, by their `own` numbers. A group
    that is the same as one of the task gets the number of that one, as `known` says. Any other one
    keeps its number, unless it is among those of the task (`used`): then it gets a free one."""
    same = known or {}
    free = (number for number in count(1) if number not in own and number not in used)
    return {
        group: same[group] if group in same else next(free) if group in used else group
        for group in sorted(own)
    }


def same_groups(pairs: Iterable[Pair]) -> dict[int, int]:
    """The group before that is the same as a group after, by the number of the latter: the one with
    which it has the most objects in common, by the pairs of objects before and after. No two groups
    after are the same as one before."""
    common = Counter(
        (after.group, before.group)
        for before, after in pairs
        if before.group > 0 and after.group > 0
    )
    same: dict[int, int] = {}
    for (after, before), _ in sorted(common.items(), key=lambda item: (-item[1], item[0])):
        if after not in same and before not in same.values():
            same[after] = before
    return same


def of_shapes(shapes: Iterable[Shape]) -> Iterator[int]:
    """The groups of objects, without 0 for none; a part of a skeleton is in one as well."""
    for shape in shapes:
        for each in (shape, *shape.elements):
            if each.group > 0:
                yield each.group


def of_job(annotations: JobAnnotations) -> frozenset[int]:
    """The groups of everything that is annotated in a job."""
    return frozenset((*of_shapes(annotations.shapes), *_of_tracks(annotations.tracks)))


def _of_tracks(tracks: Iterable[Track]) -> Iterator[int]:
    for track in tracks:
        yield from of_shapes(track.keyframes)
        yield from _of_tracks(track.elements)


def regrouped(each: Mapping[str, Any], numbers: Mapping[int, int]) -> dict[str, Any]:
    """An object in CVAT's form, and its parts, with the numbers of their groups in a task."""
    result = dict(each)
    if each["group"]:
        result["group"] = numbers[each["group"]]
    if "elements" in each:
        result["elements"] = [regrouped(part, numbers) for part in each["elements"]]
    return result
