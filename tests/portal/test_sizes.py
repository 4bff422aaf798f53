"""Sizes of files in words."""

from __future__ import annotations

import pytest

from portal.sizes import size_in_words


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (340_400, "340.4 kB"),
        (999_990, "1 MB"),
        (2_500_000, "2.5 MB"),
        (100_000_000_000, "100 GB"),
        (3_200_000_000_000, "3.2 TB"),
    ],
)
def test_powers_of_a_thousand(length: int, words: str) -> None:
    assert size_in_words(length) == words
