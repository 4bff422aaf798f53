"""The nodes and lines of the drawing of a skeleton."""

from __future__ import annotations

from cvat.annotations import Label
from cvat.skeletons import edges, nodes

SVG = """
<line data-type="edge" data-node-from="1" data-node-to="2">
<line data-type="edge" data-node-from="2" data-node-to="9">
<circle data-type="element node" data-label-id="31" data-node-id="1"></circle>
<circle data-type="element node" data-node-id="2" data-label-name="nose &amp; mouth"/>
<circle data-type="element node" data-node-id="9" data-label-id="99"/>
<circle data-node-id="7" data-label-id="30"/>
"""
FACE = Label(
    id=3,
    name="face",
    type="skeleton",
    sublabels=(Label(30, "nose & mouth"), Label(31, "ear")),
    svg=SVG,
)


def test_nodes_are_in_drawn_order_and_name_a_sublabel_by_id_or_name() -> None:
    assert list(nodes(FACE).items()) == [("1", 31), ("2", 30)]


def test_lines_join_known_nodes_alone() -> None:
    assert edges(FACE) == [(31, 30)]


def test_a_label_without_a_drawing_has_none() -> None:
    assert (nodes(Label(1, "car")), edges(Label(1, "car"))) == ({}, [])
