"""Objects of a frame before and after: the same, changed, new, removed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvat import differences as differences_module
from cvat.annotations import Label, Shape
from cvat.differences import PairLimit, differences

CAR, VAN, PERSON = (Label(number, name) for number, name in enumerate(("car", "van", "person"), 1))


def box(x: float, label: Label = CAR, *, width: float = 10, **more: Any) -> Shape:
    return Shape("rectangle", label, 0, (x, 0, x + width, 10), **more)


def counts(before: list[Shape], after: list[Shape]) -> dict[str, int]:
    between = differences(before, after)
    named = {key: len(getattr(between, key)) for key in ("same", "changed", "new", "removed")}
    return {key: count for key, count in named.items() if count}


def test_equal_objects_are_the_same_in_any_order() -> None:
    other_car = Label(77, "car")  # of another task
    assert counts([box(0), box(50)], [box(50, other_car), box(0, id=9)]) == {"same": 2}


def test_of_two_equal_objects_one_may_be_new() -> None:
    assert counts([box(0)], [box(0), box(0)]) == {"same": 1, "new": 1}


def test_a_moved_object_is_changed() -> None:
    assert counts([box(0)], [box(4)]) == {"changed": 1}


def test_one_that_is_far_away_is_another() -> None:
    assert counts([box(0)], [box(8)]) == {"new": 1, "removed": 1}


def test_the_nearest_is_matched() -> None:
    between = differences([box(0), box(5)], [box(3.5), box(4)])
    moved = [(one.points[0], other.points[0]) for one, other in between.changed]
    assert moved == [(5, 4), (0, 3.5)]


def test_all_frames_of_a_comparison_have_one_limit() -> None:
    """A frame for which too little of it is left is matched by places alone, and a smaller one
    after it in full."""
    limit = PairLimit(5)
    frames = [([box(0), box(50)], [box(4), box(50), box(14)])] * 3  # 1 x 2 pairs that are not equal
    frames += [([box(0)], [box(4)])]
    between = [differences(before, after, limit) for before, after in frames]
    assert [each.by_place_alone for each in between] == [False, False, True, False]
    assert [len(each.changed) for each in between] == [1, 1, 0, 1]
    assert [len(each.same) for each in between] == [1, 1, 1, 0]
    assert [len(each.removed) for each in between] == [0, 0, 1, 0]


def test_objects_that_are_far_apart_use_up_nothing_of_the_limit() -> None:
    limit = PairLimit(3)
    row = [box(100 * number) for number in range(20)]
    between = differences(row, [box(100 * number + 2) for number in range(20)], PairLimit(20))
    assert (len(between.changed), between.by_place_alone) == (20, False)
    assert differences(row, [box(9000)], limit).by_place_alone is False
    assert limit.remaining == 3
    below = Shape("rectangle", CAR, 0, (0, 100, 10, 110))  # in the same column
    assert differences([box(0)] * 4, [below] * 4, limit).by_place_alone is False
    assert limit.remaining == 3


def test_pairs_that_are_only_in_one_column_have_a_limit_of_their_own() -> None:
    below = Shape("rectangle", CAR, 0, (0, 100, 10, 110))
    limit = PairLimit(in_columns=5)
    between = [differences([box(0)] * 2, [below] * 2, limit) for _ in range(2)]
    assert [each.by_place_alone for each in between] == [False, True]
    assert limit.in_columns == 1
    assert differences([box(0)], [box(4)], limit).by_place_alone is False


NUMBERS = st.integers(0, 60).map(lambda number: number / 2)
SHAPES = st.builds(
    lambda kind, label, x, y, wide, high, turned: Shape(
        kind,
        label,
        0,
        (x, y) if kind == "points" else (x, y, x + wide, y + high),
        rotation=turned,
    ),
    st.sampled_from(["rectangle", "points", "polyline"]),
    st.sampled_from([CAR, VAN]),
    *[NUMBERS] * 4,
    st.sampled_from([0.0, 30.0]),
)


@given(st.lists(SHAPES, max_size=12), st.lists(SHAPES, max_size=12))
def test_looking_at_near_ones_alone_changes_nothing(
    before: list[Shape], after: list[Shape]
) -> None:
    """As when each object is compared with every other one."""
    near = differences(before, after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differences_module._Row, "near", lambda row, _: row._boxes)
        assert differences(before, after) == near


def test_another_label_in_the_same_place_is_a_change() -> None:
    assert counts([box(0)], [box(0, VAN)]) == {"changed": 1}
    assert counts([box(0)], [box(4, VAN)]) == {"new": 1, "removed": 1}


@pytest.mark.parametrize(
    "more", [{"attributes": (("colour", "red"),)}, {"is_occluded": True}, {"rotation": 20.0}]
)
def test_what_is_said_of_an_object_may_change(more: dict[str, Any]) -> None:
    assert counts([box(0)], [box(0, **more)]) == {"changed": 1}


def test_who_made_it_is_no_change() -> None:
    assert counts([box(0)], [box(0, source="auto", group=3, is_tracked=True)]) == {"same": 1}


def test_points_are_matched_by_their_distance() -> None:
    def point(x: float) -> Shape:
        return Shape("points", CAR, 0, (x, 5.0))

    assert counts([point(0)], [point(15)]) == {"changed": 1}
    assert counts([point(0)], [point(25)]) == {"new": 1, "removed": 1}


def test_kinds_are_not_mixed() -> None:
    ellipse = Shape("ellipse", CAR, 0, (5, 5, 10, 0))
    assert counts([box(0)], [ellipse]) == {"new": 1, "removed": 1}


def test_tags_are_matched_by_their_label() -> None:
    tags = [Shape("tag", label, 0) for label in (CAR, PERSON)]
    assert counts(tags, [tags[1]]) == {"same": 1, "removed": 1}


def test_the_parts_of_a_skeleton_have_no_order() -> None:
    def skeleton(*xs: float) -> Shape:
        parts = tuple(Shape("points", PERSON, 0, (x, 0.0)) for x in xs)
        return Shape("skeleton", CAR, 0, elements=parts)

    assert counts([skeleton(0, 9)], [skeleton(9, 0)]) == {"same": 1}
    assert counts([skeleton(0, 9)], [skeleton(0, 10)]) == {"changed": 1}
