"""What formats write of an object beside its geometry, as values of JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cvat.annotations import Shape

Json = dict[str, Any]


def attributes_of(shape: Shape) -> Json:
    """Values of the types that CVAT's export gives them. A number that is none stays text."""
    if not shape.attributes:
        return {"occluded": shape.is_occluded}
    types = {spec.name: spec.input_type for spec in shape.label.attributes}
    values: Json = {}
    for name, value in shape.attributes:
        kind = types.get(name)
        if kind == "checkbox":
            values[name] = value.lower() == "true"
        elif kind == "number":
            values[name] = number(value)
        else:
            values[name] = value
    values["occluded"] = shape.is_occluded
    return values


def number(text: str) -> float | str:
    """The number that a text is, else the text."""
    try:
        value = float(text)
    except ValueError:
        return text
    return value if abs(value) < 1e300 else text  # JSON has no infinity and no NaN


_FLAGS = {"true": 1, "1": 1, "1.0": 1, "false": 0, "0": 0, "0.0": 0}


def flag_of(value: object) -> int | None:
    """1 or 0 of a value that is yes or no, or one of these numbers; None of any other."""
    return _FLAGS.get(str(value).casefold())


def share_of(value: object) -> float | None:
    """A value that is a number from 0 to 1; None of any other."""
    try:
        share = float(str(value))
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def tracking_of(shape: Shape) -> Json:
    if not shape.is_tracked:
        return {}
    return {"track_id": shape.id, "keyframe": shape.is_keyframe}


def rounded(numbers: Iterable[float]) -> list[float]:
    return [round(number, 2) for number in numbers]
