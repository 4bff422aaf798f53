"""What tasks are searched for, in CVAT's words. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

STATUSES = ["annotation", "validation", "completed"]


@dataclass(frozen=True, slots=True)
class TaskSearch:
    """Tasks that fulfil all that is given here.

    `search`: words, which CVAT looks for in names of tasks, projects and people. `status`: that of
    the least advanced job. `assignee`: a user name.
    """

    search: str = ""
    project_id: int | None = None
    status: str = ""
    assignee: str = ""
    subset: str = ""

    @property
    def criteria(self) -> dict[str, Any]:
        """The arguments of CvatClient.tasks."""
        return asdict(self)

    @property
    def has_more_than_words(self) -> bool:
        return bool(self.status or self.assignee or self.subset)

    @property
    def has_conditions(self) -> bool:
        """Whether anything but the project is given."""
        return bool(self.search or self.has_more_than_words)

    @property
    def in_words(self) -> str:
        """Such as “words “gate” · project 4 · subset test”."""
        parts = [
            f"words “{self.search}”" if self.search else "",
            f"project {self.project_id}" if self.project_id is not None else "",
            f"status {self.status}" if self.status else "",
            f"assigned to {self.assignee}" if self.assignee else "",
            f"subset {self.subset}" if self.subset else "",
        ]
        return " · ".join(filter(None, parts))
