"""The classes of the formats with the layout of Pascal VOC: `background`, then the labels. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from selections.formats.distinct import distinct_names
from selections.formats.format import AnnotatedTask, labels_by_name, labels_of
from selections.formats.layers import BACKGROUND, Color, label_colors

_HEAD = "# label:color_rgb:parts:actions\n"
# In the list of classes a colon ends the name, and a line end the class.
_NOT_IN_LIST = re.compile("[:\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class VocClasses:
    """Each label is a class, used or not, in the order of the labels; labels of one name are one.
    A label `background` is the background."""

    def __init__(self, tasks: Iterable[AnnotatedTask], *, has_label_colors: bool) -> None:
        labels = labels_by_name(labels_of(tasks))
        labels.pop(BACKGROUND, None)
        self.numbers = {name: number for number, name in enumerate([BACKGROUND, *labels])}
        names = distinct_names(labels, _safe, taken=[BACKGROUND], fold=str)
        self.names = {name: names.get(name, BACKGROUND) for name in self.numbers}  # in the files
        colors = list(label_colors(labels.values()).values())
        if not has_label_colors:
            colors = [table_color(number) for number in range(1, len(labels) + 1)]
        self.colors = [table_color(0), *colors]

    def labelmap(self) -> bytes:
        """The file labelmap.txt."""
        classes = zip(self.names.values(), self.colors, strict=True)
        lines = (f"{name}:{red},{green},{blue}::\n" for name, (red, green, blue) in classes)
        return (_HEAD + "".join(lines)).encode()


def _safe(label: str) -> str:
    name = _NOT_IN_LIST.sub("_", label).strip() or "_"
    return f"_{name}" if name.startswith("#") else name


def table_color(number: int) -> Color:
    """The colour of a class or an object in the tables of Pascal VOC: black for 0, then such that
    neighbours differ much."""
    red = green = blue = 0
    for bit in range(7, -1, -1):
        red |= (number & 1) << bit
        green |= (number >> 1 & 1) << bit
        blue |= (number >> 2 & 1) << bit
        number >>= 3
    return red, green, blue
