"""Labels as people write them, as names or in the JSON of CVAT's raw view, checked. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cvat.writing.labels import named_point, to_send
from selections.listed_frames import is_text

LONGEST_SCHEMA = 500_000  # characters
LONGEST_NAME = 64  # characters; CVAT's limits
LONGEST_VALUE, LONGEST_DEFAULT = 200, 128
MOST_LABELS, MOST_ATTRIBUTES, MOST_VALUES = 1000, 100, 1000
TYPES = (
    *("any", "cuboid", "ellipse", "mask", "points", "polygon", "polyline", "rectangle"),
    *("skeleton", "tag"),
)
# Of a point of a skeleton: CVAT's page sets the first, its API the second without a type.
POINT_TYPES = ("points", "any")
INPUT_TYPES = ("select", "radio", "checkbox", "number", "text")
_LABEL_KEYS = ("name", "color", "type", "attributes", "sublabels", "svg")
_ATTRIBUTE_KEYS = ("name", "mutable", "input_type", "default_value", "values")
# What CVAT answers beside these, and a new task has anew.
_IGNORED_KEYS = ("id", "url", "task_id", "project_id", "has_parent", "parent_id")
_OF_JSON = re.compile(r'[\[\]{}"]')
_SEPARATOR = re.compile(r"[,\r\n]")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")

Label = dict[str, Any]


class BadSchema(ValueError):
    """The text says what is wrong, where, and how it should be."""


def parsed(text: str) -> tuple[Label, ...]:
    """The labels of a text: names separated by commas or lines, or JSON. Raises BadSchema."""
    if not _OF_JSON.search(text):
        names = (name.strip() for name in _SEPARATOR.split(text))
        return checked([{"name": name} for name in names if name])
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadSchema(
            f"This is no JSON ({error}). Type just the names of the labels, or copy the JSON from "
            'the tab Raw of the labels in CVAT, such as [{"name": "car", "attributes": []}].'
        ) from None
    return checked(given)


def checked(given: Any) -> tuple[Label, ...]:
    """The labels in the form in which a new task takes them, without ids. Raises BadSchema."""
    if len(json.dumps(given)) > LONGEST_SCHEMA:
        raise BadSchema(f"The labels have more than {LONGEST_SCHEMA:,} characters.")
    if not is_text(given):
        raise BadSchema("The labels have characters that are no text. Type them again.")
    labels = _items(given, "The labels", MOST_LABELS)
    if not labels:
        raise BadSchema("The list of labels is empty. Name at least one label.")
    result = tuple(_label(each, f"label {place}") for place, each in enumerate(labels, 1))
    _check_names(result, "labels")
    return result


def _label(given: Any, where: str) -> Label:
    where = _check(given, where, _LABEL_KEYS)
    kind = given.get("type", "any")
    if kind not in TYPES:
        raise BadSchema(f"The type of {where} is {kind!r:.40}. It is one of {', '.join(TYPES)}.")
    color = given.get("color") or ""
    if color and not (isinstance(color, str) and _COLOUR.fullmatch(color)):
        raise BadSchema(f"The color of {where} is {color!r:.40}. It is written like #33aa7f.")
    attributes = _items(given.get("attributes") or [], f"attributes of {where}", MOST_ATTRIBUTES)
    parts = _items(given.get("sublabels") or [], f"sublabels of {where}", MOST_LABELS)
    label = to_send(
        {
            **given,
            "name": given["name"].strip(),
            "attributes": [
                _attribute(each, f"attribute {place} of {where}")
                for place, each in enumerate(attributes, 1)
            ],
            "sublabels": [
                {
                    "type": "points",
                    **_label(each, f"point {place} of {where}"),
                    "id": each.get("id"),
                }
                for place, each in enumerate(parts, 1)
            ],
        }
    )
    _check_names(label["attributes"], f"attributes of {where}")
    _check_skeleton(label, where)
    return label


def _check_skeleton(label: Label, where: str) -> None:
    parts = label.get("sublabels", [])
    if label.get("type") != "skeleton":
        if parts:
            raise BadSchema(f"Only a skeleton has sublabels; set the type of {where} to skeleton.")
        return
    if not parts:
        raise BadSchema(f"The skeleton of {where} has no points. Name them as its sublabels.")
    _check_names(parts, f"points of {where}")
    for part in parts:
        if part["type"] not in POINT_TYPES:
            raise BadSchema(f"The point “{part['name']}” of {where} has another type than points.")
    drawing = str(label.get("svg", ""))
    drawn = [drawing.count(named_point(part["name"])) for part in parts]
    if any(count != 1 for count in drawn) or drawing.count("data-label-name=") != len(parts):
        raise BadSchema(
            f"The drawing (svg) of {where} does not name each of its points once, as "
            'data-label-name="...". Copy it from CVAT together with the sublabels.'
        )


def _attribute(given: Any, where: str) -> Label:
    where = _check(given, where, _ATTRIBUTE_KEYS)
    kind = given.get("input_type", "text")
    if kind not in INPUT_TYPES:
        raise BadSchema(
            f"The input_type of {where} is {kind!r:.40}. It is one of {', '.join(INPUT_TYPES)}."
        )
    values = _items(given.get("values") or [], f"values of {where}", MOST_VALUES)
    values = [_text(value, f"A value of {where}", LONGEST_VALUE) for value in values]
    default = _text(
        given.get("default_value", values[0] if values else ""),
        f"The default of {where}",
        LONGEST_DEFAULT,
    )
    if kind in ("select", "radio"):
        _check_choice(values, default, where)
    elif kind == "number":
        _check_number(values, default, where)
    elif kind == "checkbox":
        default = default.lower() or "false"
        if default not in ("true", "false"):
            raise BadSchema(f"The default of {where} is “{default}”. It is true or false.")
    is_mutable = given.get("mutable", False)
    if not isinstance(is_mutable, bool):
        raise BadSchema(f"mutable of {where} is true or false, without quotation marks.")
    return {
        "name": given["name"].strip(),
        "mutable": is_mutable,
        "input_type": kind,
        "default_value": default,
        "values": values,
    }


def _check_choice(values: Sequence[str], default: str, where: str) -> None:
    if not values:
        raise BadSchema(f"There are no values to choose from for {where}. List them.")
    if len(set(values)) < len(values):
        raise BadSchema(f"A value of {where} is listed twice.")
    if default not in values:
        raise BadSchema(f"The default of {where}, “{default}”, is none of its values.")


def _check_number(values: Sequence[str], default: str, where: str) -> None:
    try:
        least, most, step = map(float, values)
        is_within = least <= float(default) <= most and step > 0
    except ValueError:
        is_within = False
    if not is_within:
        raise BadSchema(
            f"The values of {where} are three numbers, the least, the most and the step, such as "
            '["0", "10", "1"], and its default is a number between the first two.'
        )


def _check(given: Any, where: str, keys: Sequence[str]) -> str:
    """Where it is, with its name. Raises BadSchema unless it is an object with known keys and a
    name."""
    if not isinstance(given, Mapping):
        raise BadSchema(f'An object in braces is needed as {where}, such as {{"name": "car"}}.')
    name = given.get("name")
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= len(name) <= LONGEST_NAME:
        raise BadSchema(f"The name of {where} is a text of 1 to {LONGEST_NAME} characters.")
    where = f"“{name}” ({where})"
    for key in given:
        if key not in keys and key not in _IGNORED_KEYS:
            raise BadSchema(f"CVAT knows no {key!r:.40} of {where}. Leave it out.")
    return where


def _check_names(given: Sequence[Label], what: str) -> None:
    names = [each["name"] for each in given]
    for name in names:
        if names.count(name) > 1:
            raise BadSchema(f"Two {what} are called “{name}”. Give each a name of its own.")


def _items(given: Any, what: str, most: int) -> list[Any]:
    if not isinstance(given, list):
        raise BadSchema(f"{what[0].upper()}{what[1:]} are a list in square brackets.")
    if len(given) > most:
        raise BadSchema(f"{what[0].upper()}{what[1:]} are more than {most:,}.")
    return given


def _text(given: Any, what: str, longest: int) -> str:
    """A value without spaces around it, as CVAT stores it. People also write it as a number, or as
    true or false."""
    if isinstance(given, bool):
        return str(given).lower()
    if not isinstance(given, str | int | float):
        raise BadSchema(f"{what} is a text.")
    text = str(given).strip()
    if len(text) > longest:
        raise BadSchema(f"{what} has more than {longest} characters, which is CVAT's limit.")
    return text
