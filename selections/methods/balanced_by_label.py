"""So many frames of each label, as evenly as the frames allow. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import reduce

import numpy as np

from cvat.types import Frame, Place
from selections.methods.method import Facts, Method, Parameter
from selections.sampling import Amount, Candidates, LabelDraw, Sample, lowest, place_of, sample_of

NO_RANK = 2**62  # after the last one
NEVER = 2**61  # what a kind costs all of whose frames are drawn
MOST_ADDED = 255  # rows whose sum is a byte


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
    labels_of: dict[Place, list[str]] = {place: [] for place in places}
    for label, frames in by_label.items():
        for place in frames:
            if (held := labels_of.get(place)) is not None:
                held.append(label)
    # Frames with the same labels share one tuple: there may be a hundred thousand.
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    pairs = ((place, tuple(labels)) for place, labels in labels_of.items() if labels)
    return {place: known.setdefault(labels, labels) for place, labels in pairs}


class _Kinds:
    """Frames by their labels: those with the same labels cost the same, so they are compared once,
    by the first of them. Labels, kinds and frames are numbers here, by their turns, first ranks
    and ranks. Where nearly all frames have labels of their own there are a hundred thousand kinds,
    of which each draw makes many cost more: so costs are an array."""

    def __init__(
        self,
        ranked: Sequence[Frame],
        labels_of: Mapping[Place, tuple[str, ...]],
        labels: Collection[str],
    ) -> None:
        kinds: dict[tuple[str, ...], int] = {}
        of_rank = [kinds.setdefault(labels_of[place_of(each)], len(kinds)) for each in ranked]
        self._first = np.full(len(kinds), NO_RANK)  # of each kind the first rank not drawn
        self._following = [NO_RANK] * len(ranked)  # of each rank the next one of its kind
        sizes = [0] * len(kinds)
        for rank in range(len(ranked) - 1, -1, -1):
            kind = of_rank[rank]
            self._following[rank], self._first[kind] = int(self._first[kind]), rank
            sizes[kind] += 1
        totals = dict.fromkeys(labels, 0)
        for names, size in zip(kinds, sizes, strict=True):
            for label in names:
                totals[label] += size
        in_turn = sorted(labels, key=lambda each: (totals[each], each))
        turns = {label: turn for turn, label in enumerate(in_turn)}
        self.remaining = [totals[label] for label in in_turn]  # of each label the frames not drawn
        self.counts = [0] * len(in_turn)  # of each label the drawn frames
        self._held = [tuple(map(turns.__getitem__, names)) for names in kinds]  # labels of kinds
        of_label: list[list[int]] = [[] for _ in in_turn]
        for kind, held in enumerate(self._held):
            for turn in held:
                of_label[turn].append(kind)
        self._of_label = [np.array(each, dtype=np.intp) for each in of_label]
        # Of each kind how many drawn frames its labels have together.
        self._costs = np.zeros(len(kinds), dtype=np.int64)
        # Of each label that many kinds have, a 1 for each of these, else a 0: quicker to add.
        self._rows = {
            turn: np.bincount(having, minlength=len(kinds)).astype(np.uint8)
            for turn, having in enumerate(self._of_label)
            if len(having) * 8 > len(kinds)
        }

    def draw_of(self, turn: int) -> int:
        """Draw the frame that goes first of those with a label; returns its rank."""
        having = self._of_label[turn]
        costs = self._costs[having]
        cheapest = having[costs == costs.min()]
        kind = int(cheapest[self._first[cheapest].argmin()])
        rank = int(self._first[kind])
        self._first[kind] = self._following[rank]
        self._count(self._held[kind])
        if self._following[rank] == NO_RANK:
            self._costs[kind] = NEVER
        return rank

    def _count(self, held: Sequence[int]) -> None:
        """Count a drawn frame with these labels."""
        for turn in held:
            self.counts[turn] += 1
            self.remaining[turn] -= 1
            if turn not in self._rows:
                self._costs[self._of_label[turn]] += 1
        rows = [self._rows[turn] for turn in held if turn in self._rows]
        for start in range(0, len(rows), MOST_ADDED):
            self._costs += reduce(np.add, rows[start : start + MOST_ADDED])


def _drawn(kinds: _Kinds, per_label: int) -> set[int]:
    """The ranks of the drawn frames."""
    drawn: set[int] = set()
    level = 0
    while level < per_label and any(kinds.remaining):
        level += 1
        for turn in range(len(kinds.remaining)):
            while kinds.counts[turn] < level and kinds.remaining[turn]:
                drawn.add(kinds.draw_of(turn))
    return drawn


METHOD = Method(
    key="balanced_by_label",
    label="balanced by label",
    short_label="By label",
    description="a number of frames with each label, by what is annotated",
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
