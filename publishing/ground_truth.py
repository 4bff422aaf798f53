"""What a ground-truth job is made with, and the requests to CVAT that make it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from publishing.change import Change, frames_in_words

# CVAT puts no limit on the list; beyond this it is no sample to check annotations with any more.
MOST_FRAMES = 50_000


@dataclass(frozen=True, slots=True)
class GroundTruthOptions:
    """`deleted_frames` says what becomes of frames that are deleted in CVAT: `deliver` or
    `leave_out`, or "" while nobody has decided. `replace_job` is the id of the ground-truth job
    that the task has now, to be deleted with its annotations."""

    assignee_id: int | None = None
    deleted_frames: str = ""
    replace_job: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> GroundTruthOptions:
        return cls(**data)


def changes(*, task_id: int, frames: Sequence[int], options: GroundTruthOptions) -> list[Change]:
    """The requests that make the job, in their order (cvat-api 13.1 and 13.2)."""
    create = Change(
        "POST",
        "/api/jobs",
        f"Create a ground-truth job of {frames_in_words(len(frames))} in task {task_id}",
        {
            "type": "ground_truth",
            "task_id": task_id,
            "frame_selection_method": "manual",
            "frames": list(frames),
        }
        | ({} if options.assignee_id is None else {"assignee": options.assignee_id}),
    )
    if options.replace_job is None:
        return [create]
    number = options.replace_job
    text = f"Delete ground-truth job {number} and all annotations in it"
    return [Change("DELETE", f"/api/jobs/{number}", text), create]
