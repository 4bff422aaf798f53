"""So many frames, or such a share, of each annotation job. Pure."""

from __future__ import annotations

from dataclasses import replace

from selections.methods.amounts import OF_EACH_JOB
from selections.methods.method import Facts, Method
from selections.overlap import count_for_one
from selections.sampling import Amount, Candidates, Sample, lowest, place_of, sample_of


def draw(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    """Where jobs overlap, a drawn frame counts for one job that holds it, so a job can end with
    fewer frames than asked for. The drawn frames are as many as there can be (see overlap.py), and
    with a larger amount they stay drawn."""
    requested = {job_id: amount.of(len(held)) for job_id, held in candidates.by_job.items()}
    ranked = lowest(candidates.frames, count=len(candidates.frames), seed=seed)
    job_of = count_for_one(map(place_of, ranked), candidates.holders, requested)
    sample = sample_of(candidates, job_of, requested=sum(requested.values()))
    jobs = tuple(replace(job, requested=requested[job.job_id]) for job in sample.jobs)
    return replace(sample, jobs=jobs)


METHOD = Method(
    key="random_per_job",
    label="random per job",
    short_label="Per job",
    description="a number of frames from each job",
    parameters=OF_EACH_JOB,
    draw=draw,
    is_per_job=True,
)
