"""So many frames of each label, as evenly as the frames allow. Pure."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cvat.types import Frame
from selections.methods.method import Facts, Method, Parameter
from selections.sampling import (
    Amount,
    Candidates,
    LabelDraw,
    Sample,
    lowest,
    sample_of,
)


def draw(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    """A frame counts for each label that is on it, so a label can end with more frames than asked
    for. All labels grow together, the rarest first: the label whose turn it is gets the frame whose
    other labels have the fewest frames so far, of several the one with the lowest rank. With a
    larger amount, the frames of a smaller one stay drawn."""
    wanted = amount.of(len(candidates.frames))
    by_label = facts.frames_by_label
    labels_of = {
        frame.frame: labels
        for frame in candidates.frames
        if (labels := [label for label, frames in by_label.items() if frame.frame in frames])
    }
    labelled = [frame for frame in candidates.frames if frame.frame in labels_of]
    ranked = lowest(labelled, count=len(labelled), seed=seed)
    drawn = _drawn(ranked, labels_of, by_label, wanted)
    counts = Counter(label for number in drawn for label in labels_of[number])
    totals = Counter(label for labels in labels_of.values() for label in labels)
    missing = sum(max(wanted - counts[label], 0) for label in by_label)
    job_of = {number: candidates.holders[number][0] for number in drawn}
    sample = sample_of(candidates, job_of, requested=len(drawn) + missing)
    label_draws = tuple(
        LabelDraw(label, requested=wanted, selected=counts[label], total=totals[label])
        for label in sorted(by_label)
    )
    return replace(sample, labels=label_draws)


def _drawn(
    ranked: Sequence[Frame],
    labels_of: Mapping[int, Sequence[str]],
    labels: Iterable[str],
    wanted: int,
) -> set[int]:
    # Of each label its frames as (cost, rank, number), the cheapest first. Costs only grow: an
    # entry whose cost is outdated goes back when its turn comes.
    waiting: dict[str, list[tuple[int, int, int]]] = {label: [] for label in labels}
    for rank, frame in enumerate(ranked):
        for label in labels_of[frame.frame]:
            waiting[label].append((0, rank, frame.frame))
    in_turn = sorted(waiting, key=lambda label: (len(waiting[label]), label))
    counts: Counter[str] = Counter()
    drawn: set[int] = set()
    level = 0
    while level < wanted and any(waiting[label] for label in in_turn):
        level += 1
        for label in in_turn:
            while counts[label] < level and waiting[label]:
                cost, rank, number = heapq.heappop(waiting[label])
                if number in drawn:
                    continue
                cost_now = sum(counts[other] for other in labels_of[number] if other != label)
                if cost_now > cost:
                    heapq.heappush(waiting[label], (cost_now, rank, number))
                    continue
                drawn.add(number)
                counts.update(labels_of[number])
    return drawn


METHOD = Method(
    key="balanced_by_label",
    label="balanced by label",
    short_label="By label",
    description="so many frames of each label, by what is annotated",
    parameters=(
        Parameter(
            "frames_per_label_count",
            "count",
            "Frames per label",
            "How many frames of each label, where there are so many. A frame counts for each label "
            "that is on it.",
        ),
    ),
    draw=draw,
    is_per_label=True,
)
