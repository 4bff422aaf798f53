"""What a format says of attributes is so: its files, or the paths of its pictures, are others if an
attribute that it has a place for has another value, and the same for all other attributes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvat.annotations import MASK, SKELETON, TAG, Attribute, Label, Shape
from selections.formats import FORMATS
from selections.formats.format import ELEMENT
from tests.selections.format_files import written_in_place

# Of each attribute two values that all formats take.
VALUES = {
    "text": ("word", "name"),
    "index": ("7", "1"),
    "center": ("1.5 2.5", "3.5 2.5"),
    "color": ("11 22 33", "44 55 66"),
    "blur": ("1", "2"),
    "expression": ("1", "2"),
    "illumination": ("1", "2"),
    "invalid": ("1", "2"),
    "person_id": ("5", "6"),
    "camera_id": ("1", "2"),
    "frame_id": ("8", "9"),
    "query": ("true", "false"),
    "positive_pairs": ("a", "b"),
    "negative_pairs": ("a", "b"),
    "truncated": ("true", "false"),
    "is_crowd": ("false", "true"),
    "is_group_of": ("true", "false"),
    "is_depiction": ("1", "0"),
    "is_inside": ("true", "false"),
    "score": ("0.5", "0.25"),
    "predicted_iou": ("0.5", "0.25"),
    "ignored": ("true", "false"),
    "visibility": ("0.5", "0.25"),
    "brand": ("1", "2"),
}
ATTRIBUTES = tuple(
    Attribute(n, name, False, "checkbox" if name == "truncated" else "text", "")
    for n, name in enumerate(VALUES)
)
POINT = Label(2, "nose", attributes=ATTRIBUTES)
LABEL = Label(1, "market-1501", attributes=ATTRIBUTES)
BODY = Label(3, "body", type=SKELETON, attributes=ATTRIBUTES, sublabels=(POINT,))
POINTS = {
    "rectangle": (2, 2, 20, 20),
    "polygon": (2, 2, 20, 2, 20, 20),
    "polyline": (2, 2, 20, 2),
    "points": (2, 2),
    "ellipse": (10, 10, 20, 5),
    "cuboid": (2, 2, 2, 9, 9, 2, 9, 9, 12, 2, 12, 9, 5, 2, 5, 9),
    MASK: (0, 16, 2, 2, 5, 5),
    TAG: (),
}
CASES = [*POINTS, SKELETON, ELEMENT]


def values_with(changed: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, values[name == changed]) for name, values in VALUES.items())


def objects(case: str, changed: str) -> list[Shape]:
    """An object whose attribute `changed` has its second value, and one that is always the same."""
    if case in POINTS:
        one, other = (
            Shape(case, LABEL, 0, POINTS[case], attributes=values_with(each))
            for each in (changed, "index")
        )
        return [one] if case == TAG else [one, other]
    of_point = case != SKELETON
    point = Shape("points", POINT, 0, (3, 3), attributes=values_with(changed if of_point else ""))
    own = values_with("" if of_point else changed)
    return [Shape(SKELETON, BODY, 0, attributes=own, elements=(point,))]


@pytest.mark.parametrize("key", list(FORMATS))
def test_files_depend_on_the_attributes_that_have_a_place(key: str, tmp_path: Path) -> None:
    form = FORMATS[key]

    def files(case: str, changed: str) -> object:
        picture = {"000001.jpg": objects(case, changed)}
        result, paths = written_in_place(key, picture, tmp_path, LABEL, BODY)
        return result.files, paths

    for case in CASES:
        if form.unsupported_reason(objects(case, "")[0]):
            continue
        plain = files(case, "")
        changing = {name for name in VALUES if files(case, name) != plain}
        assert changing == {name for name in VALUES if form.holds_attribute(case, name)}, case
