"""Labels as CVAT answers them, in the form in which a new task takes them (cvat-api 15.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from cvat import reading

_KEYS = ("color", "type")
_ATTRIBUTE_KEYS = ("name", "mutable", "input_type", "default_value", "values")
_POINT = re.compile(r'data-label-id="(\d+)"')
_NAMED_POINT = re.compile(r'data-label-name="([^"]*)"')


def to_send(answered: Mapping[str, Any]) -> dict[str, Any]:
    """A label without its ids. The drawing of a skeleton names its points again: with the ids of
    another task it would be stored wrong, without an error. So would a drawing with “&amp;” in the
    name of a point: CVAT looks for the name as it is, and not as it is written in XML."""
    label: dict[str, Any] = {"name": reading.required_text(answered, "name")}
    label |= {key: value for key in _KEYS if (value := reading.text(answered, key))}
    label["attributes"] = [
        {key: attribute[key] for key in _ATTRIBUTE_KEYS if key in attribute}
        for attribute in reading.objects(answered, "attributes")
    ]
    parts = reading.objects(answered, "sublabels")
    if parts:
        label["sublabels"] = [to_send(part) for part in parts]
    drawing = reading.text(answered, "svg")
    if drawing:
        names = {str(part.get("id")): str(part.get("name")) for part in parts}
        drawing = _NAMED_POINT.sub(lambda point: named_point(unescape(point[1])), drawing)
        label["svg"] = _POINT.sub(lambda point: _by_name(point, names), drawing)
    return label


def named_point(name: str) -> str:
    """What the drawing of a skeleton says of the point with this name."""
    return f'data-label-name="{name}"'


def _by_name(point: re.Match[str], names: Mapping[str, str]) -> str:
    name = names.get(point[1])
    return point[0] if name is None else named_point(name)
