"""The tasks of a selection by the labels that they have. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cvat.types import Place
from publishing.change import LEAVE_OUT, frames_in_words

# In the form in which a new task or project takes them, see cvat.writing.labels.
LabelsToSend = Sequence[Mapping[str, Any]]
NAMED_LABELS = 10


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Tasks that have the same labels, and how many frames they have in the selection:
    `deleted_count` of these are deleted in CVAT."""

    labels: LabelsToSend
    task_ids: tuple[int, ...]
    frames_count: int
    deleted_count: int

    @property
    def names(self) -> list[str]:
        return [str(label["name"]) for label in self.labels]

    def remaining(self, deleted_frames: str) -> int:
        """How many frames there are, without those deleted in CVAT if they are to be left out."""
        return self.frames_count - (self.deleted_count if deleted_frames == LEAVE_OUT else 0)

    def in_words(self, deleted_frames: str = "") -> str:
        """Such as "40 frames with the labels car, person"."""
        listed, more = ", ".join(self.names[:NAMED_LABELS]), len(self.names) - NAMED_LABELS
        if more > 0:
            listed += f" and {more:,} more"
        frames = frames_in_words(self.remaining(deleted_frames))
        if not listed:
            return f"{frames} without labels"
        return f"{frames} with the {'label' if len(self.names) == 1 else 'labels'} {listed}"


def label_sets(
    labels: Mapping[int, LabelsToSend], frames: Mapping[int, int], deleted: Iterable[Place]
) -> tuple[LabelSet, ...]:
    """The sets in the order of their first tasks. `labels` and the number of `frames` are by task.
    Colours, and the order of labels, make no difference."""
    deleted_of = dict.fromkeys(labels, 0)
    for task_id, _ in deleted:
        deleted_of[task_id] = deleted_of.get(task_id, 0) + 1
    alike: dict[str, list[int]] = {}
    for task_id, of_task in labels.items():
        alike.setdefault(json.dumps(_plain(of_task), sort_keys=True), []).append(task_id)
    return tuple(
        LabelSet(
            labels[task_ids[0]],
            tuple(task_ids),
            sum(frames[task_id] for task_id in task_ids),
            sum(deleted_of[task_id] for task_id in task_ids),
        )
        for task_ids in alike.values()
    )


def _plain(labels: LabelsToSend) -> list[dict[str, Any]]:
    """The labels, and the points of skeletons, by name and without their colours."""
    plain = [
        {key: value for key, value in label.items() if key != "color"}
        | ({"sublabels": _plain(label["sublabels"])} if "sublabels" in label else {})
        for label in labels
    ]
    return sorted(plain, key=lambda label: str(label["name"]))
