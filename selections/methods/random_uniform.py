"""So many frames, or such a share, of all frames that the jobs hold together. Pure."""

from __future__ import annotations

from selections.methods.method import Facts, Method, Parameter
from selections.sampling import Amount, Candidates, Sample, lowest, place_of, sample_of


def draw(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    """A drawn frame counts for the first of the jobs that holds it."""
    count = amount.of(len(candidates.frames))
    drawn = lowest(candidates.frames, count=count, seed=seed)
    job_of = {place: candidates.holders[place][0] for place in map(place_of, drawn)}
    return sample_of(candidates, job_of, requested=count)


METHOD = Method(
    key="random_uniform",
    label="random over all",
    short_label="Over all",
    description="so many of all frames together",
    parameters=(
        Parameter("frame_count", "count", "Frames in all", "Number of frames."),
        Parameter(
            "frame_share",
            "share",
            "Share of all frames",
            "Share of all frames, above 0 and at most 1 (0.1 is a tenth).",
        ),
    ),
    draw=draw,
)
