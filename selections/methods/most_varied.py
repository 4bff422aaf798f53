"""So many of all frames, as different from one another as can be. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from cvat.types import Frame
from selections.methods.amounts import OF_ALL
from selections.methods.method import Facts, Method
from selections.sampling import Amount, Candidates, Sample, counted_for_first_job, lowest, place_of

MOST_COMPARISONS = 25_000_000  # about a second


def draw(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    """Begins with the frame of the lowest rank and goes on with the frame that is farthest from all
    that are taken (farthest-point sampling over the descriptors of the pictures), of several the
    one of the lowest rank. Frames without a picture are not drawn.

    Where that takes more than MOST_COMPARISONS, only the frames of the lowest ranks are compared:
    up to 250 of 100,000 frames are drawn from all of these, 1,000 from 25,000. So beyond that, a
    larger amount need not contain the frames of a smaller one.
    """
    count = amount.of(len(candidates.frames))
    descriptors = facts.descriptors_of(candidates.frames)
    ranked = lowest(candidates.frames, count=len(candidates.frames), seed=seed)
    seen = [frame for frame in ranked if place_of(frame) in descriptors]
    compared = seen[: max(count, MOST_COMPARISONS // max(count, 1))]
    described = b"".join(descriptors[place_of(frame)] for frame in compared)
    drawn = _farthest(compared, np.frombuffer(described, np.uint8), count)
    sample = counted_for_first_job(candidates, drawn, requested=count)
    return replace(sample, unseen=len(candidates.frames) - len(seen))


def _farthest(ranked: Sequence[Frame], described: NDArray[np.uint8], count: int) -> list[Frame]:
    if not ranked:
        return []
    # Squares of distances are whole numbers below 2**24: exact in float32, on every machine.
    points = described.reshape(len(ranked), -1).astype(np.float32) - 128
    squares = (points * points).sum(axis=1)
    nearest = np.full(len(ranked), np.inf, np.float32)  # to any that is taken
    drawn = []
    place = 0
    for _ in range(min(count, len(ranked))):
        drawn.append(ranked[place])
        distances = squares + squares[place] - 2 * (points @ points[place])
        np.minimum(nearest, distances, out=nearest)
        nearest[place] = -np.inf  # not again, not even among pictures that are all the same
        place = int(nearest.argmax())
    return drawn


METHOD = Method(
    key="most_varied",
    label="most varied",
    short_label="Varied",
    description="a number of frames from all together, as different from one another as can be",
    parameters=OF_ALL,
    draw=draw,
    nested_up_to=isqrt(MOST_COMPARISONS),
    manner="chosen to be as varied as can be",
    shortage="the others have no picture",
)
