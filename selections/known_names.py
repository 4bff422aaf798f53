"""Images that a draw leaves out because other tasks have their file names. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, NamedTuple

AS_IS, BASE_NAME, WITHOUT_JOB_ID = "as_is", "base_name", "base_name_without_job_id"
MATCHES = (
    (AS_IS, "as they are"),
    (BASE_NAME, "without their folders"),
    (WITHOUT_JOB_ID, "without their folders and a leading job id, as in 12_a.jpg"),
)
MOST_TASKS = 50
_JOB_ID = re.compile(r"\A[0-9]+_(?=.)")


class OtherTask(NamedTuple):
    """A task by its number and the address of its server; "" is the server of the draw."""

    url: str
    task_id: int


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The file names of these tasks, and which names are the same by the rule `match`. Without
    tasks it leaves nothing out."""

    tasks: tuple[OtherTask, ...] = ()
    match: str = AS_IS

    def __post_init__(self) -> None:
        if self.match not in dict(MATCHES):
            raise ValueError(f"match must be one of {', '.join(dict(MATCHES))}")
        if len(self.tasks) > MOST_TASKS:
            raise ValueError(f"there may be {MOST_TASKS} tasks at most")
        for url, task_id in self.tasks:
            if not isinstance(url, str) or type(task_id) is not int or task_id < 1:
                raise ValueError("a task is a whole number and the address of its server")

    def __bool__(self) -> bool:
        return bool(self.tasks)

    def key(self, filename: str) -> str:
        """What the names of the same image have in common; "" for a frame without a name, which is
        never the same."""
        return _KEYS[self.match](filename)

    def to_json(self) -> dict[str, Any]:
        """Such as {"tasks": [{"task_id": 9, "url": ""}], "match": "as_is"}; {} without any."""
        if not self.tasks:
            return {}
        return {"tasks": [each._asdict() for each in self.tasks], "match": self.match}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> KnownNames:
        """What `to_json` wrote; also from a body of the API, which may lack keys."""
        tasks = {
            OtherTask(each.get("url") or "", each["task_id"]) for each in data.get("tasks", ())
        }
        return cls(tuple(sorted(tasks)), data.get("match", AS_IS))


def _as_is(filename: str) -> str:
    return filename


def _base_name(filename: str) -> str:
    return PurePosixPath(filename).name


def _without_job_id(filename: str) -> str:
    return _JOB_ID.sub("", _base_name(filename))


_KEYS: Mapping[str, Callable[[str], str]] = {
    AS_IS: _as_is,
    BASE_NAME: _base_name,
    WITHOUT_JOB_ID: _without_job_id,
}
NO_NAMES = KnownNames()
