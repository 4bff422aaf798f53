"""Issues of a job, as CVAT answers them (cvat-api 14.13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cvat import reading


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue at a task frame of a job. Its text is its first comment."""

    id: int
    job_id: int
    frame: int


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    issue_id: int
    message: str


def issue(data: Any) -> Issue:
    return Issue(
        reading.identifier(data), reading.number(data, "job"), reading.number(data, "frame")
    )


def comment(data: Any) -> Comment:
    return Comment(
        reading.identifier(data), reading.number(data, "issue"), reading.text(data, "message")
    )
