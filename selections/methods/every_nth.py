"""The first frame of each task, and every n-th from there on. Pure."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

from selections.methods.method import Facts, Method, Parameter
from selections.sampling import Amount, Candidates, Sample, counted_for_first_job

STEP = "frame_step"


def draw(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    """Counts the candidates of a task, not the frame numbers, across the borders of jobs: each task
    gives an n-th of its candidates, rounded up. The seed plays no part."""
    step = amount.settings[STEP]
    drawn = [
        frame
        for _, of_task in groupby(candidates.frames, key=attrgetter("task_id"))
        for frame in list(of_task)[::step]
    ]
    return counted_for_first_job(candidates, drawn, requested=len(drawn))


METHOD = Method(
    key="every_nth",
    label="every n-th frame",
    short_label="Every n-th",
    description="the first frame and every n-th from there on, without an amount",
    parameters=(
        Parameter(
            STEP,
            "number",
            "Step in frames",
            "10 takes each tenth of the frames to draw from, beginning with the first of a task.",
            default=10,
        ),
    ),
    draw=draw,
    is_random=False,
    manner="one in every {frame_step}",
)
