"""Frames marked faulty as issues in CVAT, and the requests that open them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from publishing.change import Change

MOST_ISSUES = 500  # of one publication, whose record has an entry for each
STAGES = ("annotation", "validation", "acceptance")
REJECTED = "rejected"
# Without a size in the selection: CVAT does not hold a position against the picture.
UNKNOWN_SIZE = 100


@dataclass(frozen=True, slots=True)
class IssueOptions:
    """`reject_jobs`: set the jobs of the faulty frames to rejected, in the stage `job_stage`, or in
    the one that they have ("")."""

    reject_jobs: bool = False
    job_stage: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> IssueOptions:
        return cls(**data)


@dataclass(frozen=True, slots=True)
class FaultyFrame:
    """A frame marked faulty, and the issue for it: `position` is x1, y1, x2, y2 in pixels."""

    task_id: int
    job_id: int
    frame: int
    filename: str
    message: str
    position: tuple[int, int, int, int]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FaultyFrame:
        return cls(**{**data, "position": tuple(data["position"])})


def message(comment: str, tags: Sequence[str]) -> str:
    """The text of the issue for a mark."""
    words = ", ".join(tags)
    if comment:
        return f"{comment} ({words})" if words else comment
    return words or "Marked as faulty"


def whole_picture(width: int, height: int) -> tuple[int, int, int, int]:
    return 0, 0, width or UNKNOWN_SIZE, height or UNKNOWN_SIZE


def issue_opening(frame: FaultyFrame) -> Change:
    """The request that opens an issue (cvat-api 14.13)."""
    name = f" ({frame.filename})" if frame.filename else ""
    return Change(
        "POST",
        "/api/issues",
        f"Open an issue at frame {frame.frame}{name} of job {frame.job_id}: {frame.message}",
        {
            "job": frame.job_id,
            "frame": frame.frame,
            "position": list(frame.position),
            "message": frame.message,
        },
    )


def job_rejection(job_id: int, options: IssueOptions) -> Change:
    """The request that rejects a job. A stage without a state would reset the state, so that both
    are in one request (cvat-api 13.5)."""
    stage = {"stage": options.job_stage} if options.job_stage else {}
    in_stage = f" in stage {options.job_stage}" if options.job_stage else ""
    return Change(
        "PATCH",
        f"/api/jobs/{job_id}",
        f"Set job {job_id} to {REJECTED}{in_stage}",
        {**stage, "state": REJECTED},
    )


def changes(
    frames: Iterable[FaultyFrame], job_ids: Iterable[int], options: IssueOptions
) -> list[Change]:
    """The requests that open an issue for each frame and reject each job, in their order."""
    return [
        *(issue_opening(frame) for frame in frames),
        *(job_rejection(job_id, options) for job_id in job_ids),
    ]
