"""Finds near-duplicates among hashes: those that differ in a few bits only. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Places = NDArray[np.int32]

BITS = 64
FEWEST_BANDS = 4  # of 16 bits each: narrower than that, the index of a band is small
COMPARED_PAIRWISE = 1024  # hashes, without an index
PAIRS_AT_ONCE = 1 << 16  # so that all that is computed of them stays in the cache


def originals(hashes: Hashes, most: int) -> Places:
    """For each hash the place of the first one before it that is distinct and differs from it in at
    most `most` bits; its own place if there is none: then it is distinct itself.

    Hashes that differ in d bits have, of d // 2 + 1 bands of their bits, at least one in which they
    differ in one bit or none, and of d + 1 bands one in which they do not differ: so only hashes
    with such a band are compared.
    """
    places = np.arange(len(hashes), dtype=np.int32)
    _Search(hashes, most, places).solve(places.copy())
    return places


class _Search:
    def __init__(self, hashes: Hashes, most: int, originals: Places) -> None:
        self._hashes = hashes
        self._most = most
        self._originals = originals
        # Neighbouring bits are often alike: each band has bits from all over the picture.
        bands = max(most // 2 + 1, FEWEST_BANDS)
        self._most_in_band = most // bands  # 0 or 1
        bits = np.unpackbits(hashes.astype(">u8").view(np.uint8).reshape(-1, 8), axis=1)
        self._bands = [_numbers(bits[:, band::bands]) for band in range(bands)]
        self._widths = [len(range(band, BITS, bands)) for band in range(bands)]

    def solve(self, places: Places) -> Places:
        """Find the originals of these places, ascending; returns those that are distinct."""
        if len(places) <= COMPARED_PAIRWISE:
            return self._solve_pairwise(places)
        half = len(places) // 2
        distinct, others = self.solve(places[:half]), places[half:]
        first = self._first_alike(distinct, others)
        is_alike = first < len(self._hashes)
        self._originals[others[is_alike]] = first[is_alike]
        return np.concatenate([distinct, self.solve(others[~is_alike])])

    def _solve_pairwise(self, places: Places) -> Places:
        hashes = self._hashes[places]
        alike = np.bitwise_count(hashes[:, None] ^ hashes[None, :]) <= self._most
        first = np.arange(len(places))
        for place in np.flatnonzero(alike.sum(axis=1) > 1):
            if first[place] == place:
                later = np.flatnonzero(alike[place, place + 1 :]) + place + 1
                later = later[first[later] == later]
                first[later] = place
        self._originals[places] = places[first]
        distinct: Places = places[first == np.arange(len(places))]
        return distinct

    def _first_alike(self, distinct: Places, others: Places) -> Places:
        """Of each of the others the first of the distinct places that is alike; the number of
        hashes if none is."""
        first = np.full(len(others), len(self._hashes), np.int32)
        for band, width in zip(self._bands, self._widths, strict=True):
            by_band = distinct[np.argsort(band[distinct], kind="stable")]
            hashes = self._hashes[by_band]
            starts = np.searchsorted(band[by_band], np.arange((1 << width) + 1)).astype(np.int32)
            flipped = (0, *(1 << bit for bit in range(width * self._most_in_band)))
            wanted = (np.array(flipped, np.int32)[:, None] ^ band[others]).ravel()
            asking = np.tile(self._hashes[others], len(flipped))
            for block in _blocks(starts[wanted], starts[wanted + 1]):
                differ = np.repeat(asking[block.rows], block.counts) ^ hashes[block.candidates]
                alike = np.flatnonzero(np.bitwise_count(differ) <= self._most)
                if len(alike):
                    compared = by_band[block.candidates[alike]]
                    np.minimum.at(first, block.row_of(alike) % len(others), compared)
        return first


class _Block(NamedTuple):
    """Pairs of a row with each of its candidates: `counts` candidates for each of the rows."""

    rows: slice
    counts: Places
    candidates: Places

    def row_of(self, pairs: NDArray[np.intp]) -> NDArray[np.intp]:
        ends = np.cumsum(self.counts)
        rows: NDArray[np.intp] = self.rows.start + np.searchsorted(ends, pairs, side="right")
        return rows


def _numbers(bits: NDArray[np.uint8]) -> Places:
    """Each row of bits as a number."""
    numbers: Places = bits @ (1 << np.arange(bits.shape[1], dtype=np.int32)[::-1])
    return numbers


def _blocks(starts: Places, ends: Places) -> Iterator[_Block]:
    """All rows with the numbers from start to before end as candidates, in blocks of about
    PAIRS_AT_ONCE pairs."""
    counts = ends - starts
    totals = np.cumsum(counts, dtype=np.int64)
    row = 0
    while row < len(counts):
        before = totals[row - 1] if row else 0
        stop = max(int(np.searchsorted(totals, before + PAIRS_AT_ONCE, side="right")), row + 1)
        of_rows = counts[row:stop]
        # Numbers that go up by one, moved to where those of each row begin.
        begin = starts[row:stop] - (totals[row:stop] - of_rows - before).astype(np.int32)
        numbers = np.arange(totals[stop - 1] - before, dtype=np.int32)
        yield _Block(slice(row, stop), of_rows, np.repeat(begin, of_rows) + numbers)
        row = stop
