"""Tasks and jobs that CVAT refuses as wholes, so that their frames are not requested one by one.

CVAT answers 403 or 404 for each frame of a task or job that is deleted or that this user may not
see. Such an answer could concern one frame alone, so the task and the job themselves are requested,
once each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from threading import Lock

from cvat.client import CvatClient
from cvat.exceptions import (
    CvatBroken,
    CvatError,
    CvatForbidden,
    CvatNotFound,
    CvatRejected,
)

REFUSED = (CvatForbidden, CvatNotFound)
# What concerns one frame, job or task and not the build: the manifest names it, the others go on.
FRAME_ERRORS = (CvatBroken, *REFUSED, CvatRejected)
Key = tuple[str, int]


class Refusals:
    """Safe for threads."""

    def __init__(self, client: CvatClient) -> None:
        self._client = client
        self._answers: dict[Key, CvatError | None] = {}  # None: not refused
        self._lost: dict[int, CvatError] = {}  # by task
        self._locks: defaultdict[Key, Lock] = defaultdict(Lock)

    def closes_task(self, task_id: int) -> bool:
        """Whether the task is known to be refused: its frames can be had through its jobs alone."""
        return self._answers.get(("task", task_id)) is not None

    def close_task(self, task_id: int, error: CvatError) -> None:
        self._answers["task", task_id] = error

    def lose_storage(self, task_id: int, error: CvatError) -> None:
        """Note that CVAT cannot read the cloud storage of a task."""
        self._lost[task_id] = error

    def known(self, task_id: int, job_id: int) -> CvatError | None:
        """What CVAT says of the job if both the job and its task are known to be refused, or if the
        storage of the task is lost."""
        if task_id in self._lost:
            return self._lost[task_id]
        return self._answers.get(("job", job_id)) if self.closes_task(task_id) else None

    def check(self, task_id: int, job_id: int) -> CvatError | None:
        """What CVAT says of the job if both the job and its task are refused as wholes; None if
        frames can be had through one of them. Raises any other CvatError."""
        refusal = self._ask(("job", job_id), lambda: self._client.job(job_id))
        if refusal is None or self._ask(("task", task_id), lambda: self._client.task(task_id)):
            return refusal
        return None

    def _ask(self, key: Key, ask: Callable[[], object]) -> CvatError | None:
        with self._locks[key]:
            if key not in self._answers:
                try:
                    ask()
                except REFUSED as error:
                    self._answers[key] = error
                else:
                    self._answers[key] = None
            return self._answers[key]
