"""Which requests bring the wanted frames; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Fetch(NamedTuple):
    """One request for one frame, of its task or, where the task is closed, of its job."""

    task_id: int
    job_id: int
    frame: int


def plan(frames: Iterable[tuple[int, int, int]]) -> list[Fetch]:
    """Fetches for (task_id, job_id, frame) triples, in the order given, each frame once."""
    return [Fetch(*frame) for frame in frames]
