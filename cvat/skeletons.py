"""The nodes and lines of a skeleton, from the drawing of its label."""

from __future__ import annotations

from html.parser import HTMLParser

from cvat.annotations import Label


def nodes(label: Label) -> dict[str, int]:
    """The id of the sublabel of each node, in drawn order. Nodes of unknown sublabels are left
    out."""
    sublabel_ids = {sublabel.id for sublabel in label.sublabels}
    by_name = {sublabel.name: sublabel.id for sublabel in label.sublabels}
    ids: dict[str, int] = {}
    for node in _Drawing(label.svg).nodes:
        number = node.get("data-label-id") or ""
        name = node.get("data-label-name") or ""
        sublabel_id = int(number) if number.isdecimal() else by_name.get(name)
        if sublabel_id in sublabel_ids:
            ids[node.get("data-node-id") or ""] = sublabel_id
    return ids


def edges(label: Label) -> list[tuple[int, int]]:
    """Pairs of the ids of sublabels that a line joins. Lines to unknown nodes are left out."""
    ids = nodes(label)
    lines = _Drawing(label.svg).lines
    pairs = ((line.get("data-node-from"), line.get("data-node-to")) for line in lines)
    return [(ids[one], ids[two]) for one, two in pairs if one in ids and two in ids]


class _Drawing(HTMLParser):
    """The attributes of the lines and nodes of an SVG, which may be no valid XML."""

    def __init__(self, svg: str) -> None:
        super().__init__()
        self.lines: list[dict[str, str | None]] = []
        self.nodes: list[dict[str, str | None]] = []
        self.feed(svg)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        kind = attributes.get("data-type")
        if tag == "line" and kind == "edge":
            self.lines.append(attributes)
        elif tag == "circle" and kind == "element node":
            self.nodes.append(attributes)
