"""Draws that leave out near-duplicates: the search among the hashes, and the method."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvat.types import Frame
from selections import hamming
from selections.hamming import originals
from selections.methods import METHODS
from selections.methods.method import Facts
from selections.sampling import Amount, Candidates, Sample, lowest
from selector.thumbnails.likeness import Likeness

BASES = [0, 0xFFFF_FFFF_FFFF_FFFF, 0x0123_4567_89AB_CDEF, 0xF0F0_F0F0_0F0F_0F0F]
# A few pictures, each with up to 9 bits that differ.
HASHES = st.lists(
    st.builds(
        lambda base, bits: base ^ sum(1 << bit for bit in bits),
        st.sampled_from(BASES),
        st.sets(st.integers(0, 63), max_size=9),
    ),
    max_size=40,
)


def apart(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def one_by_one(hashes: list[int], most: int) -> list[int]:
    """What `originals` finds, in the plainest way."""
    found: list[int] = []
    for place, each in enumerate(hashes):
        kept = [other for other in range(place) if found[other] == other]
        alike = [other for other in kept if apart(hashes[other], each) <= most]
        found.append(min(alike, default=place))
    return found


@pytest.mark.parametrize("pairwise", [2, 8, 1024])
@given(hashes=HASHES, most=st.integers(0, 16))
def test_the_search_finds_what_comparing_all_pairs_finds(
    pairwise: int, hashes: list[int], most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hamming, "COMPARED_PAIRWISE", pairwise)
        patch.setattr(hamming, "PAIRS_AT_ONCE", 5)
        found = originals(np.array(hashes, dtype=np.uint64), most).tolist()
    assert found == one_by_one(hashes, most)


def drawn(
    hashes: list[int | None], *, most: int = 6, count: int = 100, seed: int = 1
) -> tuple[Sample, list[Frame]]:
    frames = [Frame(5, 1, number, f"{number}.jpg", 9, 9) for number in range(len(hashes))]
    known = {
        (5, number): Likeness(each, b"") for number, each in enumerate(hashes) if each is not None
    }
    facts = Facts(read_likeness=lambda _: known)
    amount = Amount(count, settings={"max_hash_distance": most})
    method = METHODS["no_near_duplicates"]
    return method.draw(Candidates({1: frames}), amount, seed, facts), frames


@given(HASHES, st.integers(0, 16), st.integers(0, 100))
def test_no_two_frames_drawn_are_alike_and_each_left_out_is_like_one_of_them(
    hashes: list[int], most: int, seed: int
) -> None:
    sample, _ = drawn(hashes, most=most, seed=seed)
    chosen = {frame.frame for frame in sample.frames}
    assert all(apart(hashes[one], hashes[two]) > most for one, two in combinations(chosen, 2))
    assert {each.frame.frame for each in sample.near_duplicates} == set(range(len(hashes))) - chosen
    for each in sample.near_duplicates:
        assert each.other.frame in chosen
        assert each.distance == apart(hashes[each.frame.frame], hashes[each.other.frame]) <= most
    distances = [each.distance for each in sample.near_duplicates]
    assert distances == sorted(distances, reverse=True)
    assert [job.near_duplicates for job in sample.jobs] == [len(distances)]


def test_the_frame_of_the_lowest_rank_stays() -> None:
    sample, frames = drawn([7] * 30, seed=3)
    assert [frame.frame for frame in sample.frames] == [lowest(frames, count=1, seed=3)[0].frame]


@given(HASHES, st.integers(1, 20))
def test_more_frames_contain_those_of_fewer(hashes: list[int], count: int) -> None:
    fewer, more = drawn(hashes, count=count)[0], drawn(hashes, count=count + 1)[0]
    assert set(fewer.frames) <= set(more.frames)
    assert fewer.near_duplicates == more.near_duplicates


def test_frames_without_a_picture_are_not_left_out() -> None:
    sample, _ = drawn([None, None, 1, 1])
    assert len(sample.frames) == 3
    assert sample.unseen == 2


def varied(colours: Mapping[int, int], count: int, seed: int = 1) -> list[int]:
    frames = [Frame(5, 1, number, f"{number}.jpg", 9, 9) for number in range(10)]
    known = {(5, number): Likeness(0, bytes([each] * 48)) for number, each in colours.items()}
    facts = Facts(read_likeness=lambda _: known)
    sample = METHODS["most_varied"].draw(Candidates({1: frames}), Amount(count), seed, facts)
    assert sample.unseen == 10 - len(colours)
    return [frame.frame for frame in sample.frames]


def test_the_most_varied_are_the_farthest_from_one_another() -> None:
    """Whichever is the first: of three groups, one of each."""
    colours = {0: 0, 1: 1, 2: 2, 3: 100, 4: 101, 5: 102, 6: 253, 7: 254, 8: 255}
    for seed in range(20):
        groups = [number // 3 for number in varied(colours, 3, seed)]
        assert groups == [0, 1, 2]


def test_pictures_that_are_all_the_same_are_drawn_once_each() -> None:
    assert varied(dict.fromkeys(range(10), 7), 10) == list(range(10))
    assert varied(dict.fromkeys(range(4), 7), 10) == list(range(4))
    assert varied({}, 3) == []
