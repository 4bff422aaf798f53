"""A published task that is deleted in CVAT, and the request that does it. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from publishing.change import Change


@dataclass(frozen=True, slots=True)
class RemovalOptions:
    """`publication_id` is the publication that made the task."""

    publication_id: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RemovalOptions:
        return cls(**data)


def task_removal(task_id: int) -> Change:
    text = f"Delete task {task_id} with its pictures and all annotations in it"
    return Change("DELETE", f"/api/tasks/{task_id}", text)
