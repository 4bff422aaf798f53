"""Objects in CVAT's form: which are there already, and which of these differ."""

from __future__ import annotations

from typing import Any

import pytest

from cvat.writing.objects import differing, missing


def box(colour: str = "", **more: Any) -> dict[str, Any]:
    attributes = [{"spec_id": 5, "value": colour}] if colour else []
    shape = {"type": "rectangle", "frame": 1, "label_id": 2, "points": [1, 2, 3, 4]}
    return {**shape, "rotation": 0.0, "attributes": attributes, **more}


def lacking(wanted: list[dict[str, Any]], present: list[dict[str, Any]]) -> tuple[int, int]:
    """How many of the wanted ones are not there, and how many of those that are there differ."""
    one, other = {"shapes": wanted}, {"shapes": present}
    return len(missing(one, other)["shapes"]), len(differing(one, other))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"id": 7, "source": "auto", "group": 3, "z_order": 2},
        {"points": [1.001, 2, 3, 4], "rotation": 360.001},
        {"attributes": [{"spec_id": 9, "value": "a default"}]},
    ],
)
def test_equal_ones_are_there(more: dict[str, Any]) -> None:
    assert lacking([box()], [box(**more)]) == (0, 0)


@pytest.mark.parametrize(
    "more", [{"points": [1.1, 2, 3, 4]}, {"rotation": 5}, {"label_id": 3}, {"frame": 2}]
)
def test_in_another_place_it_is_another_one(more: dict[str, Any]) -> None:
    assert lacking([box()], [box(**more)]) == (1, 0)


@pytest.mark.parametrize(
    "more", [{"attributes": []}, {"occluded": True}, {"outside": True}, box("blue")]
)
def test_what_is_said_of_it_differs(more: dict[str, Any]) -> None:
    assert lacking([box("red")], [{**box("red"), **more}]) == (0, 1)


def test_of_several_in_one_place_the_equal_ones_are_taken_first() -> None:
    assert lacking([box("red"), box("blue")], [box("blue"), box("red")]) == (0, 0)
    assert lacking([box("green"), box("blue")], [box("blue"), box("red")]) == (0, 1)
    assert lacking([box("red"), box("red")], [box("red")]) == (1, 0)


def test_the_parts_of_skeletons_are_compared_by_their_labels() -> None:
    def skeleton(*parts: dict[str, Any]) -> dict[str, Any]:
        return box(type="skeleton", points=[], elements=list(parts))

    head, hand = box("red", label_id=10), box("red", label_id=11)
    assert lacking([skeleton(head, hand)], [skeleton(hand, head)]) == (0, 0)
    assert lacking([skeleton(head, hand)], [skeleton({**hand, "occluded": True}, head)]) == (0, 1)
