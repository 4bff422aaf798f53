"""Missing frames of an archive, grouped by the reason. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any, TypedDict

REASONS_LISTED = 20
RANGES_LISTED = 20
# Before the reason of a frame that was not asked for, because another one of its chunk failed.
LIKE_ANOTHER = re.compile(r"^Like frame \d+: ")


class ProblemGroup(TypedDict):
    reason: str
    count: int
    # Such as "task 8: frames 0–39, 57; task 9: frame 3". With “…” when there are too many ranges.
    frames: str


def grouped(problems: Iterable[dict[str, Any]]) -> list[ProblemGroup]:
    """At most REASONS_LISTED groups, the largest first; the last one stands for all other reasons
    when there are more. Each problem has "reason", "task_id" and "frame"."""
    by_reason: dict[str, list[dict[str, Any]]] = {}
    for problem in problems:
        reason = LIKE_ANOTHER.sub("", str(problem.get("reason", "")))
        by_reason.setdefault(reason, []).append(problem)
    rows = sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    listed, others = rows, rows[REASONS_LISTED:]
    if others:
        listed = rows[: REASONS_LISTED - 1]
        others = rows[REASONS_LISTED - 1 :]
        rest = [problem for _, each in others for problem in each]
        listed.append((f"{len(others):,} other reasons: the manifest names each.", rest))
    return [
        ProblemGroup(reason=reason, count=len(each), frames=places_in_words(_places(each)))
        for reason, each in listed
    ]


def _places(problems: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return sorted({(problem.get("task_id", 0), problem.get("frame", 0)) for problem in problems})


def places_in_words(places: Iterable[tuple[int, int]]) -> str:
    """Such as "task 8: frames 0–39, 57; task 9: frame 3", of ascending tasks and frames."""
    texts, budget = [], RANGES_LISTED
    for task_id, of_task in groupby(places, key=lambda place: place[0]):
        if budget <= 0:
            texts.append("…")
            break
        frames = [frame for _, frame in of_task]
        ranges = list(_ranges(frames))
        shown = ", ".join(ranges[:budget]) + (", …" if len(ranges) > budget else "")
        texts.append(f"task {task_id}: frame{'s' if len(frames) > 1 else ''} {shown}")
        budget -= len(ranges)
    return "; ".join(texts)


def _ranges(frames: list[int]) -> Iterable[str]:
    """[0, 1, 2, 5] -> "0–2", "5"."""
    for _, run in groupby(enumerate(frames), key=lambda item: item[1] - item[0]):
        numbers = [frame for _, frame in run]
        yield f"{numbers[0]}–{numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
