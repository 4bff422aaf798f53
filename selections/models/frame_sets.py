"""Sets of frames: those of one selection that are, or are not, in other selections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import BigIntegerField, Exists, F, Func, OuterRef, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from cvat.types import Place
from selections.models.selected import SelectedFrame
from selections.models.selection import Selection


@dataclass(frozen=True, slots=True)
class FrameSet:
    """The frames of the selection `of` that are in each of `in_all` and in none of `in_none`. A
    frame is the same in two selections if task and number are."""

    of: Selection
    in_all: tuple[Selection, ...] = ()
    in_none: tuple[Selection, ...] = ()

    def frames(self) -> QuerySet[SelectedFrame]:
        """By task and number."""
        frames = self.of.frames.all()
        for other in self.in_all:
            frames = frames.filter(_is_in(other))
        for other in self.in_none:
            frames = frames.exclude(_is_in(other))
        return frames.order_by("task_id", "frame")


def combined(operation: Selection.Operation, selections: Sequence[Selection]) -> list[FrameSet]:
    """Disjoint sets that are the combination together. The difference is what only the first
    selection has; any other frame is taken from one that shows its name, if there is one."""
    if operation != Selection.Operation.DIFFERENCE:
        selections = by_names(selections)
    first, *others = selections
    if operation == Selection.Operation.INTERSECTION:
        return [FrameSet(first, in_all=tuple(others))]
    if operation == Selection.Operation.DIFFERENCE:
        return [FrameSet(first, in_none=tuple(others))]
    return [
        FrameSet(selection, in_none=tuple(selections[:number]))
        for number, selection in enumerate(selections)
    ]


def by_names(selections: Sequence[Selection]) -> list[Selection]:
    """Those first that show the names of tasks and files."""
    return sorted(selections, key=lambda each: each.lacks_names)


def frames_of(sets: Sequence[FrameSet]) -> QuerySet[SelectedFrame]:
    """The frames of disjoint sets, by task and number."""
    first, *others = [each.frames() for each in sets]
    if not others:
        return first
    return (
        first.order_by()
        .union(*(each.order_by() for each in others), all=True)
        .order_by("task_id", "frame")
    )


def between(
    frames: QuerySet[SelectedFrame], after: Place, last: Place | None
) -> QuerySet[SelectedFrame]:
    """The frames after one place and up to another, by the index of the frames of a selection."""
    place = _pair(F("task_id"), F("frame"))
    frames = frames.filter(GreaterThan(place, _pair(*map(Value, after))))
    if last is not None:
        frames = frames.filter(LessThanOrEqual(place, _pair(*map(Value, last))))
    return frames


def _is_in(selection: Selection) -> Exists:
    same = selection.frames.filter(task_id=OuterRef("task_id"), frame=OuterRef("frame"))
    return Exists(same.order_by())


def _pair(*values: F | Value) -> Func:
    return Func(*values, template="(%(expressions)s)", output_field=BigIntegerField())
