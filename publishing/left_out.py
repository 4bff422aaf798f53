"""What CVAT did not get of what was asked for, counted by reason. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Any

from portal.work.problems import ProblemGroup, places_in_words

MOST_NAMED = 200  # objects; all are counted
MOST_REASONS = 20
OTHERS = "{count:,} other reasons."


class LeftOut:
    """Counts objects, and values of attributes, and names the first of them."""

    def __init__(self) -> None:
        self._named: list[dict[str, Any]] = []
        self._counts: Counter[str] = Counter()
        self._places: dict[str, set[tuple[int, int]]] = {}

    def add(
        self,
        reason: str,
        *,
        task_id: int,
        frame: int | None = None,
        object_id: int | None = None,
        count: int = 1,
    ) -> None:
        """`reason` is a sentence; `frame` is one of the task that the object was in."""
        if len(self._named) < MOST_NAMED:
            self._named.append(
                {"task_id": task_id, "frame": frame, "object_id": object_id, "reason": reason}
            )
        self._counts[reason] += count
        places = self._places.setdefault(reason, set())
        if frame is not None:
            places.add((task_id, frame))

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of a Work that hold its problems."""
        listed = self._counts.most_common()
        groups = [self._group(reason, count) for reason, count in listed[:MOST_REASONS]]
        if others := listed[MOST_REASONS:]:
            count = sum(count for _, count in others)
            text = OTHERS.format(count=len(others))
            groups.append(ProblemGroup(reason=text, count=count, frames=""))
        return {
            "problems": self._named,
            "problems_count": self._counts.total(),
            "problem_groups": groups,
        }

    def _group(self, reason: str, count: int) -> ProblemGroup:
        frames = places_in_words(sorted(self._places[reason]))
        return ProblemGroup(reason=reason, count=count, frames=frames)
