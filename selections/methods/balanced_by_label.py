"""So many frames of each label, as evenly as the frames allow. Pure."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from cvat.types import Frame, Place
from selections.methods.method import Facts, Method, Parameter
from selections.sampling import Amount, Candidates, LabelDraw, Sample, lowest, place_of, sample_of


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
    ranks = _drawn(_Kinds(ranked, labels_of, by_label.keys()), per_label)
    drawn = {place_of(ranked[rank]) for rank in ranks}
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
    labels_of: dict[Place, list[str]] = {}
    for label, frames in by_label.items():
        for place in frames:
            if place in places:
                labels_of.setdefault(place, []).append(label)
    # Frames with the same labels share one tuple: there may be a hundred thousand.
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    held = ((place, tuple(labels)) for place, labels in labels_of.items())
    return {place: known.setdefault(labels, labels) for place, labels in held}


class _Kinds:
    """Frames by their labels: those with the same labels cost the same, so they are compared once,
    by the first of them. Labels and frames are numbers here, by their turns and ranks: where nearly
    all frames have labels of their own, each is compared many times."""

    def __init__(
        self,
        ranked: Sequence[Frame],
        labels_of: Mapping[Place, tuple[str, ...]],
        labels: Collection[str],
    ) -> None:
        kinds: dict[tuple[str, ...], int] = {}
        self.of_rank = [kinds.setdefault(labels_of[place_of(each)], len(kinds)) for each in ranked]
        self.first = [len(ranked)] * len(kinds)  # of each kind the first rank that is not drawn
        self._following = [0] * len(ranked)  # of each rank the next one of its kind
        sizes = [0] * len(kinds)
        for rank in range(len(ranked) - 1, -1, -1):
            kind = self.of_rank[rank]
            self._following[rank], self.first[kind] = self.first[kind], rank
            sizes[kind] += 1
        totals = dict.fromkeys(labels, 0)
        for names, size in zip(kinds, sizes, strict=True):
            for label in names:
                totals[label] += size
        turns = {
            label: turn
            for turn, label in enumerate(sorted(labels, key=lambda each: (totals[each], each)))
        }
        # Of each kind its labels.
        self.held = [tuple(map(turns.__getitem__, names)) for names in kinds]
        # Of each label the first ranks of the kinds that have it, ascending.
        self.of_label: list[list[int]] = [[] for _ in turns]
        for kind, held in enumerate(self.held):
            for turn in held:
                self.of_label[turn].append(self.first[kind])

    def draw_first(self, kind: int) -> None:
        self.first[kind] = self._following[self.first[kind]]


def _drawn(kinds: _Kinds, per_label: int) -> set[int]:
    """The ranks of the drawn frames."""
    size = len(kinds.of_rank)
    # Of each label a heap of its kinds, each as one number of the cost and the rank of its first
    # frame. Both only grow: a number that is outdated is renewed when its turn comes.
    waiting = kinds.of_label
    counts = [0] * len(waiting)
    drawn: set[int] = set()
    level = 0
    while level < per_label and any(waiting):
        level += 1
        for turn, heap in enumerate(waiting):
            while counts[turn] < level and heap:
                kind = kinds.of_rank[heap[0] % size]
                held, rank = kinds.held[kind], kinds.first[kind]
                if rank == size:
                    heapq.heappop(heap)
                    continue
                cost = sum(map(counts.__getitem__, held)) - counts[turn]
                if (now := cost * size + rank) > heap[0]:
                    heapq.heapreplace(heap, now)
                    continue
                drawn.add(rank)
                kinds.draw_first(kind)
                for other in held:
                    counts[other] += 1
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
