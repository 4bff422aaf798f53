"""How long the ZIP of a publication will be, from its first pictures."""

from __future__ import annotations

import random

import pytest

from publishing.services.packed_file import LARGEST_MARGIN, Foresight


def foreseen(sizes: list[int], count: int) -> int | None:
    foresight = Foresight(len(sizes), empty=1000)
    for size in sizes[:count]:
        foresight.add(size)
    return foresight.length()


@pytest.mark.parametrize(("total", "count"), [(1000, 49), (40, 40), (2000, 99), (60, 60)])
def test_too_few_pictures_and_the_last_one_say_nothing(total: int, count: int) -> None:
    assert foreseen([500] * total, count) is None


def test_equal_pictures_need_little_more_than_their_length() -> None:
    assert foreseen([500] * 1000, 50) == pytest.approx(1000 + 500_000 * 1.02, rel=0.002)


@pytest.mark.parametrize("seed", range(20))
def test_photographs_of_one_kind_stay_below_it(seed: int) -> None:
    numbers = random.Random(seed)
    sizes = [int(numbers.gauss(400_000, 60_000)) for _ in range(3000)]
    length = foreseen(sizes, 150)
    assert length is not None
    assert 1000 + sum(sizes) <= length <= 1000 + sum(sizes) * (1 + LARGEST_MARGIN)


def test_very_different_pictures_say_nothing_yet() -> None:
    sizes = [1_000_000 if number % 20 == 0 else 1_000 for number in range(3000)]
    assert foreseen(sizes, 150) is None
