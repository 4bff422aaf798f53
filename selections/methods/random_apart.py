"""So many of all frames, none closer to another one of its task than asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from cvat.types import Frame
from selections.methods.amounts import OF_ALL
from selections.methods.method import Facts, Method, Parameter
from selections.sampling import Amount, Candidates, Sample, counted_for_first_job, lowest

APART = "min_frames_apart"


def draw(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    """Takes the candidates by rank and leaves out those too close to one taken before. Distances
    are those of frame numbers. Fewer than asked for are drawn when no other frame is far enough."""
    count = amount.of(len(candidates.frames))
    ranked = lowest(candidates.frames, count=len(candidates.frames), seed=seed)
    drawn = _apart(ranked, amount.settings[APART])[:count]
    return counted_for_first_job(candidates, drawn, requested=count)


def _apart(ranked: Iterable[Frame], gap: int) -> list[Frame]:
    taken: dict[tuple[int, int], int] = {}  # (task, number // gap) -> number: at most one can be
    drawn = []
    for frame in ranked:
        task_id, number, block = frame.task_id, frame.frame, frame.frame // gap
        close = (taken.get((task_id, each)) for each in (block - 1, block, block + 1))
        if all(other is None or abs(other - number) >= gap for other in close):
            taken[task_id, block] = number
            drawn.append(frame)
    return drawn


METHOD = Method(
    key="random_apart",
    label="random, far apart",
    short_label="Far apart",
    description="a number of frames from all together, with a least distance between frames of the "
    "same task",
    parameters=(
        *OF_ALL,
        Parameter(
            APART,
            "number",
            "Frames apart",
            "The least distance between two frames of a task, in frame numbers.",
            default=30,
        ),
    ),
    draw=draw,
    manner="drawn at random at least {min_frames_apart} frames apart",
    shortage="no other frame is far enough from these",
)
