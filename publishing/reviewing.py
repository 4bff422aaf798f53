"""Completed jobs of a publication handed over to reviewers, and the requests that do it. Pure.

A job in CVAT has one assignee and no reviewer: whoever reviews it becomes its assignee, once its
stage is validation (cvat-api 5.5 and 13.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cvat.types import Job
from publishing.change import Change

ANNOTATION, VALIDATION = "annotation", "validation"
NEW, COMPLETED = "new", "completed"


@dataclass(frozen=True, slots=True)
class HandOverOptions:
    """`publication_id` is the publication that made the jobs; `reviewer_ids` are users of CVAT who
    get them in turn, the last one all that remain."""

    publication_id: int
    reviewer_ids: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"reviewer_ids": list(self.reviewer_ids)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> HandOverOptions:
        return cls(data["publication_id"], tuple(data["reviewer_ids"]))


@dataclass(frozen=True, slots=True)
class HandOver:
    """A job, and the user of CVAT who is to review it."""

    job_id: int
    reviewer_id: int
    reviewer: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> HandOver:
        return cls(**data)

    @property
    def change(self) -> Change:
        """The request. The stage, the state and the assignee are in one: a stage without a state
        would reset the state in any case."""
        return Change(
            "PATCH",
            f"/api/jobs/{self.job_id}",
            f"Hand job {self.job_id} over to {self.reviewer}, in stage {VALIDATION}",
            {"stage": VALIDATION, "state": NEW, "assignee": self.reviewer_id},
        )


def by_frames(jobs: Iterable[Job]) -> list[Job]:
    """The annotation jobs, which get their reviewers in this order."""
    annotation_jobs = (job for job in jobs if job.is_annotation)
    return sorted(annotation_jobs, key=lambda job: (job.start_frame, job.id))


def in_turn(user_ids: Sequence[int], number: int) -> int:
    """The user who gets the job with this number, from 0. When there are more jobs than users, the
    last user gets the others. Needs at least one user."""
    return user_ids[min(number, len(user_ids) - 1)]
