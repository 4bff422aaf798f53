"""So many frames, or such a share, of all frames that the jobs hold together. Pure."""

from __future__ import annotations

from selections.methods.amounts import OF_ALL
from selections.methods.method import Facts, Method
from selections.sampling import Amount, Candidates, Sample, counted_for_first_job, lowest


def draw(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    count = amount.of(len(candidates.frames))
    drawn = lowest(candidates.frames, count=count, seed=seed)
    return counted_for_first_job(candidates, drawn, requested=count)


METHOD = Method(
    key="random_uniform",
    label="random over all",
    short_label="Over all",
    description="a number of frames from all together",
    parameters=OF_ALL,
    draw=draw,
    takes_lowest=True,
    is_for_one_job=False,
)
