"""So many frames of each label, as evenly as the frames allow. Pure."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from cvat.types import Frame
from selections.methods.method import Facts, Method, Parameter
from selections.sampling import (
    Amount,
    Candidates,
    LabelDraw,
    Place,
    Sample,
    lowest,
    place_of,
    sample_of,
)


def draw(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    """A frame counts for each label that is on it, so a label can end with more frames than asked
    for. All labels grow together, the rarest first: the label whose turn it is gets the frame whose
    other labels have the fewest frames so far, of several the one with the lowest rank. With a
    larger amount, the frames of a smaller one stay drawn."""
    per_label = amount.of(len(candidates.frames))
    by_label = facts.frames_by_label
    labels_of = _labels_of(candidates.holders.keys(), by_label)
    labelled = [frame for frame in candidates.frames if place_of(frame) in labels_of]
    ranked = lowest(labelled, count=len(labelled), seed=seed)
    drawn = _drawn(ranked, labels_of, by_label, per_label)
    counts = Counter(label for place in drawn for label in labels_of[place])
    totals = Counter(label for labels in labels_of.values() for label in labels)
    missing = sum(max(per_label - counts[label], 0) for label in by_label)
    job_of = {place: candidates.holders[place][0] for place in drawn}
    sample = sample_of(candidates, job_of, requested=len(drawn) + missing)
    label_draws = tuple(
        LabelDraw(label, requested=per_label, selected=counts[label], total=totals[label])
        for label in sorted(by_label)
    )
    return replace(sample, labels=label_draws)


def _labels_of(
    places: AbstractSet[Place], by_label: Mapping[str, Collection[Place]]
) -> dict[Place, tuple[str, ...]]:
    """The labels on each of the frames that has some, in the order of `by_label`."""
    labels_of: dict[Place, tuple[str, ...]] = {}
    for label, frames in by_label.items():
        for place in frames:
            if place in places:
                labels_of[place] = (*labels_of.get(place, ()), label)
    return labels_of


def _drawn(
    ranked: Sequence[Frame],
    labels_of: Mapping[Place, tuple[str, ...]],
    labels: Iterable[str],
    per_label: int,
) -> set[Place]:
    # Frames with the same labels cost the same, so they are compared once, by the first of them.
    alike: dict[tuple[str, ...], deque[tuple[int, Place]]] = {}  # those that are not drawn
    for rank, frame in enumerate(ranked):
        place = place_of(frame)
        alike.setdefault(labels_of[place], deque()).append((rank, place))
    # Of each label the sets of labels that it is in, by cost and rank of their first frame. Both
    # only grow: an entry that is outdated is renewed when its turn comes.
    waiting: dict[str, list[tuple[int, int, tuple[str, ...]]]] = {label: [] for label in labels}
    totals: Counter[str] = Counter()
    for held, frames in alike.items():
        for label in held:
            waiting[label].append((0, frames[0][0], held))
            totals[label] += len(frames)
    for heap in waiting.values():
        heapq.heapify(heap)
    in_turn = sorted(waiting, key=lambda label: (totals[label], label))
    counts: Counter[str] = Counter()
    drawn: set[Place] = set()
    level = 0
    while level < per_label and any(waiting[label] for label in in_turn):
        level += 1
        for label in in_turn:
            heap = waiting[label]
            while counts[label] < level and heap:
                cost, rank, held = heap[0]
                if not alike[held]:
                    heapq.heappop(heap)
                    continue
                cost_now = sum([counts[other] for other in held]) - counts[label]
                now = cost_now, alike[held][0][0], held
                if now > (cost, rank, held):
                    heapq.heapreplace(heap, now)
                    continue
                drawn.add(alike[held].popleft()[1])
                counts.update(held)
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
