"""Which points of a skeleton are joined by lines, from the drawing of its label."""

from __future__ import annotations

from html.parser import HTMLParser

from cvat.annotations import Label


def edges(label: Label) -> list[tuple[int, int]]:
    """Pairs of the ids of sublabels that a line joins. Lines to unknown points are left out."""
    drawing = _Drawing()
    drawing.feed(label.svg)
    drawing.close()
    ids = {sublabel.id for sublabel in label.sublabels}
    names = {sublabel.name: sublabel.id for sublabel in label.sublabels}
    points: dict[str, int] = {}
    for node in drawing.nodes:
        number = node.get("data-label-id") or ""
        label_id = (
            int(number) if number.isdecimal() else names.get(node.get("data-label-name") or "")
        )
        if label_id in ids:
            points[node.get("data-node-id") or ""] = label_id
    pairs = ((line.get("data-node-from"), line.get("data-node-to")) for line in drawing.lines)
    return [(points[one], points[two]) for one, two in pairs if one in points and two in points]


class _Drawing(HTMLParser):
    """The attributes of the lines and of the points of an SVG, which may be no valid XML."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, str | None]] = []
        self.nodes: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        kind = attributes.get("data-type")
        if tag == "line" and kind == "edge":
            self.lines.append(attributes)
        elif tag == "circle" and kind == "element node":
            self.nodes.append(attributes)
