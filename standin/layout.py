"""How CVAT cuts a task into jobs. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Honeypots:
    """The frames of a task with a ground-truth pool (cvat-api 8.2).

    `order[t]` is the position of the uploaded image shown as task frame t, `segments` the
    annotation jobs, `pool` the task frames of the ground-truth job, `real` maps every honeypot
    to the pool frame it copies.
    """

    order: list[int] = field(default_factory=list)
    segments: list[range] = field(default_factory=list)
    pool: range = range(0)
    real: dict[int, int] = field(default_factory=dict)


def segments(size: int, segment_size: int, overlap: int) -> list[range]:
    """The task frames of each annotation job, in order (cvat-api 5.7)."""
    starts = range(0, max(size - overlap, 1), max(segment_size - overlap, 1))
    return [range(start, min(start + segment_size, size)) for start in starts]


def default_chunk_size(width: int, height: int) -> int:
    """Of images, and of videos that are cut into them; other videos have 36 (cvat-api 7.14)."""
    return max(2, min(72, 36 * 1920 * 1080 // max(1, width * height)))


def honeypots(
    count: int, pool: int | Sequence[int], per_job: int, segment_size: int, seed: int
) -> Honeypots:
    """Shuffle `count` images into jobs of `segment_size` plus `per_job` pool copies each. `pool` is
    how many images are in the pool, or which ones."""
    rng = random.Random(seed)
    positions = list(range(count))
    rng.shuffle(positions)
    validation = sorted(positions[:pool] if isinstance(pool, int) else pool)
    rest = [position for position in positions if position not in set(validation)]
    pool = len(validation)
    layout = Honeypots()
    drawn: dict[int, int] = {}
    for begin in range(0, len(rest), segment_size):
        block: list[tuple[int, int | None]] = [
            (position, None) for position in rest[begin : begin + segment_size]
        ]
        for chosen in rng.sample(range(pool), min(per_job, pool)):
            block.insert(rng.randrange(len(block) + 1), (validation[chosen], chosen))
        first = len(layout.order)
        for offset, (position, chosen_or_none) in enumerate(block):
            layout.order.append(position)
            if chosen_or_none is not None:
                drawn[first + offset] = chosen_or_none
        layout.segments.append(range(first, len(layout.order)))
    layout.pool = range(len(layout.order), len(layout.order) + pool)
    layout.order.extend(validation)
    layout.real = {frame: layout.pool.start + chosen for frame, chosen in drawn.items()}
    return layout
