"""So many frames, or such a share, of the jobs of each assignee together. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from cvat.types import Place
from selections.methods.method import Facts, Method, Parameter
from selections.overlap import count_for_one
from selections.sampling import (
    Amount,
    AssigneeDraw,
    Candidates,
    Sample,
    lowest,
    place_of,
    sample_of,
)


def draw(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    """Jobs that are assigned to nobody give no frames. Where jobs of two assignees overlap, a drawn
    frame counts for one of them, and the drawn frames are as many as there can be (see
    overlap.py)."""
    assignees = {job_id: name for job_id, name in facts.assignees.items() if name}
    holders: dict[Place, tuple[str, ...]] = {}
    for place, job_ids in candidates.holders.items():
        if names := dict.fromkeys(assignees[id_] for id_ in job_ids if id_ in assignees):
            holders[place] = tuple(names)
    totals = Counter(name for names in holders.values() for name in names)
    requested = {name: amount.of(total) for name, total in sorted(totals.items())}
    ranked = lowest(candidates.frames, count=len(candidates.frames), seed=seed)
    assigned = (place for place in map(place_of, ranked) if place in holders)
    assignee_of = count_for_one(assigned, holders, requested)
    job_of = {
        place: next(id_ for id_ in candidates.holders[place] if assignees.get(id_) == name)
        for place, name in assignee_of.items()
    }
    selected = Counter(assignee_of.values())
    sample = sample_of(candidates, job_of, requested=sum(requested.values()))
    draws = (
        AssigneeDraw(name, requested=count, selected=selected[name], total=totals[name])
        for name, count in requested.items()
    )
    return replace(sample, assignees=tuple(draws))


METHOD = Method(
    key="random_per_assignee",
    label="random per assignee",
    short_label="Per assignee",
    description="a number of frames from all jobs of each assignee",
    parameters=(
        Parameter(
            "frames_per_assignee_count",
            "count",
            "Frames per assignee",
            "How many frames of the jobs of each assignee; all of one who has fewer.",
        ),
        Parameter(
            "frames_per_assignee_share",
            "share",
            "Share of each assignee",
            "Share of the frames in the jobs of each assignee, above 0 and at most 1.",
        ),
    ),
    draw=draw,
    is_per_assignee=True,
    is_for_one_job=False,
    shortage="the jobs of an assignee hold no more",
)
