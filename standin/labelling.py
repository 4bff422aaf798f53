"""Labels as the body of a request for a new task or project has them (cvat-api 15.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from standin.messages import Refusal, ServerError

Json = Mapping[str, Any]

NAME_LENGTH = 64
TYPES = (
    *("any", "cuboid", "ellipse", "mask", "points", "polygon", "polyline", "rectangle"),
    *("skeleton", "tag"),
)


def checked_labels(given: Sequence[Json]) -> list[dict[str, Any]]:
    """The labels, for `World.add_task`, without the ids that CVAT ignores. Raises Refusal 400 for
    what CVAT refuses, ServerError for a skeleton that has ids."""
    errors = [dict(_errors(label)) for label in given]
    if any(errors):
        raise Refusal(400, {"labels": errors})
    names = [label["name"] for label in given]
    if len(set(names)) < len(names):
        raise Refusal(400, ["All label names must be unique"])
    if any(label.get("type") == "skeleton" and "id" in label for label in given):
        raise ServerError("a skeleton with ids")
    return [_label(label) for label in given]


def _errors(label: Json) -> Iterator[tuple[str, list[str]]]:
    name, kind = str(label.get("name", "")), label.get("type", "any")
    if not name:
        yield "name", ["This field may not be blank."]
    if len(name) > NAME_LENGTH:
        yield "name", [f"Ensure this field has no more than {NAME_LENGTH} characters."]
    if kind not in TYPES:
        yield "type", [f'"{kind}" is not a valid choice.']


def _label(given: Json) -> dict[str, Any]:
    label: dict[str, Any] = {
        "name": given["name"],
        "type": given.get("type", "any"),
        "attributes": [_attribute(each) for each in given.get("attributes") or []],
    }
    if given.get("color"):
        label["color"] = given["color"]
    if given.get("svg"):
        label["svg"] = given["svg"]
    label["sublabels"] = [_label(part) for part in given.get("sublabels") or []]
    return label


def _attribute(given: Json) -> dict[str, Any]:
    values = list(given.get("values") or [])
    return {
        "name": given["name"],
        "mutable": bool(given.get("mutable", False)),
        "input_type": given.get("input_type", "text"),
        "default_value": given.get("default_value", values[0] if values else ""),
        "values": values,
    }
