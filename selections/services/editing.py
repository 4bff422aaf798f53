"""Changing the frames of a saved selection, with a history of who changed what.

A change makes the next revision. It says which revision it was made of, so of two people who change
a selection at once nobody undoes what the other did unseen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Length
from django.utils import timezone

from cvat.types import Frame, Place
from portal.exceptions import Conflict, InvalidInput, NotFound
from selections import methods
from selections.batches import add_frames, remove_frames, take_back
from selections.models import Revision, SelectedFrame, SelectedTask, Selection
from selections.services.connections import required_connection
from selections.services.naming import free_name, is_made_of
from selections.services.resolving import Choice, check_amount, check_tasks, resolve
from selections.services.saving import default_name
from selector.services.connections import find_connection


@dataclass(frozen=True, slots=True)
class FrameChange:
    """What the next revision has and the present one has not, and what it leaves out. `tasks` are
    those of the added frames."""

    added: list[Frame] | list[SelectedFrame]
    removed: set[Place]
    tasks: list[SelectedTask]
    frame_selection_method: str = methods.MANUAL
    frames_requested: int | None = None
    back_to: int | None = None


def edit_frames(
    *,
    user: User,
    selection: Selection,
    revision: int,
    add: Iterable[Choice] = (),
    remove: Iterable[Place] = (),
) -> Selection:
    """Add frames to a selection that the user may edit, and remove others, as its next revision.
    Names and sizes of the added ones come from CVAT, asked through the user's own connection.

    Frames that it has already, or has not, are no change; without any change the revision stays.
    `revision` is the one that the user has seen. Raises Conflict if it has another by now,
    InvalidInput, NotConnected, CvatError.
    """
    _check_unchanged(selection, revision)
    present = set(selection.frames.order_by().values_list("task_id", "frame"))
    wanted = {(choice.task_id, choice.frame): choice for choice in add}
    unwanted = set(remove)
    if both := wanted.keys() & unwanted:
        task_id, frame = min(both)
        raise InvalidInput(f"Frame {frame} of task {task_id} is to be added and to be removed.")
    new = [choice for place, choice in wanted.items() if place not in present]
    unwanted &= present
    if not new and not unwanted:
        return selection
    check_amount(len(present) + len(new) - len(unwanted))
    check_tasks({task_id for task_id, _ in present - unwanted} | {each.task_id for each in new})
    frames: list[Frame] = []
    tasks: list[SelectedTask] = []
    if new:
        connection = required_connection(user, selection)
        frames, tasks = resolve(find_connection(user=user, connection_id=connection.pk), new)
    _make_revision(user, selection, FrameChange(frames, unwanted, tasks))
    return selection


def go_back(*, user: User, selection: Selection, revision: int, to: int) -> Selection:
    """Give the selection the frames of an earlier revision again, as its next revision.

    `revision` is the one that the user has seen. Raises Conflict if it has another by now, NotFound
    for an unknown revision `to`.
    """
    _check_unchanged(selection, revision)
    if not selection.revisions.filter(number=to, is_complete=True).exists():
        raise NotFound(f"This selection has no revision {to}.")
    earlier = selection.at(to)
    present = set(selection.frames.order_by().values_list("task_id", "frame"))
    wanted = {(frame.task_id, frame.frame): frame for frame in earlier.frames.all()}
    change = FrameChange(
        added=[frame for place, frame in wanted.items() if place not in present],
        removed=present - wanted.keys(),
        tasks=list(earlier.tasks.all()),
        frame_selection_method=earlier.frame_selection_method,
        frames_requested=earlier.frames_requested,
        back_to=to,
    )
    if not change.added and not change.removed:
        raise InvalidInput(f"The selection has the frames of revision {to} already.")
    _make_revision(user, selection, change)
    return selection


def _check_unchanged(selection: Selection, revision: int) -> None:
    if selection.revision == revision:
        return
    last = selection.revisions.filter(number=selection.revision, is_complete=True).first()
    who = f" by {last.made_by.username}" if last is not None and last.made_by else ""
    what = f" ({last.added:,} added, {last.removed:,} removed)" if last is not None else ""
    raise Conflict(
        f"The frames of “{selection.name}” were changed{who} meanwhile{what}. Look at the frames "
        "as they are now, then make your change again."
    )


def _make_revision(user: User, selection: Selection, change: FrameChange) -> None:
    number = selection.revision + 1
    known = {task.task_id: task for task in [*change.tasks, *selection.tasks.all()]}
    with _claimed(user, selection, number) as claim:
        hold = partial(_hold, claim)
        add_frames(selection, change.added, since=number, hold=hold)
        remove_frames(selection, change.removed, until=number, hold=hold)
        after = SelectedFrame.history.filter(selection=selection, since__lte=number)
        longest = after.filter(until__gt=number).aggregate(longest=Max(Length("filename")))
        counts = _counts(selection, change)
        tasks = [task for task_id, task in sorted(known.items()) if counts[task_id]]
        name = _name_after(selection, tasks, frames_count=counts.total())
        with transaction.atomic():
            hold()
            _complete(claim, change, frames_count=counts.total())
            _write_tasks(selection, known, counts, number)
            _move_on(
                user,
                selection,
                revision=number,
                name=name,
                frame_selection_method=change.frame_selection_method,
                frames_requested=change.frames_requested,
                longest_filename=longest["longest"] or 0,
                is_temporary=False,
                updated_at=timezone.now(),
            )


@contextmanager
def _claimed(user: User, selection: Selection, number: int) -> Iterator[Revision]:
    """The row of the next revision, which only one change can hold. What was written for it is
    taken back if the change fails. Raises Conflict while another change is being made."""
    _note_first(selection)
    claim = _claim(user, selection, number)
    with ExitStack() as undo:
        undo.callback(_give_up, selection, claim)
        take_back(selection, number)  # what a change that died has left
        yield claim
        undo.pop_all()


def _claim(user: User, selection: Selection, number: int) -> Revision:
    try:
        with transaction.atomic():
            return selection.revisions.create(number=number, made_by=user)
    except IntegrityError:
        pass
    stale = timezone.now() - Selection.LONGEST_SAVE
    dead = selection.revisions.filter(number=number, is_complete=False, made_at__lt=stale)
    with suppress(IntegrityError), transaction.atomic():
        if dead.delete()[0]:  # of two that find it, one deletes it
            return selection.revisions.create(number=number, made_by=user)
    raise Conflict(
        f"Somebody is changing the frames of “{selection.name}” just now. Load the page again in a "
        "moment, look at the frames, and make your change again."
    )


def _hold(claim: Revision) -> None:
    """Raises Conflict if somebody else has taken the change for dead."""
    if not claim.renew():
        raise Conflict(
            "The change took so long that somebody else has changed the frames meanwhile. Load the "
            "page again, look at the frames, and make your change again."
        )


def _give_up(selection: Selection, claim: Revision) -> None:
    """Take back what was written, unless another change has taken the row over, and did so."""
    if claim.renew():
        take_back(selection, claim.number)
        claim.delete()


def _note_first(selection: Selection) -> None:
    """Record the frames as they were saved, before the first change."""
    if selection.revision > Revision.FIRST:
        return
    first = {
        "made_at": selection.created_at,
        "frames_count": selection.frames.count(),
        "frame_selection_method": selection.frame_selection_method,
        "frames_requested": selection.frames_requested,
        "is_complete": True,
    }
    selection.revisions.get_or_create(number=Revision.FIRST, defaults=first)


def _complete(claim: Revision, change: FrameChange, *, frames_count: int) -> None:
    claim.added, claim.removed = len(change.added), len(change.removed)
    claim.frames_count = frames_count
    claim.back_to = change.back_to
    claim.frame_selection_method = change.frame_selection_method
    claim.frames_requested = change.frames_requested
    claim.is_complete = True
    claim.save()


def _counts(selection: Selection, change: FrameChange) -> Counter[int]:
    """The number of frames of each task after the change."""
    counts = Counter(selection.frames.order_by().values_list("task_id", flat=True))
    counts.update(frame.task_id for frame in change.added)
    counts.subtract(task_id for task_id, _ in change.removed)
    return +counts


def _name_after(selection: Selection, tasks: list[SelectedTask], *, frames_count: int) -> str:
    """The name of the selection, made up anew if it is a default one, which tells tasks and number
    of frames."""
    before = default_name(selection.tasks.all(), selection.frames.count())
    if not is_made_of(selection.name, before):
        return selection.name
    return free_name(selection.owner, default_name(tasks, frames_count))


def _write_tasks(
    selection: Selection, known: dict[int, SelectedTask], counts: Counter[int], number: int
) -> None:
    """Close the rows of tasks that have another number of frames from now on, and add theirs.
    `known` are the tasks that it has, and those of added frames."""
    present = {task.task_id: task for task in selection.tasks.all()}
    changed = [
        task_id
        for task_id in known.keys() & (present.keys() | counts.keys())
        if task_id not in present or present[task_id].frames_count != counts[task_id]
    ]
    closed = [present[task_id].pk for task_id in changed if task_id in present]
    SelectedTask.history.filter(pk__in=closed).update(until=number)
    rows = [known[task_id].copy_to(selection, since=number) for task_id in changed]
    for row in rows:
        row.frames_count = counts[row.task_id]
    SelectedTask.history.bulk_create(row for row in rows if row.frames_count)


def _move_on(user: User, selection: Selection, **values: Any) -> None:
    """Make the next revision the present one: its frames become visible."""
    unchanged = Selection.objects.editable_by(user).filter(
        pk=selection.pk, revision=selection.revision
    )
    if not unchanged.update(**values):
        raise Conflict(
            f"“{selection.name}” was changed or deleted meanwhile, or you may not edit it any "
            "more. Load the page again."
        )
    for name, value in values.items():
        setattr(selection, name, value)
    selection.forget_tasks()
