"""The sublabels and the drawing of a skeleton, as CVAT's editor writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from standin.model import Label

Point = tuple[float, float]


def fill(label: Label, points: Mapping[str, Point], lines: Iterable[tuple[str, str]]) -> None:
    """Give a label a sublabel for each point, and the lines between them. The points are shares of
    the width and height of the drawing."""
    names = list(points)
    label.sublabels = [
        Label(label.id + place, name, label.color, "points")
        for place, name in enumerate(names, start=1)
    ]
    drawing = [
        _line(names.index(one) + 1, names.index(other) + 1, points[one], points[other])
        for one, other in lines
    ]
    drawing += [
        _node(place, points[part.name], part) for place, part in enumerate(label.sublabels, 1)
    ]
    label.svg = "".join(drawing)


def take(label: Label, parts: Iterable[Mapping[str, Any]]) -> None:
    """Give a label the sublabels that a request describes. Its drawing names them; CVAT puts their
    ids in place of the names, which it looks for as they are (cvat-api 15.3)."""
    label.sublabels = [
        Label(
            label.id + place,
            part["name"],
            part.get("color") or label.color,
            part["type"],
            list(part.get("attributes") or []),
        )
        for place, part in enumerate(parts, start=1)
    ]
    for part in label.sublabels:
        named = f'data-label-name="{part.name}"'
        label.svg = label.svg.replace(named, f'data-label-id="{part.id}"')


def _line(one: int, other: int, begin: Point, end: Point) -> str:
    (x1, y1), (x2, y2) = _percent(begin), _percent(end)
    return (
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" data-type="edge" '
        f'data-node-from="{one}" data-node-to="{other}"></line>'
    )


def _node(number: int, point: Point, part: Label) -> str:
    x, y = _percent(point)
    return (
        f'<circle r="0.75" cx="{x}" cy="{y}" data-type="element node" data-element-id="{number}" '
        f'data-node-id="{number}" data-label-id="{part.id}"></circle>'
    )


def _percent(point: Point) -> tuple[str, str]:
    return f"{point[0] * 100:g}", f"{point[1] * 100:g}"
