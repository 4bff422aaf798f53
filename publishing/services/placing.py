"""Objects of a file in the pixels and points of the task that they are copied to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cvat.annotations import Label, Labels, Shape
from publishing.copying import CopyOptions, Match, NamedPicture
from publishing.readers.relative import RelativeObject

NO_SIZE = "the size of the picture is not known"
OTHER_POINTS = (
    "the file does not name the points of the skeleton, it has {count}, and “{label}” of the "
    "task has {own}"
)


class CannotBePlaced(Exception):
    """The text completes “2 objects: ...”."""


class Placing:
    """Puts objects on the pictures of a task. `ordered` are the names of those of its labels whose
    points were taken in their order, because the file does not name them."""

    def __init__(
        self, matched: Match, of_task: Sequence[NamedPicture], labels: Labels, options: CopyOptions
    ) -> None:
        self.ordered: set[str] = set()
        self._frames = matched.frames
        self._pictures = {picture.frame: picture for picture in of_task}
        self._labels: Mapping[str, Label] = {label.name: label for label in labels}
        self._renamed = options.labels

    def place(self, each: Shape | RelativeObject) -> Shape:
        """The object in pixels. Raises CannotBePlaced."""
        if isinstance(each, Shape):
            return each
        picture = self._pictures[self._frames[each.frame]]
        if not (picture.width and picture.height):
            raise CannotBePlaced(NO_SIZE)
        label = self._labels.get(self._renamed.get(each.label.name, each.label.name))
        if each.has_unnamed_points and label is not None and label.sublabels:
            each = self._with_points(each, label)
        is_polygon = label is not None and label.type == "polygon"
        return each.shape(picture.width, picture.height, as_polygon=is_polygon)

    def _with_points(self, each: RelativeObject, label: Label) -> RelativeObject:
        """With the points of the label of the task, in the order of their ids: CVAT writes them in
        that order. Raises CannotBePlaced."""
        points = sorted(label.sublabels, key=lambda point: point.id)
        if not each.has_points_of(len(points)):
            text = OTHER_POINTS.format(count=each.points_count, label=label.name, own=len(points))
            raise CannotBePlaced(text)
        self.ordered.add(label.name)
        return replace(each, label=replace(each.label, sublabels=tuple(points)))
