"""Saving, copying and describing selections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from operator import attrgetter

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from cvat.types import Frame
from portal.exceptions import Conflict, InvalidInput
from selections import methods
from selections.archives.remarks import path_length
from selections.batches import copy_frames, save_frames
from selections.draws import Draw
from selections.models import FrameSet, Recipe, SelectedTask, Selection, SelectionSource, Share
from selections.services.connections import usable_connection
from selections.services.drawing import draw_frames
from selections.services.naming import free_name
from selections.services.resolving import Choice, check_amount, resolve, task_row
from selector.models import Connection

MOST_NAMED = 5  # tasks in a default name


def create_selection(
    *,
    owner: User,
    connection: Connection,
    choices: Iterable[Choice],
    name: str = "",
    note: str = "",
    is_temporary: bool = False,
) -> Selection:
    """Save frames chosen by hand. Names and sizes come from CVAT, never from the caller. A
    temporary selection is in no list and is deleted with its archive.

    Raises InvalidInput for a frame that does not exist or is deleted, CvatError.
    """
    choices = list(choices)
    check_amount(len(choices))
    frames, tasks = resolve(connection, choices)
    selection = Selection(name=name, note=note, is_temporary=is_temporary)
    return _save(selection, frames, tasks, owner=owner, connection=connection)


def create_random_selection(
    *,
    owner: User,
    connection: Connection,
    draw: Draw,
    choices: Iterable[Choice] | None = None,
    name: str = "",
    note: str = "",
    recipe: Recipe | None = None,
) -> Selection:
    """Draw frames and save them; the same draw, seed included, gives the same frames again.

    `choices` are what a person ended with after that draw: if they are not just the frames drawn,
    the selection is by hand, and says from which draw it came. `recipe`: the selection is the round
    of it that the draw names. Raises InvalidInput, CvatError, and Conflict if that round was saved
    meanwhile.
    """
    drawn = draw_frames(user=owner, connection=connection, draw=draw)
    frames, tasks = list(drawn.sample.frames), [task_row(each) for each in drawn.catalogs]
    selection = Selection(
        name=name,
        note=note,
        frame_selection_method=draw.method,
        draw=drawn.draw.to_json(),
        frames_requested=drawn.sample.requested,
    )
    if recipe is not None:
        selection.recipe = recipe
        selection.round_number = draw.round_number
    adjusted = {(each.task_id, each.frame): each for each in choices or ()}
    if adjusted and adjusted.keys() != {(frame.task_id, frame.frame) for frame in frames}:
        drawn_for = {(frame.task_id, frame.frame): frame.job_id for frame in frames}
        wanted = [
            replace(choice, job_id=choice.job_id or drawn_for.get(place))
            for place, choice in adjusted.items()
        ]
        frames, tasks = resolve(connection, wanted)
        selection.frame_selection_method = methods.MANUAL
        selection.frames_requested = None
    check_amount(len(frames))
    return _save(selection, frames, tasks, owner=owner, connection=connection)


def copy_selection(*, user: User, selection: Selection) -> Selection:
    """Make a private copy for the user, with the connection of the user to the same server. Names
    that are hidden from the user are not in it."""
    connection = usable_connection(user, selection)
    copy = Selection(
        owner=user,
        connection=connection,
        url=selection.url,
        organization=selection.organization,
        name=free_name(user, f"Copy of {selection.name}"),
        origin=selection,
        origin_kind=Selection.Origin.COPIED,
        note=selection.note,
        frame_selection_method=(
            methods.MANUAL if selection.draw_is_hidden else selection.frame_selection_method
        ),
        draw=selection.shown_draw,
        hides_names=selection.hides_names,
        operation=selection.operation,
        longest_filename=selection.longest_filename,
        frames_requested=selection.frames_requested,
    )
    copy.is_complete = False
    tasks = [task.copy_to(copy) for task in selection.shown_tasks]
    for task in tasks:
        task.read_at = task.read_at or selection.created_at
    sources = _sources_known_to(user, selection)
    for source in sources:
        source.pk = None
        source.selection = copy
    with transaction.atomic():
        _save_row(copy, tasks)
        SelectionSource.objects.bulk_create(sources)
    copy_frames(copy, [FrameSet(selection)])
    return copy


def _sources_known_to(user: User, selection: Selection) -> list[SelectionSource]:
    """The sources of a selection, without the names that the user may not know."""
    sources = list(selection.sources.all())
    if selection.owner_id != user.pk:
        visible = Selection.objects.for_user(user).in_bulk([each.source_id for each in sources])
        for source in sources:
            if source.source_id not in visible:
                source.name = ""
            source.draw = source.shown_draw(names_hidden=selection.names_hidden)
    return sources


def update_selection(*, selection: Selection, **changes: str | bool) -> Selection:
    """Change name, note, visibility, or whether names are hidden from readers. A temporary
    selection becomes a listed one."""
    for field, value in changes.items():
        if field not in {"name", "note", "visibility", "hides_names"}:
            raise InvalidInput(f"{field} of a selection cannot be changed.")
        setattr(selection, field, value)
    validate(selection)
    selection.is_temporary = False
    selection.save(update_fields=[*changes, "is_temporary", "updated_at"])
    return selection


def _save(
    selection: Selection,
    frames: list[Frame],
    tasks: list[SelectedTask],
    *,
    owner: User,
    connection: Connection,
) -> Selection:
    selection.owner = owner
    selection.connection = connection
    selection.url = connection.url
    selection.organization = connection.organization
    wanted = selection.name.strip()
    counts = Counter(frame.task_id for frame in frames)
    tasks = [task for task in tasks if counts[task.task_id]]
    selection.name = wanted or free_name(owner, default_name(tasks, len(frames)))
    selection.note = selection.note.strip()
    selection.longest_filename = max((path_length(frame.filename) for frame in frames), default=0)
    validate(selection)
    for task in tasks:
        task.frames_count = counts[task.task_id]
    selection.is_complete = False
    _save_row(selection, tasks)
    save_frames(selection, frames)
    return selection


def _save_row(selection: Selection, tasks: list[SelectedTask]) -> None:
    with transaction.atomic():
        if selection.recipe is not None:
            _take_number(selection.recipe, selection.round_number or 0)
        selection.save()
        if selection.recipe is not None:
            _share_with_owner(selection, selection.recipe)
        for task in tasks:
            task.selection = selection
        SelectedTask.objects.bulk_create(tasks)
    selection.task_list = sorted(tasks, key=attrgetter("task_id"))


def _take_number(recipe: Recipe, number: int) -> None:
    """Make `number` the last round of the recipe, unless another request has: the frames of that
    round are not left out here."""
    if not recipe.take_number(number):
        raise Conflict(
            f"Round {number} of “{recipe.name}” was drawn meanwhile, or the recipe was deleted. "
            "Look at its rounds before you draw another one."
        )


def _share_with_owner(selection: Selection, recipe: Recipe) -> None:
    """Let the owner of the recipe edit a round of somebody else, from the moment it is there."""
    owner = Recipe.objects.values_list("owner", flat=True).get(pk=recipe.pk)  # as it is by now
    if owner != selection.owner_id:
        Share.objects.create(selection=selection, person_id=owner, may_edit=True)


def default_name(tasks: Iterable[SelectedTask], count: int) -> str:
    """The name of a selection that was given none, such as “Night drive: 50 frames”."""
    tasks = list(tasks)
    names = ", ".join(task.name for task in tasks[:MOST_NAMED])
    others = f" and {len(tasks) - MOST_NAMED:,} more tasks" if len(tasks) > MOST_NAMED else ""
    return f"{names}{others}: {count:,} frame{'s' if count != 1 else ''}"[-200:]


def validate(selection: Selection) -> None:
    """Raises InvalidInput for a field that cannot be saved."""
    try:
        # Both may be deleted since.
        selection.full_clean(exclude={"origin", "recipe"})
    except ValidationError as error:
        problems = [
            f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items()
        ]
        raise InvalidInput(" ".join(problems)) from None
