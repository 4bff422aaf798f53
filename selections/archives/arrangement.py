"""Decides for each frame, before its path is made, whether it is left out for having no objects,
and its split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from selections.archives.entries import WantedFrame
from selections.models import ArchiveOptions, EmptyFrames, Selection
from selections.splits import NONE, Assignment, SplitFrame


class FrameLabels(NamedTuple):
    """The labels of the objects on a frame, as they are called in the files. `is_complete` is False
    if some objects could not be read."""

    names: frozenset[str]
    is_complete: bool = True


class LabelSource(Protocol):
    def labels_on(self, frame: WantedFrame) -> FrameLabels:
        """Asked for frames in their order."""


class SplitFrames:
    """What the split of a frame depends on."""

    def __init__(self, selection: Selection) -> None:
        self._tasks = selection.tasks_by_id
        self._subsets = {task_id: task.subset for task_id, task in self._tasks.items()}

    @property
    def subsets(self) -> set[str]:
        """Of all tasks of the selection in CVAT."""
        return set(self._subsets.values()) or {""}

    def subset_of_task(self, task_id: int) -> str:
        """As it is called in CVAT."""
        return self._subsets.get(task_id, "")

    def of(self, frame: WantedFrame) -> SplitFrame:
        task = self._tasks.get(frame.task_id)
        video, subset = (task.video, task.subset) if task else ("", "")
        return SplitFrame(frame.task_id, frame.job_id, frame.frame, frame.filename, video, subset)


class Arrangement:
    """Call `arrange` once, with all frames in order, before any other method."""

    def __init__(
        self, selection: Selection, options: ArchiveOptions, labels: LabelSource | None
    ) -> None:
        self._frames = SplitFrames(selection)
        self._split = options.split
        self._is_split = options.split.by != NONE
        self._leaves_out_empty = options.empty_frames == EmptyFrames.LEAVE_OUT
        self._labels = labels
        self._empty: dict[int, set[int]] = {}
        self._assignment = Assignment(self._split)

    @property
    def subsets(self) -> set[str]:
        """All that `subset` can return."""
        of_tasks = self._frames.subsets
        return set(self._split.possible(of_tasks)) or of_tasks

    def arrange(self, frames: Iterable[WantedFrame]) -> None:
        """Waits for the annotations if they play a part. Raises Stopped, CvatError."""
        if self._leaves_out_empty or self._is_split:
            delivered = self._with_labels(frames)
            self._assignment = Assignment(self._split, delivered)
            for _ in delivered:  # what a split without shares does not read
                pass

    def is_empty(self, frame: WantedFrame) -> bool:
        """Whether the frame is left out because it has no objects."""
        return frame.frame in self._empty.get(frame.task_id, ())

    def split(self, frame: WantedFrame) -> str:
        """Empty for a frame that is left out, and without a split."""
        return self._assignment.of(self._frames.of(frame)) if self._is_split else ""

    def subset(self, frame: WantedFrame) -> str:
        """The split, else the subset of the task."""
        return self.split(frame) or self._frames.subset_of_task(frame.task_id)

    def _with_labels(
        self, frames: Iterable[WantedFrame]
    ) -> Iterator[tuple[SplitFrame, frozenset[str]]]:
        reads_labels = self._leaves_out_empty or self._split.needs_labels
        for frame in frames:
            names: frozenset[str] = frozenset()
            if reads_labels and self._labels is not None:
                names, is_complete = self._labels.labels_on(frame)
                if self._leaves_out_empty and is_complete and not names:
                    self._empty.setdefault(frame.task_id, set()).add(frame.frame)
                    continue
            yield self._frames.of(frame), names if self._split.needs_labels else frozenset()
