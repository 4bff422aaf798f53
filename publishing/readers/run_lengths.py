"""Masks of COCO, whose runs go column by column through the picture, as masks of CVAT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from publishing.readers.reading import BadValue, Reading, mask, whole

MOST_PIXELS = 2**26  # of a picture, 67 million
# Of a mask in CVAT. A few columns of COCO can be one for each pixel there, which takes gigabytes.
MOST_RUNS = 1_000_000


def from_coco(drawn: dict[str, Any], reading: Reading) -> list[float]:
    """The points of the mask in CVAT, of `counts` as a list or as compressed text. Raises
    BadValue, BadFile."""
    size = drawn.get("size")
    if not isinstance(size, list) or len(size) != 2:
        raise BadValue("the mask has no size")
    height, width = (whole(each) for each in size)
    if not 0 < height * width <= MOST_PIXELS or height < 1:
        raise BadValue("the mask is larger than any picture, or empty")
    given = drawn.get("counts")
    if isinstance(given, str):
        counts = list(_uncompressed(given))
    elif isinstance(given, list):
        counts = [whole(each) for each in given]
    else:
        raise BadValue("the mask has no counts")
    if min(counts, default=-1) < 0 or sum(counts) != height * width:
        raise BadValue("the runs of the mask do not fill it")
    x, columns = _columns(counts, height, reading)
    rows = np.flatnonzero(columns.any(axis=0))
    y = int(rows[0])
    box = columns[:, y : int(rows[-1]) + 1].T
    return mask(_runs(box.ravel()), x, y, box.shape[1], box.shape[0])


def _columns(counts: Sequence[int], height: int, reading: Reading) -> tuple[int, Any]:
    """The first column that the mask covers, and the pixels from there to the last one, a row for
    each column: most masks cover a small part of their picture. Raises BadValue, BadFile."""
    bits = np.arange(len(counts)) % 2 == 1
    ends = np.cumsum(counts)
    covering = np.flatnonzero(bits & (np.asarray(counts) > 0))
    if not len(covering):
        raise BadValue("the mask is empty")
    first, last = int(covering[0]), int(covering[-1])
    x, end = int(ends[first] - counts[first]) // height, (int(ends[last]) - 1) // height + 1
    reading.take_pixels((end - x) * height)
    inside = np.diff(np.clip(ends, x * height, end * height), prepend=x * height)
    return x, np.repeat(bits, inside).reshape(end - x, height)


def _runs(pixels: Any) -> list[int]:
    """The lengths of the runs, the first one of background. Raises BadValue."""
    changes = np.diff(pixels)
    if np.count_nonzero(changes) > MOST_RUNS:
        raise BadValue(f"the mask has more than {MOST_RUNS:,} runs")
    edges = np.flatnonzero(changes) + 1
    bounds = [0, *edges.tolist(), len(pixels)]
    lengths = [end - start for start, end in pairwise(bounds)]
    return [0, *lengths] if pixels[0] else lengths


def _uncompressed(text: str) -> Iterator[int]:
    """The counts of COCO's compressed form: groups of six bits from “0” on, of which the highest
    says that another one follows; from the third count on, the difference to the one before the
    last. Raises BadValue."""
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise BadValue("the compressed runs of the mask cannot be read")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
        yield counts[-1]
    if shift:
        raise BadValue("the compressed runs of the mask end too early")
