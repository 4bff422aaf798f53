"""Masks of COCO, whose runs go column by column through the picture, as masks of CVAT."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from publishing.readers.reading import BadValue, mask, whole

MOST_PIXELS = 2**26  # of a picture, 67 million


def from_coco(drawn: dict[str, Any]) -> list[float]:
    """The points of the mask in CVAT, of `counts` as a list or as compressed text. Raises
    BadValue."""
    size = drawn.get("size")
    if not isinstance(size, list) or len(size) != 2:
        raise BadValue("their mask has no size")
    height, width = (whole(each) for each in size)
    if not 0 < height * width <= MOST_PIXELS or height < 1:
        raise BadValue("their mask is larger than any picture, or empty")
    given = drawn.get("counts")
    if isinstance(given, str):
        counts = list(_uncompressed(given))
    elif isinstance(given, list):
        counts = [whole(each) for each in given]
    else:
        raise BadValue("their mask has no counts")
    if min(counts, default=-1) < 0 or sum(counts) != height * width:
        raise BadValue("the runs of their mask do not fill it")
    bits = np.arange(len(counts)) % 2 == 1
    pixels = np.repeat(bits, counts).reshape(width, height).T
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if not len(rows):
        raise BadValue("their mask is empty")
    y, x = int(rows[0]), int(columns[0])
    box = pixels[y : int(rows[-1]) + 1, x : int(columns[-1]) + 1]
    return mask(_runs(box.ravel()), x, y, box.shape[1], box.shape[0])


def _runs(pixels: Any) -> list[int]:
    """The lengths of the runs, the first one of background."""
    edges = np.flatnonzero(np.diff(pixels)) + 1
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
            raise BadValue("the compressed runs of their mask cannot be read")
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
        raise BadValue("the compressed runs of their mask end too early")
