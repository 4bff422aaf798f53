"""Selections from lists of frames."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar
from unicodedata import normalize

from django.conf import settings
from django.contrib.auth.models import User

from cvat.exceptions import CvatForbidden, CvatNoData, CvatNotFound
from cvat.types import Frame, FrameCatalog, Place
from portal.exceptions import InvalidInput
from selections.draws import Draw
from selections.listed_frames import FrameList, ListedFrame, read_list
from selections.methods import METHODS
from selections.methods.method import LARGEST_NUMBER
from selections.models import Selection
from selections.services.naming import free_name
from selections.services.saving import (
    Choice,
    create_random_selection,
    create_selection,
)
from selector.cvat_requests import waiting_place
from selector.models import Connection
from selector.services.catalogs import load_each
from selector.services.scopes import MOST_FRAMES

Key = TypeVar("Key", str, int)

NOT_SHOWN = (CvatForbidden, CvatNotFound, CvatNoData)
TASKS_AT_ONCE = 20  # read before their frames are counted: more may be too many for the memory
MOST_NAMED = 3  # tasks, and frames that an ambiguous name may mean
WHOLE_NUMBERS = {"first_frame", "last_frame"} | {
    each.name for method in METHODS.values() for each in method.settings
}  # in a written draw
_VIDEO_NAME = re.compile(r"(?:.*/)?frame_(\d{6,10})(?:\.[A-Za-z]+)?")


class Reason(StrEnum):
    UNREADABLE = "unreadable"
    NO_TASK = "no_task"
    NOT_VISIBLE = "not_visible"
    DELETED = "deleted"
    NOT_THERE = "not_there"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An entry of a list that is no frame which the person can choose, and why."""

    line: int
    text: str
    reason: Reason
    message: str


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
    tasks = _read_tasks(connection, listed, task_ids, is_elsewhere=is_elsewhere)
    choices: dict[Place, Choice] = {}
    unmatched: list[Unmatched] = []
    for entry in listed.frames:
        match = tasks.match(entry)
        if isinstance(match, Unmatched):
            unmatched.append(match)
        else:
            choices.setdefault((match.task_id, match.frame), match)
    repeated = len(listed.frames) - len(unmatched) - len(choices)
    if not choices or (unmatched and not saves_partly):
        return Imported(None, len(choices), repeated, unmatched)
    draw, remark = _draw(listed, is_elsewhere=is_elsewhere)
    name = name or (listed.name and free_name(user, listed.name))
    note = note or listed.note[: Selection.LONGEST_NOTE]
    frames = list(choices.values())
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
            return Imported(selection, len(choices), repeated, unmatched, remark)
    selection = create_selection(
        owner=user, connection=connection, choices=frames, name=name, note=note
    )
    return Imported(selection, len(choices), repeated, unmatched, remark)


class _Names:
    """The frames of tasks by name: looking one up takes as long for many tasks as for one."""

    def __init__(self, catalogs: Sequence[FrameCatalog]) -> None:
        few = ", ".join(str(catalog.task_id) for catalog in catalogs[:MOST_NAMED])
        more = f" and {len(catalogs) - MOST_NAMED:,} others" if len(catalogs) > MOST_NAMED else ""
        self.where = f"task {few}{more}"
        pictures = [f for catalog in catalogs if not catalog.video for f in catalog.frames]
        self._by_name = _grouped((frame.filename, frame) for frame in pictures)
        self._by_base_name = _grouped((f.filename.rpartition("/")[2], f) for f in pictures)
        self._of_videos = _grouped(
            (f.frame, f) for catalog in catalogs if catalog.video for f in catalog.frames
        )
        self._known: dict[str, list[Frame]] = {}

    def named(self, name: str) -> list[Frame]:
        """The frames with this name; one without folders may be in any folder of a task that does
        not have just this name, and frames of a video are named as in a ZIP."""
        frames = self._known.get(name)
        if frames is None:
            frames = self._known[name] = self._find(name)
        return frames

    def _find(self, name: str) -> list[Frame]:
        frames = list(self._by_name.get(name, ()))
        if "/" not in name:
            tasks = {frame.task_id for frame in frames}
            in_folders = self._by_base_name.get(name, ())
            frames += [frame for frame in in_folders if frame.task_id not in tasks]
        if numbered := _VIDEO_NAME.fullmatch(name):
            frames += self._of_videos.get(int(numbered[1]), ())
        return frames

    def written_otherwise(self, name: str) -> Frame | None:
        """The only frame whose name looks the same: some systems write an accent as a character of
        its own."""
        frames = self._by_normal_name.get(normalize("NFC", name), ())
        return frames[0] if len(frames) == 1 else None

    @cached_property
    def _by_normal_name(self) -> dict[str, list[Frame]]:
        """By whole names and, of those in folders, also by names without them."""
        pairs = [(frame.filename, frame) for frames in self._by_name.values() for frame in frames]
        pairs += [
            (name, frame)
            for name, frames in self._by_base_name.items()
            for frame in frames
            if name != frame.filename
        ]
        return _grouped((normalize("NFC", name), frame) for name, frame in pairs)


class _Task:
    """The frames of a task, to be looked up."""

    def __init__(self, catalog: FrameCatalog) -> None:
        self.catalog = catalog
        self.by_number = {frame.frame: frame for frame in catalog.frames}
        self.deleted = frozenset(catalog.deleted_frames)

    @cached_property
    def names(self) -> _Names:
        return _Names([self.catalog])


@dataclass(slots=True)
class _Tasks:
    """The tasks in which entries are looked up; `given` are those named beside the list, if any."""

    by_id: dict[int, _Task] = field(default_factory=dict)
    given: _Names | None = None
    numbers_count: bool = True  # whether the tasks and frames of the list are those of the server

    def match(self, entry: ListedFrame) -> Choice | Unmatched:
        if entry.problem:
            return _unmatched(entry, Reason.UNREADABLE, entry.problem)
        own = self.by_id.get(entry.task_id or 0) if self.numbers_count else None
        if own is not None:
            return self._numbered(own, entry)
        if self.given is None:
            if entry.task_id is None or not self.numbers_count:
                return _unmatched(
                    entry, Reason.NO_TASK, "It names no task of this server. Name its tasks."
                )
            return _unmatched(
                entry,
                Reason.NOT_VISIBLE,
                f"Task {entry.task_id} does not exist, or your account may not see it.",
            )
        return self._named(self.given, entry)

    def _numbered(self, task: _Task, entry: ListedFrame) -> Choice | Unmatched:
        """The frame with the number and name of the entry, or else the one with its name."""
        frame = task.by_number.get(-1 if entry.frame is None else entry.frame)
        if frame is not None and (not entry.names or _is_named(frame, entry)):
            return Choice(frame.task_id, frame.frame, entry.job_id)
        if entry.names:
            match = self._named(task.names, entry)
            if isinstance(match, Choice) or entry.frame not in task.deleted:
                return match
        if entry.frame in task.deleted:
            text = f"Frame {entry.frame} of task {task.catalog.task_id} is deleted in CVAT."
            return _unmatched(entry, Reason.DELETED, text)
        text = f"Task {task.catalog.task_id} offers no frame {entry.frame}."
        return _unmatched(entry, Reason.NOT_THERE, text)

    def _named(self, names: _Names, entry: ListedFrame) -> Choice | Unmatched:
        if not entry.names:
            return _unmatched(
                entry, Reason.NOT_THERE, "It has no file name, and its task is not there."
            )
        for name in entry.names:
            frames = names.named(name)
            if len(frames) == 1:
                return Choice(frames[0].task_id, frames[0].frame)
            if frames:
                few = [f"frame {f.frame} of task {f.task_id}" for f in frames[:MOST_NAMED]]
                more = f" and {len(frames) - MOST_NAMED:,} more" if len(frames) > MOST_NAMED else ""
                text = f"{len(frames):,} frames have this name: {', '.join(few)}{more}."
                return _unmatched(entry, Reason.AMBIGUOUS, text)
        for name in entry.names:
            if frame := names.written_otherwise(name):
                return Choice(frame.task_id, frame.frame)
        text = f"No picture of {names.where} has this name."
        return _unmatched(entry, Reason.NOT_THERE, text)


def _read_tasks(
    connection: Connection, listed: FrameList, task_ids: Sequence[int], *, is_elsewhere: bool
) -> _Tasks:
    """Those that CVAT shows to the connection. Raises InvalidInput for a task of `task_ids` that
    it does not show, and for tasks of more frames than may be looked through."""
    named = set() if is_elsewhere else {f.task_id for f in listed.frames if f.task_id is not None}
    wanted = sorted(named | set(task_ids))
    if len(wanted) > settings.MAX_SCOPE_TASKS:
        raise InvalidInput(
            f"{len(wanted):,} tasks are more than a selection may span "
            f"({settings.MAX_SCOPE_TASKS:,}). Make several."
        )
    tasks = _Tasks(numbers_count=not is_elsewhere)
    frames_count = 0
    with waiting_place(connection):
        for first in range(0, len(wanted), TASKS_AT_ONCE):
            some = wanted[first : first + TASKS_AT_ONCE]
            loaded = load_each(connection=connection, task_ids=some, answering=NOT_SHOWN)
            for task_id, catalog in loaded.items():
                if isinstance(catalog, FrameCatalog):
                    tasks.by_id[task_id] = _Task(catalog)
                    frames_count += len(catalog.frames)
                elif task_id in task_ids:
                    raise catalog
            if frames_count > MOST_FRAMES:
                raise InvalidInput(
                    f"The tasks have more frames than can be looked through at once "
                    f"({MOST_FRAMES:,}). Make a list for fewer tasks."
                )
    if task_ids:
        given = [tasks.by_id[task_id].catalog for task_id in dict.fromkeys(task_ids)]
        tasks.given = _Names(given)
    return tasks


def _is_named(frame: Frame, entry: ListedFrame) -> bool:
    return frame.filename in entry.names


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


def _grouped(pairs: Iterator[tuple[Key, Frame]]) -> dict[Key, list[Frame]]:
    groups: dict[Key, list[Frame]] = {}
    for key, frame in pairs:
        groups.setdefault(key, []).append(frame)
    return groups


def _unmatched(entry: ListedFrame, reason: Reason, message: str) -> Unmatched:
    return Unmatched(entry.number, entry.text, reason, message)
