"""Which frame of a task an entry of a list of frames is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeVar
from unicodedata import normalize

from cvat.types import Frame, FrameCatalog
from selections.listed_frames import ListedFrame
from selections.services.resolving import Choice

Key = TypeVar("Key", str, int)

MOST_NAMED = 3  # tasks, and frames that an ambiguous name may mean
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


class ListMatching:
    """Matches entries with the frames of tasks. `same_server`: whether task ids and frame numbers
    in the list are those of the server that the tasks are on; else names alone count."""

    def __init__(self, *, same_server: bool) -> None:
        self._same_server = same_server
        self._by_id: dict[int, _Task] = {}
        self._given: _Names | None = None

    def add(self, catalog: FrameCatalog) -> None:
        """Add a task, in which the entries that name it are looked up."""
        self._by_id[catalog.task_id] = _Task(catalog)

    def look_in(self, task_ids: Sequence[int]) -> None:
        """Choose, among the tasks that were added, those in which the other entries are looked up
        by their names: entries that name no task, or one that was not added."""
        self._given = _Names([self._by_id[task_id].catalog for task_id in task_ids])

    def match(self, entry: ListedFrame) -> Choice | Unmatched:
        """The frame that the entry is, or why it is none that can be chosen."""
        if entry.problem:
            return _unmatched(entry, Reason.UNREADABLE, entry.problem)
        own = self._by_id.get(entry.task_id or 0) if self._same_server else None
        if own is not None:
            return self._numbered(own, entry)
        if self._given is None:
            if entry.task_id is None or not self._same_server:
                return _unmatched(
                    entry, Reason.NO_TASK, "It names no task of this server. Name its tasks."
                )
            return _unmatched(
                entry,
                Reason.NOT_VISIBLE,
                f"Task {entry.task_id} does not exist, or your account may not see it.",
            )
        return self._named(self._given, entry)

    def _numbered(self, task: _Task, entry: ListedFrame) -> Choice | Unmatched:
        """The frame with the number and name of the entry, or else the one with its name."""
        frame = task.by_number.get(-1 if entry.frame is None else entry.frame)
        if frame is not None and (not entry.names or frame.filename in entry.names):
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


def _grouped(pairs: Iterator[tuple[Key, Frame]]) -> dict[Key, list[Frame]]:
    groups: dict[Key, list[Frame]] = {}
    for key, frame in pairs:
        groups.setdefault(key, []).append(frame)
    return groups


def _unmatched(entry: ListedFrame, reason: Reason, message: str) -> Unmatched:
    return Unmatched(entry.number, entry.text, reason, message)
