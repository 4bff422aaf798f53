"""Selections from lists of frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from cvat.exceptions import CvatForbidden, CvatNoData, CvatNotFound
from cvat.types import FrameCatalog, Place
from portal.exceptions import InvalidInput
from selections.draws import Draw
from selections.listed_frames import FrameList, read_list
from selections.methods import METHODS
from selections.methods.method import LARGEST_NUMBER
from selections.models import Selection
from selections.services.list_matching import ListMatching, Unmatched
from selections.services.naming import free_name
from selections.services.resolving import Choice
from selections.services.saving import create_random_selection, create_selection
from selector.cvat_requests import waiting_place
from selector.models import Connection
from selector.services.catalogs import load_each
from selector.services.scopes import MOST_FRAMES

NOT_SHOWN = (CvatForbidden, CvatNotFound, CvatNoData)
TASKS_AT_ONCE = 20  # read before their frames are counted: more may be too many for the memory
WHOLE_NUMBERS = {"first_frame", "last_frame"} | {
    each.name for method in METHODS.values() for each in method.settings
}  # in a written draw


@dataclass(frozen=True, slots=True)
class Imported:
    """`selection` is None when nothing was saved; `repeated` entries were named before;
    `remark` tells what became of the draw of the list, if it had one."""

    selection: Selection | None
    matched: int
    repeated: int
    unmatched: list[Unmatched]
    remark: str = ""


def import_list(
    *,
    user: User,
    connection: Connection,
    text: str,
    task_ids: Sequence[int] = (),
    name: str = "",
    note: str = "",
    saves_partly: bool = False,
) -> Imported:
    """Save the frames of a list (JSON, CSV or plain names) as a selection.

    Names are looked up in the tasks that the list names, and in `task_ids` where it names none, or
    one that is not there. Unless `saves_partly`, nothing is saved if an entry does not match.
    Raises InvalidInput, CvatError.
    """
    try:
        listed = read_list(text, most=settings.MAX_SELECTION_FRAMES)
    except ValueError as error:
        raise InvalidInput(str(error)) from None
    if not listed.frames:
        raise InvalidInput("The list has no entries.")
    is_elsewhere = bool(listed.url) and listed.url != connection.url
    matching = _read_tasks(connection, listed, task_ids, is_elsewhere=is_elsewhere)
    choices: dict[Place, Choice] = {}
    unmatched: list[Unmatched] = []
    for entry in listed.frames:
        match = matching.match(entry)
        if isinstance(match, Unmatched):
            unmatched.append(match)
        else:
            choices.setdefault((match.task_id, match.frame), match)
    repeated = len(listed.frames) - len(unmatched) - len(choices)
    if not choices or (unmatched and not saves_partly):
        return Imported(None, len(choices), repeated, unmatched)
    draw, remark = _draw(listed, is_elsewhere=is_elsewhere)
    selection, drawn_remark = _save(
        user,
        connection,
        list(choices.values()),
        draw,
        name=name or (listed.name and free_name(user, listed.name)),
        note=note or listed.note[: Selection.LONGEST_NOTE],
    )
    return Imported(selection, len(choices), repeated, unmatched, remark or drawn_remark)


def _save(
    user: User,
    connection: Connection,
    frames: list[Choice],
    draw: Draw | None,
    *,
    name: str,
    note: str,
) -> tuple[Selection, str]:
    """The selection of the frames, with the draw if that can be repeated here; and what became of
    the draw, "" if there is nothing to say."""
    remark = ""
    if draw is not None:
        try:
            selection = create_random_selection(
                owner=user, connection=connection, draw=draw, choices=frames, name=name, note=note
            )
        except (InvalidInput, *NOT_SHOWN) as error:
            remark = f"The draw of the list is left out: it cannot be repeated here. {error}"
        else:
            if selection.adjusted_by_hand:
                remark = (
                    "The draw of the list gives other frames now: they count as adjusted by hand."
                )
            return selection, remark
    selection = create_selection(
        owner=user, connection=connection, choices=frames, name=name, note=note
    )
    return selection, remark


def _read_tasks(
    connection: Connection, listed: FrameList, task_ids: Sequence[int], *, is_elsewhere: bool
) -> ListMatching:
    """Reads the tasks of the list, as far as CVAT shows them to the connection. Raises InvalidInput
    or CvatError for a task of `task_ids` that it does not show, and InvalidInput for too many tasks
    or frames."""
    named = set() if is_elsewhere else {f.task_id for f in listed.frames if f.task_id is not None}
    wanted = sorted(named | set(task_ids))
    if len(wanted) > settings.MAX_SCOPE_TASKS:
        raise InvalidInput(
            f"{len(wanted):,} tasks are more than a selection may span "
            f"({settings.MAX_SCOPE_TASKS:,}). Make several."
        )
    matching = ListMatching(same_server=not is_elsewhere)
    frames_count = 0
    with waiting_place(connection):
        for first in range(0, len(wanted), TASKS_AT_ONCE):
            some = wanted[first : first + TASKS_AT_ONCE]
            loaded = load_each(connection=connection, task_ids=some, answering=NOT_SHOWN)
            for task_id, catalog in loaded.items():
                if isinstance(catalog, FrameCatalog):
                    matching.add(catalog)
                    frames_count += len(catalog.frames)
                elif task_id in task_ids:
                    raise catalog
            if frames_count > MOST_FRAMES:
                raise InvalidInput(
                    f"The tasks have more frames than can be looked through at once "
                    f"({MOST_FRAMES:,}). Make a list for fewer tasks."
                )
    if task_ids:
        matching.look_in(list(dict.fromkeys(task_ids)))
    return matching


def _draw(listed: FrameList, *, is_elsewhere: bool) -> tuple[Draw | None, str]:
    """The draw of the list, if it means the same here, and else why not."""
    if not listed.draw:
        return None, ""
    if is_elsewhere:
        return None, "The draw of the list is left out: it is of another CVAT server."
    if listed.draw.get("exclude_selections") or listed.draw.get("recipe"):
        return None, (
            "The draw of the list is left out: it was made without the frames of other selections, "
            "which only the portal that wrote the list knows."
        )
    try:
        draw = Draw.from_json(listed.draw)
        is_whole = draw.to_json() == listed.draw and all(map(_fits, listed.draw.items()))
    except (AttributeError, KeyError, TypeError, ValueError):
        is_whole = False
    if not is_whole:
        return None, "The draw of the list is left out: this portal cannot read it."
    return draw, ""


def _fits(item: tuple[str, Any]) -> bool:
    """Whether a value of a written draw has the type that its name says, and no count is larger
    than a draw may have."""
    name, value = item
    if name.endswith(("_id", "_seed")):
        return value is None or type(value) is int
    if name.endswith("_count"):
        return type(value) is int and value <= LARGEST_NUMBER
    if name in WHOLE_NUMBERS:
        return type(value) is int
    if name.endswith("_share"):
        return type(value) in (int, float)
    if name.endswith("_ids"):
        return all(type(each) is int for each in value)
    return isinstance(value, str | dict) or all(isinstance(each, str) for each in value)
