"""What frames are chosen from: a job, tasks or a project, and what narrows them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import inf
from typing import Any

from cvat.types import Frame, Job
from selector.annotation_index.filter import NO_FILTER, AnnotationFilter

NO_ASSIGNEE = "no assignee"  # instead of a user name, in which CVAT allows no space


@dataclass(frozen=True, slots=True)
class Scope:
    """One job, one task, several tasks, all tasks of a project or those of a saved search, and
    filters in CVAT's words.

    `saved_search`: its id; `task_ids` are the tasks that it found, empty until it is asked.
    `job_ids`, `stage`, `state` and `assignee` (a user name, or NO_ASSIGNEE): only from such jobs.
    `filename_contains`: only frames whose name contains each of these words, in any case.
    `filename_pattern`: only frames whose name is like this pattern, see `is_like`.
    `first_frame` and `last_frame`: only this range of frames of each task, both ends included.
    `annotation_filter`: only frames with such annotations. What is empty or None does not count.
    """

    task_id: int | None = None
    job_id: int | None = None
    task_ids: tuple[int, ...] = ()
    project_id: int | None = None
    saved_search: int | None = None
    job_ids: tuple[int, ...] = ()
    stage: str = ""
    state: str = ""
    assignee: str = ""
    filename_contains: str = ""
    filename_pattern: str = ""
    first_frame: int | None = None
    last_frame: int | None = None
    annotation_filter: AnnotationFilter = NO_FILTER

    @property
    def has_several_tasks(self) -> bool:
        """Whether more tasks than one may take part."""
        return bool(self.task_ids) or (self.project_id, self.saved_search) != (None, None)

    @property
    def kind(self) -> str:
        """What the frames are from: "job", "task", "tasks" or "project"."""
        if self.project_id is not None:
            return "project"
        if self.task_ids or self.saved_search is not None:
            return "tasks"
        return "task" if self.job_id is None else "job"

    @property
    def name(self) -> str:
        """Such as “task 5”, “job 7”, “project 4” or “3 tasks”."""
        if self.project_id is not None:
            return f"project {self.project_id}"
        if self.task_ids:
            return f"{len(self.task_ids):,} task{'s' if len(self.task_ids) != 1 else ''}"
        if self.saved_search is not None:
            return f"saved search {self.saved_search}"
        return f"task {self.task_id}" if self.job_id is None else f"job {self.job_id}"

    @property
    def narrows_jobs(self) -> bool:
        return bool(self.job_ids or self.stage or self.state or self.assignee)

    @property
    def narrows_frames(self) -> bool:
        """Whether file name or number of a frame matters."""
        ends = (self.first_frame, self.last_frame)
        return self.narrows_names or any(end is not None for end in ends)

    @property
    def narrows_names(self) -> bool:
        return bool(self.filename_contains or self.filename_pattern)

    def takes_job(self, job: Job) -> bool:
        """Whether frames of the job take part."""
        return (
            (not self.job_ids or job.id in self.job_ids)
            and self.stage in ("", job.stage)
            and self.state in ("", job.state)
            and self.assignee in ("", job.assignee or NO_ASSIGNEE)
        )

    def narrow(self, frames: Iterable[Frame]) -> tuple[Frame, ...]:
        """The frames that take part by their name and number."""
        words = self.filename_contains.lower().split()
        first = self.first_frame or 0
        last = inf if self.last_frame is None else self.last_frame
        return tuple(
            frame
            for frame in frames
            if first <= frame.frame <= last
            and all(word in frame.filename.lower() for word in words)
            and (not self.filename_pattern or is_like(frame.filename, self.filename_pattern))
        )


def is_like(filename: str, pattern: str) -> bool:
    """Whether the whole name is like the pattern, in any case: `*` stands for any characters, `?`
    for one, `[0-4]` for one of these, `[!0-4]` for one that is none of these. A pattern without
    `/` is compared with the name without its folders. filename_pattern.js does the same."""
    name = filename if "/" in pattern else filename.rpartition("/")[2]
    return fnmatchcase(name.lower(), pattern.lower())


def scope_values(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Scope from its JSON form, which names what counts."""
    return {
        "task_id": data.get("task_id"),
        "job_id": data.get("job_id"),
        "task_ids": tuple(data.get("task_ids") or ()),
        "project_id": data.get("project_id"),
        "saved_search": data.get("saved_search"),
        "job_ids": tuple(data.get("job_ids") or ()),
        "stage": data.get("stage") or "",
        "state": data.get("state") or "",
        "assignee": data.get("assignee") or "",
        "filename_contains": data.get("filename_contains") or "",
        "filename_pattern": data.get("filename_pattern") or "",
        "first_frame": data.get("first_frame"),
        "last_frame": data.get("last_frame"),
        "annotation_filter": AnnotationFilter.from_json(data.get("annotation_filter") or {}),
    }


def scope_json(scope: Scope) -> dict[str, Any]:
    """Such as {"task_id": 1, "job_id": None} or {"project_id": 4, "stage": "validation"}: the
    source of the frames, and the filters that count."""
    if scope.has_several_tasks:
        sources = {
            "task_ids": list(scope.task_ids),
            "project_id": scope.project_id,
            "saved_search": scope.saved_search,
        }
        source: dict[str, Any] = {name: value for name, value in sources.items() if value}
    else:
        source = {"task_id": scope.task_id, "job_id": scope.job_id}
    filters: dict[str, Any] = {
        "job_ids": list(scope.job_ids),
        "stage": scope.stage,
        "state": scope.state,
        "assignee": scope.assignee,
        "filename_contains": scope.filename_contains,
        "filename_pattern": scope.filename_pattern,
        "first_frame": scope.first_frame,
        "last_frame": scope.last_frame,
        "annotation_filter": scope.annotation_filter.to_json(),
    }
    return source | {name: value for name, value in filters.items() if value or value == 0}
