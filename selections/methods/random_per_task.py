"""So many frames, or such a share, of each task. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from selections.methods.method import Facts, Method, Parameter
from selections.sampling import Amount, Candidates, Sample, counted_for_first_job, lowest


def draw(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    """Of each task the frames that a draw over all of that task alone takes."""
    totals = Counter(frame.task_id for frame in candidates.frames)
    requested = {task_id: amount.of(total) for task_id, total in totals.items()}
    missing = dict(requested)
    drawn = []
    for frame in lowest(candidates.frames, count=len(candidates.frames), seed=seed):
        if missing[frame.task_id]:
            missing[frame.task_id] -= 1
            drawn.append(frame)
    sample = counted_for_first_job(candidates, drawn, requested=sum(requested.values()))
    tasks = tuple(replace(task, requested=requested[task.task_id]) for task in sample.tasks)
    return replace(sample, tasks=tasks)


METHOD = Method(
    key="random_per_task",
    label="random per task",
    short_label="Per task",
    description="a number of frames from each task",
    parameters=(
        Parameter(
            "frames_per_task_count",
            "count",
            "Frames per task",
            "How many frames of each task; all of a task that has fewer.",
        ),
        Parameter(
            "frames_per_task_share",
            "share",
            "Share of each task",
            "Share of the frames of each task, above 0 and at most 1.",
        ),
    ),
    draw=draw,
    is_per_task=True,
    is_for_one_job=False,
    is_for_one_task=False,
    shortage="a task has no more",
)
