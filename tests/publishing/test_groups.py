"""Numbers of groups in a task that has groups of its own."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from cvat.annotations import JobAnnotations, Label, Shape, Track
from cvat.differences import Pair
from publishing.groups import numbers_apart, of_job, same_groups

NUMBERS = st.sets(st.integers(1, 9))
CAR = Label(1, "car")


def grouped(group: int, *elements: Shape) -> Shape:
    return Shape("rectangle", CAR, 0, group=group, elements=elements)


def pairs(*groups: tuple[int, int]) -> Iterator[Pair]:
    """Objects of these groups before and after."""
    for before, after in groups:
        yield grouped(before), grouped(after)


@given(NUMBERS, NUMBERS, st.dictionaries(st.integers(1, 9), st.integers(1, 9)))
def test_no_group_joins_another_one(own: set[int], used: set[int], known: dict[int, int]) -> None:
    same = {group: number for number, group in known.items() if number in used}
    numbers = numbers_apart(own, used, same)
    assert numbers.keys() == own
    assert len(set(numbers.values())) == len(own)
    for group, number in numbers.items():
        assert number == same[group] if group in same else number not in used


def test_a_group_keeps_its_number_where_it_is_free() -> None:
    assert numbers_apart({1, 2, 7}, {1, 3}) == {1: 4, 2: 2, 7: 7}


def test_groups_are_the_same_by_the_objects_that_they_have_in_common() -> None:
    common = pairs((5, 1), (5, 1), (6, 1), (6, 2), (0, 3), (7, 0))
    assert same_groups(common) == {1: 5, 2: 6}


def test_a_group_that_was_divided_stays_two() -> None:
    assert same_groups(pairs((5, 1), (5, 2), (5, 2))) == {2: 5}


def test_the_groups_of_a_job_are_those_of_objects_tracks_and_parts() -> None:
    part = Track(2, CAR, (grouped(4),))
    annotations = JobAnnotations(
        shapes=[grouped(1, grouped(2)), grouped(0), grouped(-1)],
        tracks=[Track(1, CAR, (grouped(3),), elements=(part,))],
    )
    assert of_job(annotations) == {1, 2, 3, 4}
