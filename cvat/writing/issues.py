"""Issues opened in CVAT at frames of jobs (cvat-api 14.13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cvat import reading
from cvat.http import Call
from cvat.lists import all_entries
from cvat.writing.writer import Writer


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


class IssueWriter(Writer):
    """Opens issues."""

    def open_issue(self, job_id: int, frame: int, position: Sequence[float], message: str) -> int:
        """The id of a new issue at a task frame of a job. `position` is x1, y1, x2, y2 in pixels;
        CVAT holds neither against the job."""
        subject = f"the issues of job {job_id}"
        body = {"job": job_id, "frame": frame, "position": list(position), "message": message}
        query = self._organization_of_job(job_id)
        answer = self._sender.send(Call("POST", "/api/issues", subject, query, body=body))
        return reading.identifier(answer.data)

    def ensure_issue(self, job_id: int, frame: int, position: Sequence[float], message: str) -> int:
        """The id of the issue with this message at this frame of the job, opened if there is
        none."""
        return self._sender.ensure(
            lambda: self._find_issue(job_id, frame, message),
            lambda: self.open_issue(job_id, frame, position, message),
        )

    def texts_of_issues(self, job_id: int) -> Mapping[tuple[int, str], int]:
        """The ids of the issues of a job, open and resolved, by frame and the text of each of
        their comments."""
        query = {"job_id": job_id, **self._organization_of_job(job_id)}
        subject = f"the issues of job {job_id}"
        listed = all_entries(self._client.http, "/api/issues", query, _issue, subject)
        frames = {issue.id: issue.frame for issue in listed if issue.job_id == job_id}
        # A server that does not know the filter lists comments of other jobs, too.
        comments = (
            all_entries(self._client.http, "/api/comments", query, _comment, subject)
            if frames
            else ()
        )
        return {
            (frames[comment.issue_id], comment.message): comment.issue_id
            for comment in comments
            if comment.issue_id in frames
        }

    def _find_issue(self, job_id: int, frame: int, message: str) -> int | None:
        return self.texts_of_issues(job_id).get((frame, message))


def _issue(data: Any) -> Issue:
    return Issue(
        reading.identifier(data), reading.number(data, "job"), reading.number(data, "frame")
    )


def _comment(data: Any) -> Comment:
    return Comment(
        reading.identifier(data), reading.number(data, "issue"), reading.text(data, "message")
    )
