"""Labels of a real CVAT, in the form in which a new task takes them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cvat.exceptions import CvatBroken
from cvat.writing.labels import to_send
from tests.annotated import ALL
from tests.recorded import FOLDER

PROJECT = FOLDER / "annotated" / "project"
SKELETONS = [
    pytest.param(label, id=f"{folder.name} {label['name']}")
    for folder in (PROJECT, *ALL)
    for label in json.loads((folder / "labels.json").read_text())["results"]
    if label["type"] == "skeleton"
]


def stored(drawing: str, parts: list[dict[str, Any]]) -> str:
    """What CVAT stores of a drawing that it gets: it puts the id of each point in place of the
    name, which it looks for as it is (cvat-api 15.3)."""
    for part in parts:
        drawing = drawing.replace(
            f'data-label-name="{part["name"]}"', f'data-label-id="{part["id"]}"'
        )
    return drawing


@pytest.mark.parametrize("label", SKELETONS)
def test_every_point_of_a_recorded_skeleton_is_found_by_its_name(label: dict[str, Any]) -> None:
    sent = to_send(label)
    names = re.findall('data-label-name="([^"]*)"', sent["svg"])
    assert sorted(names) == sorted(part["name"] for part in label["sublabels"])
    assert stored(sent["svg"], label["sublabels"]) == label["svg"]
    assert to_send(sent) == sent


def test_an_apostrophe_is_sent_as_it_is() -> None:
    [person] = [each.values[0] for each in SKELETONS if each.id == "project stick man"]
    assert 'data-label-name="mid\'s point"' in to_send(person)["svg"]


@pytest.mark.parametrize("name", ["left & right", "<b>", 'the "big" one', "it's"])
def test_a_name_that_xml_writes_otherwise_is_sent_as_it_is(name: str) -> None:
    """Also where the drawing names it already, as XML writes it: so CVAT's page shows it."""
    label = {
        "name": "person",
        "type": "skeleton",
        "sublabels": [{"id": 8, "name": name}],
        "svg": '<circle data-label-id="8"/>',
    }
    assert to_send(label)["svg"] == f'<circle data-label-name="{name}"/>'
    written = name.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    label["svg"] = f'<circle data-label-name="{written}"/>'
    assert to_send(label)["svg"] == f'<circle data-label-name="{name}"/>'


@pytest.mark.parametrize(
    "strange",
    [
        {"name": None},
        {"attributes": 5},
        {"attributes": [None]},
        {"sublabels": ["nose"]},
        {"sublabels": [{"id": 3}]},
    ],
)
def test_a_label_of_an_unknown_form_is_refused(strange: dict[str, Any]) -> None:
    with pytest.raises(CvatBroken, match="unknown form"):
        to_send({"id": 2, "name": "person", **strange})
