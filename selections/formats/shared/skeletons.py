"""The points of skeletons, in the order in which formats with keypoints number them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cvat import skeletons
from cvat.annotations import Label, Shape

MOST_POINTS = 200  # of one skeleton, for the room that its points need


class Skeletons:
    """The points of the skeletons of some labels. Skeletons of one name are one: it has the points
    of the first one as they are drawn, then those that further ones have besides."""

    def __init__(self, labels: Iterable[Label]) -> None:
        self._points: dict[str, dict[str, int]] = {}
        self._edges: dict[str, dict[tuple[int, int], None]] = {}
        for label in (each for each in labels if each.sublabels):
            numbers = self._points.setdefault(label.name, {})
            for sublabel in drawn_sublabels(label):
                numbers.setdefault(sublabel.name, len(numbers) + 1)
            names = {sublabel.id: sublabel.name for sublabel in label.sublabels}
            edges = self._edges.setdefault(label.name, {})
            for one, other in skeletons.edges(label):
                edges[numbers[names[one]], numbers[names[other]]] = None

    def points(self, name: str) -> list[str]:
        """The names of the points of a skeleton."""
        return list(self._points.get(name, ()))

    def edges(self, name: str) -> list[list[int]]:
        """Pairs of points that a line joins, counted from 1."""
        return [list(pair) for pair in self._edges.get(name, ())]

    @property
    def most(self) -> int:
        """The number of points of the skeleton that has most."""
        return max(map(len, self._points.values()), default=0)


def drawn_sublabels(label: Label) -> list[Label]:
    """The points of a skeleton in the order in which they are drawn."""
    drawn = skeletons.nodes(label).values()
    positions = {sublabel_id: position for position, sublabel_id in enumerate(drawn)}
    return sorted(
        label.sublabels, key=lambda each: (positions.get(each.id, len(positions)), each.id)
    )


def elements_by_name(shape: Shape) -> Mapping[str, Shape]:
    """The points of a skeleton on a frame; of two with one name the first."""
    return {element.label.name: element for element in reversed(shape.elements)}
