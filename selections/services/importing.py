"""Selections from lists of frames."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from cvat.exceptions import CvatForbidden, CvatNoData, CvatNotFound
from cvat.types import Frame, FrameCatalog, Place
from portal.exceptions import InvalidInput
from selections.draws import Draw
from selections.listed_frames import FrameList, ListedFrame, read_list
from selections.methods import METHODS
from selections.models import Selection
from selections.services.naming import free_name
from selections.services.saving import (
    Choice,
    create_random_selection,
    create_selection,
)
from selector.cvat_requests import waiting_place
from selector.models import Connection
from selector.services.catalogs import load_catalog

LONGEST_NOTE = 10_000
NOT_SHOWN = (CvatForbidden, CvatNotFound, CvatNoData)
MOST_NAMED = 3  # frames that an ambiguous name may mean
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
        listed = read_list(text)
    except ValueError as error:
        raise InvalidInput(str(error)) from None
    if len(listed.frames) > settings.MAX_SELECTION_FRAMES:
        raise InvalidInput(
            f"The list has {len(listed.frames):,} entries, and a selection may hold "
            f"{settings.MAX_SELECTION_FRAMES:,} frames. Make several."
        )
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
    note = note or listed.note[:LONGEST_NOTE]
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


class _Task:
    """The frames of a task, to be looked up."""

    def __init__(self, catalog: FrameCatalog) -> None:
        self.catalog = catalog
        self.by_number = {frame.frame: frame for frame in catalog.frames}
        self.deleted = frozenset(catalog.deleted_frames)

    @cached_property
    def by_name(self) -> Mapping[str, list[Frame]]:
        return _grouped((frame.filename, frame) for frame in self.catalog.frames)

    @cached_property
    def by_base_name(self) -> Mapping[str, list[Frame]]:
        """Of the names without their folders."""
        return _grouped((f.filename.rpartition("/")[2], f) for f in self.catalog.frames)

    def named(self, name: str) -> list[Frame]:
        """The frames with this name; one without folders may be in any folder, and frames of a
        video are named as in a ZIP."""
        if self.catalog.video:
            numbered = _VIDEO_NAME.fullmatch(name)
            frame = self.by_number.get(int(numbered[1])) if numbered else None
            return [] if frame is None else [frame]
        frames = self.by_name.get(name, [])
        if not frames and "/" not in name:
            frames = self.by_base_name.get(name, [])
        return frames


@dataclass(slots=True)
class _Tasks:
    """The tasks in which entries are looked up; `given` are those named beside the list."""

    by_id: dict[int, _Task] = field(default_factory=dict)
    given: list[_Task] = field(default_factory=list)
    numbers_count: bool = True  # whether the tasks and frames of the list are those of the server

    def match(self, entry: ListedFrame) -> Choice | Unmatched:
        if entry.problem:
            return _unmatched(entry, Reason.UNREADABLE, entry.problem)
        own = self.by_id.get(entry.task_id or 0) if self.numbers_count else None
        if own is None and not self.given:
            if entry.task_id is None or not self.numbers_count:
                return _unmatched(
                    entry, Reason.NO_TASK, "It names no task of this server. Name its tasks."
                )
            return _unmatched(
                entry,
                Reason.NOT_VISIBLE,
                f"Task {entry.task_id} does not exist, or your account may not see it.",
            )
        return self._numbered(own, entry) if own is not None else self._named(self.given, entry)

    def _numbered(self, task: _Task, entry: ListedFrame) -> Choice | Unmatched:
        """The frame with the number and name of the entry, or else the one with its name."""
        frame = task.by_number.get(-1 if entry.frame is None else entry.frame)
        if frame is not None and (not entry.names or _is_named(frame, entry)):
            return Choice(frame.task_id, frame.frame, entry.job_id)
        if entry.names:
            match = self._named([task], entry)
            if isinstance(match, Choice) or entry.frame not in task.deleted:
                return match
        if entry.frame in task.deleted:
            text = f"Frame {entry.frame} of task {task.catalog.task_id} is deleted in CVAT."
            return _unmatched(entry, Reason.DELETED, text)
        text = f"Task {task.catalog.task_id} offers no frame {entry.frame}."
        return _unmatched(entry, Reason.NOT_THERE, text)

    def _named(self, tasks: Sequence[_Task], entry: ListedFrame) -> Choice | Unmatched:
        if not entry.names:
            return _unmatched(
                entry, Reason.NOT_THERE, "It has no file name, and its task is not there."
            )
        where = "task " + ", ".join(str(task.catalog.task_id) for task in tasks)
        for name in entry.names:
            frames = [frame for task in tasks for frame in task.named(name)]
            if len(frames) == 1:
                return Choice(frames[0].task_id, frames[0].frame)
            if frames:
                few = [f"frame {f.frame} of task {f.task_id}" for f in frames[:MOST_NAMED]]
                more = f" and {len(frames) - MOST_NAMED:,} more" if len(frames) > MOST_NAMED else ""
                text = f"{len(frames):,} frames have this name: {', '.join(few)}{more}."
                return _unmatched(entry, Reason.AMBIGUOUS, text)
        return _unmatched(entry, Reason.NOT_THERE, f"No picture of {where} has this name.")


def _read_tasks(
    connection: Connection, listed: FrameList, task_ids: Sequence[int], *, is_elsewhere: bool
) -> _Tasks:
    """Those that CVAT shows to the connection. Raises InvalidInput for a task of `task_ids` that
    it does not show."""
    named = set() if is_elsewhere else {f.task_id for f in listed.frames if f.task_id is not None}
    wanted = sorted(named | set(task_ids))
    if len(wanted) > settings.MAX_SCOPE_TASKS:
        raise InvalidInput(
            f"{len(wanted):,} tasks are more than a selection may span "
            f"({settings.MAX_SCOPE_TASKS:,}). Make several."
        )
    tasks = _Tasks(numbers_count=not is_elsewhere)
    with waiting_place(connection):
        for task_id in wanted:
            try:
                task = _Task(load_catalog(connection=connection, task_id=task_id))
            except NOT_SHOWN:
                if task_id in task_ids:
                    raise
                continue
            tasks.by_id[task_id] = task
    tasks.given = [tasks.by_id[task_id] for task_id in dict.fromkeys(task_ids)]
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
    """Whether a value of a written draw has the type that its name says."""
    name, value = item
    if name.endswith(("_id", "_count", "_seed")):
        return value is None or type(value) is int
    if name in WHOLE_NUMBERS:
        return type(value) is int
    if name.endswith("_share"):
        return isinstance(value, int | float)
    if name.endswith("_ids"):
        return all(type(each) is int for each in value)
    return isinstance(value, str | dict) or all(isinstance(each, str) for each in value)


def _grouped(pairs: Iterator[tuple[str, Frame]]) -> dict[str, list[Frame]]:
    groups: dict[str, list[Frame]] = {}
    for name, frame in pairs:
        groups.setdefault(name, []).append(frame)
    return groups


def _unmatched(entry: ListedFrame, reason: Reason, message: str) -> Unmatched:
    return Unmatched(entry.number, entry.text, reason, message)
