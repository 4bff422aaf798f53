"""So many frames, or such a share, of each annotation job, from its first to its last. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cvat.types import Frame, Place
from selections.methods.amounts import OF_EACH_JOB
from selections.methods.method import Facts, Method
from selections.sampling import Amount, Candidates, Sample, place_of, sample_of


def draw(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    """Jobs in their order, each over the frames that no job before it has taken. The seed plays no
    part."""
    requested = {job_id: amount.of(len(held)) for job_id, held in candidates.by_job.items()}
    job_of: dict[Place, int] = {}
    for job_id, held in candidates.by_job.items():
        free = [frame for frame in held if place_of(frame) not in job_of]
        job_of |= {place_of(frame): job_id for frame in spread(free, requested[job_id])}
    sample = sample_of(candidates, job_of, requested=sum(requested.values()))
    jobs = tuple(replace(job, requested=requested[job.job_id]) for job in sample.jobs)
    return replace(sample, jobs=jobs)


def spread(frames: Sequence[Frame], count: int) -> list[Frame]:
    """`count` of the frames (all, if there are fewer) with even steps between them: of 3 the first,
    the middle and the last, of 2 the first and the last, of 1 the first."""
    count = min(count, len(frames))
    if count <= 1:
        return list(frames[:count])
    last = len(frames) - 1
    return [frames[step * last // (count - 1)] for step in range(count)]


METHOD = Method(
    key="spread_per_job",
    label="first to last of each job",
    short_label="Spread",
    description="a number of frames from each job, evenly spread from its first to its last: 3 are "
    "the first, the middle and the last one, 1 is the first",
    parameters=OF_EACH_JOB,
    draw=draw,
    is_per_job=True,
    is_random=False,
    manner="evenly spread from first to last",
)
