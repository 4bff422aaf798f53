"""So many of all frames, none of which looks like another. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cvat.types import Frame, Place
from selections.hamming import originals
from selections.methods.amounts import OF_ALL
from selections.methods.method import Facts, Method, Parameter
from selections.sampling import (
    Amount,
    Candidates,
    NearDuplicate,
    Sample,
    counted_for_first_job,
    lowest,
    place_of,
)
from selector.thumbnails.likeness import Likeness

DISTANCE = "max_hash_distance"


def draw(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    """Takes the candidates by rank and leaves out those that look like one of lower rank which was
    not left out itself. So of frames that are all alike, one stays. A frame without a picture is
    not left out."""
    count = amount.of(len(candidates.frames))
    ranked = lowest(candidates.frames, count=len(candidates.frames), seed=seed)
    likeness = facts.likeness_of(candidates.frames)
    left_out = _near_duplicates(ranked, likeness, amount.settings[DISTANCE])
    places = {place_of(each.frame) for each in left_out}
    drawn = [frame for frame in ranked if place_of(frame) not in places][:count]
    sample = counted_for_first_job(candidates, drawn, requested=count)
    by_job = Counter(
        job_id for each in left_out for job_id in candidates.holders[place_of(each.frame)]
    )
    return replace(
        sample,
        jobs=tuple(replace(job, near_duplicates=by_job[job.job_id]) for job in sample.jobs),
        near_duplicates=tuple(left_out),
        unseen=len(candidates.frames) - len(likeness),
    )


def _near_duplicates(
    ranked: Sequence[Frame], likeness: Mapping[Place, Likeness], most: int
) -> list[NearDuplicate]:
    """The least alike first, then by rank."""
    seen = [frame for frame in ranked if place_of(frame) in likeness]
    hashes = np.fromiter(
        (each.hash for each in map(likeness.__getitem__, map(place_of, seen))), np.uint64, len(seen)
    )
    first = originals(hashes, most)
    others = np.flatnonzero(first != np.arange(len(seen)))
    distances = np.bitwise_count(hashes[others] ^ hashes[first[others]])
    order = np.argsort(-distances.astype(int), kind="stable")
    return [
        NearDuplicate(seen[others[each]], seen[first[others[each]]], int(distances[each]))
        for each in order
    ]


METHOD = Method(
    key="no_near_duplicates",
    label="random without near-duplicates",
    short_label="No doubles",
    description="a number of frames from all together, none of which looks like another",
    parameters=(
        *OF_ALL,
        Parameter(
            DISTANCE,
            "number",
            "Bits that may differ",
            "In how many of 64 bits the hashes of two near-duplicates differ at most. 0 leaves out "
            "the same pictures only, 12 and more also pictures that are only similar.",
            default=8,
            minimum=0,
            maximum=16,
        ),
    ),
    draw=draw,
    manner="drawn at random without near-duplicates (hashes that differ in up to "
    "{max_hash_distance} of 64 bits)",
    shortage="the others look like these",
)
