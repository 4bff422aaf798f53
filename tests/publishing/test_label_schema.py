"""Labels written as in CVAT's raw view: what is taken, and what is wrong in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from publishing.label_schema import BadSchema, checked, parsed
from tests.recorded import FOLDER


def attribute(**values: Any) -> dict[str, Any]:
    return {"name": "car", "attributes": [{"name": "a", **values}]}


def skeleton(**values: Any) -> dict[str, Any]:
    """As CVAT answers it: with ids, by which its drawing names its points."""
    return {
        "id": 7,
        "name": "person",
        "type": "skeleton",
        "sublabels": [
            {"id": 8, "name": "head", "type": "points"},
            {"id": 9, "name": "left & right", "type": "points"},
        ],
        "svg": '<circle data-label-id="8"/><circle data-label-id="9"/>',
        **values,
    }


def test_the_raw_view_of_cvat_is_taken_without_its_ids() -> None:
    given = [
        {
            "name": "car",
            "id": 3,
            "color": "#33AA7f",
            "type": "rectangle",
            "attributes": [
                {
                    "id": 4,
                    "name": "colour",
                    "input_type": "select",
                    "mutable": True,
                    "values": ["red", "blue"],
                    "default_value": "blue",
                },
                {"name": "kind", "input_type": "radio", "values": ["a", "b"]},
                {"name": "parked", "input_type": "checkbox", "default_value": False},
                {"name": "speed", "input_type": "number", "values": [0, 9, 1]},
                {"name": "plate", "input_type": "text"},
            ],
        },
        skeleton(),
    ]
    car, person = parsed(json.dumps(given))
    assert (car["name"], car["color"], car["type"], "id" in car) == (
        "car",
        "#33AA7f",
        "rectangle",
        False,
    )
    defaults = {each["name"]: each["default_value"] for each in car["attributes"]}
    assert defaults == {
        "colour": "blue",
        "kind": "a",
        "parked": "false",
        "speed": "0",
        "plate": "",
    }
    assert car["attributes"][3]["values"] == ["0", "9", "1"]
    assert [part["name"] for part in person["sublabels"]] == ["head", "left & right"]
    assert person["svg"] == (
        '<circle data-label-name="head"/><circle data-label-name="left & right"/>'
    )
    assert checked([car, person]) == (car, person)  # what is stored is taken again


def test_a_recorded_skeleton_is_taken() -> None:
    """Its points were made without a type, which CVAT answers as “any”."""
    answered = json.loads((FOLDER / "annotated" / "project" / "labels.json").read_text())
    [sent] = [each for each in checked(answered["results"]) if each["type"] == "skeleton"]
    assert [part["type"] for part in sent["sublabels"]] == ["any", "any", "any"]


def test_spaces_around_names_and_values_are_left_out_as_by_cvat() -> None:
    [label] = checked(
        [
            {
                "name": " car ",
                "attributes": [{"name": "a ", "input_type": "radio", "values": [" x", "y"]}],
            }
        ]
    )
    [read] = label["attributes"]
    assert (label["name"], read["name"], read["values"]) == ("car", "a", ["x", "y"])
    assert read["default_value"] == "x"
    with pytest.raises(BadSchema, match="Two labels are called “car”"):
        checked([{"name": "car"}, {"name": "car "}])


WRONG = [
    ({"name": "car"}, "list in square brackets"),
    ([], "Name at least one label"),
    (["car"], "An object in braces is needed as label 1"),
    ([{"title": "car"}], "The name of label 1 is a text of 1 to 64 characters"),
    ([{"name": "x" * 65}], "1 to 64 characters"),
    ([{"name": "car"}, {"name": "car"}], "Two labels are called “car”"),
    ([{"name": "car", "shape": "box"}], "CVAT knows no 'shape' of “car”"),
    ([{"name": "car", "type": "circle"}], "The type of “car” (label 1) is 'circle'"),
    ([{"name": "car", "color": "red"}], "written like #33aa7f"),
    ([attribute(input_type="list")], "The input_type of “a” (attribute 1 of “car” (label 1))"),
    ([attribute(input_type="select")], "no values to choose from"),
    ([attribute(input_type="select", values=["1"], default_value="2")], "is none of its values"),
    ([attribute(input_type="radio", values=["1", "1"])], "listed twice"),
    ([attribute(input_type="number", values=["0", "9"])], "three numbers"),
    ([attribute(input_type="number", values=[0, 9, 1], default_value="10")], "three numbers"),
    ([attribute(input_type="checkbox", default_value="yes")], "It is true or false"),
    ([attribute(mutable="true")], "without quotation marks"),
    ([attribute(input_type="select", values=["x" * 201])], "A value of “a”"),
    ([attribute(default_value="x" * 129)], "more than 128 characters"),
    ([{"name": "car", "sublabels": [{"name": "x"}]}], "Only a skeleton has sublabels"),
    ([skeleton(sublabels=[])], "has no points"),
    ([skeleton(svg="")], "does not name each of its points"),
    ([{"name": "car\0"}], "characters that are no text"),
    ([{"name": "car", "attributes": [{"name": "a", "values": ["\ud800"]}]}], "are no text"),
    ([skeleton(sublabels=[{"id": 8, "name": "head", "type": "mask"}])], "another type than points"),
]


@pytest.mark.parametrize(("given", "text"), WRONG, ids=[text for _, text in WRONG])
def test_what_is_wrong_is_said(given: Any, text: str) -> None:
    with pytest.raises(BadSchema) as raised:
        checked(given)
    assert text in str(raised.value)


def test_what_is_no_json_is_said() -> None:
    with pytest.raises(BadSchema, match="This is no JSON"):
        parsed('{"name": "car"')


def test_names_alone_are_taken() -> None:
    labels = parsed("car, road user\r\n  cyclist\n\n")
    assert [label["name"] for label in labels] == ["car", "road user", "cyclist"]
    with pytest.raises(BadSchema, match="Two labels are called “car”"):
        parsed("car, car")
    with pytest.raises(BadSchema, match="The list of labels is empty"):
        parsed(" , ")
