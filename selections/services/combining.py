"""Combining selections into a new one, and comparing them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection as database
from django.db import transaction
from django.db.models import Count, Min, QuerySet

from portal.exceptions import InvalidInput, NotFound
from selections.batches import copy_frames
from selections.models import SelectedFrame, SelectedTask, Selection, SelectionSource
from selections.models.frame_sets import FrameSet, by_names, combined, frames_of
from selections.services.connections import usable_connection
from selections.services.counting_place import counting_place
from selections.services.naming import MAX_LENGTH, free_name
from selections.services.saving import validate

Operation = Selection.Operation
MOST_COMBINED = 10  # selections
NOTHING = {
    Operation.UNION: "These selections have no frames.",
    Operation.INTERSECTION: "No frame is in all of these selections.",
    Operation.DIFFERENCE: "Every frame of the first selection is in another one as well.",
}


@dataclass(frozen=True, slots=True)
class Part:
    """What an operation leaves of selections, and how many frames that are."""

    operation: Selection.Operation
    selections: tuple[Selection, ...]
    count: int

    @property
    def key(self) -> str:
        """Such as “union”, or “difference-12” for the frames that only selection 12 has."""
        if self.operation == Operation.DIFFERENCE:
            return f"{self.operation.value}-{self.selections[0].pk}"
        return self.operation.value

    @property
    def label(self) -> str:
        if self.operation == Operation.UNION:
            return "All together"
        if self.operation == Operation.INTERSECTION:
            return "In both" if len(self.selections) == 2 else "In all of them"
        return f"Only in “{self.selections[0].name}”"

    @property
    def default_name(self) -> str:
        return combined_name(self.operation, self.selections)

    def frames(self) -> QuerySet[SelectedFrame]:
        """By task and number."""
        return combined_frames(self.operation, self.selections)


def visible_selections(*, user: User, ids: Sequence[int]) -> list[Selection]:
    """The selections with these ids that the user may see, in this order; with counts and tasks.

    Raises NotFound for any other, InvalidInput if they cannot be combined.
    """
    ids = list(dict.fromkeys(ids))
    if len(ids) > MOST_COMBINED:
        raise InvalidInput(f"At most {MOST_COMBINED} selections can be combined at a time.")
    visible = Selection.objects.for_user(user).with_owner_names().with_tasks()
    by_id = visible.in_bulk(ids)
    missing = [str(pk) for pk in ids if pk not in by_id]
    if missing:
        raise NotFound(f"There is no selection {', '.join(missing)}, or it is not shared with you.")
    selections = [by_id[pk] for pk in ids]
    servers = sorted({selection.url for selection in selections})
    if len(servers) > 1:
        raise InvalidInput(
            f"These selections are of different CVAT servers ({', '.join(servers)}): they have no "
            "frames in common. Choose selections of one server."
        )
    return selections


def compare_selections(selections: Sequence[Selection]) -> list[Part]:
    """What is in all of the selections, in each one alone, and in any of them. One query counts
    the frames by the selections that have them."""
    frames = SelectedFrame.objects.filter(selection__in=selections).order_by()
    places = frames.values("task_id", "frame").annotate(
        holders=Count("pk"), holder=Min("selection_id")
    )
    sql, parameters = places.values_list("holders", "holder").query.sql_with_params()
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT holders, holder, COUNT(*) FROM ({sql}) AS places GROUP BY holders, holder",  # noqa: S608
            parameters,
        )
        rows = cursor.fetchall()
    every = tuple(selections)
    in_all = sum(count for holders, _, count in rows if holders == len(every))
    alone = {holder: count for holders, holder, count in rows if holders == 1}
    return [
        Part(Operation.INTERSECTION, every, in_all),
        *(
            Part(
                Operation.DIFFERENCE,
                (each, *(other for other in every if other != each)),
                alone.get(each.pk, 0),
            )
            for each in every
        ),
        Part(Operation.UNION, every, sum(count for _, _, count in rows)),
    ]


def combine_selections(
    *,
    user: User,
    selections: Sequence[Selection],
    operation: Selection.Operation,
    name: str = "",
    note: str = "",
) -> Selection:
    """A new private selection of the user's with the frames that the operation leaves of
    `selections`, as visible_selections() returns them. It notes what it was made from.

    Raises InvalidInput for fewer than two selections, and for no or too many frames; Busy.
    """
    if len(selections) < 2:
        raise InvalidInput("Choose at least two selections.")
    sets = combined(operation, selections)
    with counting_place(user):
        counts = _counts(sets)
    total = sum(counts.values())
    if not total:
        raise InvalidInput(NOTHING[operation])
    if total > settings.MAX_SELECTION_FRAMES:
        raise InvalidInput(
            f"Together these are {total:,} frames, more than a selection may hold "
            f"({settings.MAX_SELECTION_FRAMES:,}). Combine fewer of them."
        )
    first = selections[0]
    organizations = {selection.organization for selection in selections}
    selection = Selection(
        owner=user,
        connection=usable_connection(user, first),
        url=first.url,
        organization=first.organization if len(organizations) == 1 else "",
        name=name.strip() or free_name(user, combined_name(operation, selections)),
        note=note.strip(),
        operation=operation.value,
        hides_names=any(each.hides_names for each in selections),
        longest_filename=max(each.longest_name() for each in selections),
        is_complete=False,
    )
    validate(selection)
    with transaction.atomic():
        selection.save()
        SelectedTask.objects.bulk_create(_tasks(selection, [each.of for each in sets], counts))
        SelectionSource.objects.bulk_create(_sources(selection, selections))
    copy_frames(selection, sets)
    return selection


def combined_frames(
    operation: Selection.Operation, selections: Sequence[Selection]
) -> QuerySet[SelectedFrame]:
    """What the operation leaves of the selections, by task and number."""
    return frames_of(combined(operation, selections))


def combined_name(operation: Selection.Operation, selections: Sequence[Selection]) -> str:
    """Such as “Two cams and Round 2”, “In both: Two cams and Round 2”, “Two cams without Round
    2”."""
    first, *others = [selection.name for selection in selections]
    rest = " and ".join(others)
    if operation == Operation.DIFFERENCE:
        return f"{first} without {rest}"[:MAX_LENGTH]
    together = f"{first} and {rest}"
    if operation == Operation.INTERSECTION:
        together = f"In {'both' if len(others) == 1 else 'all'}: {together}"
    return together[:MAX_LENGTH]


def _counts(sets: Sequence[FrameSet]) -> Counter[int]:
    """The number of frames of each task, in disjoint sets."""
    counts: Counter[int] = Counter()
    for each in sets:
        by_task = each.frames().order_by().values_list("task_id").annotate(Count("pk"))
        counts.update(dict(by_task))
    return counts


def _tasks(
    selection: Selection, selections: Sequence[Selection], counts: Mapping[int, int]
) -> list[SelectedTask]:
    """The tasks of the combined selection, each as the first selection has it that has frames of
    it, before all others one that shows its name. `read_at` is the earliest of all selections."""
    copies: dict[int, SelectedTask] = {}
    for each in by_names(selections):
        for task in each.shown_tasks:
            if task.task_id in counts:
                read_at = task.read_at or each.created_at
                copy = copies.setdefault(task.task_id, task.copy_to(selection))
                copy.read_at = min(copy.read_at or read_at, read_at)
                copy.frames_count = counts[task.task_id]
    return list(copies.values())


def _sources(selection: Selection, selections: Sequence[Selection]) -> list[SelectionSource]:
    return [
        SelectionSource(
            selection=selection,
            number=number,
            source=each,
            name=each.name,
            frames_count=each.frames.count(),
            frame_selection_method=each.frame_selection_method,
            draw=each.shown_draw,
        )
        for number, each in enumerate(selections, start=1)
    ]
