"""The classes of the formats with the layout of Pascal VOC: `background`, then the labels. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from cvat.annotations import Label
from selections.formats.format import AnnotatedTask
from selections.formats.painting import Color, table_color

BACKGROUND = "background"
_HEAD = "# label:color_rgb:parts:actions\n"
# In the list of classes a colon ends the name, and a line end the class.
_NOT_IN_LIST = re.compile("[:\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HEX = re.compile("#?([0-9a-fA-F]{6})")


class VocClasses:
    """Each label is a class, used or not, in the order of the labels; labels of one name are one.
    A label `background` is the background."""

    def __init__(self, tasks: Iterable[AnnotatedTask], *, has_label_colors: bool) -> None:
        labels: dict[str, Label] = {}
        for label in (each for task in tasks for each in task.labels):
            labels.setdefault(label.name, label)
        labels.pop(BACKGROUND, None)
        self.numbers = {name: number for number, name in enumerate([BACKGROUND, *labels])}
        self.names = {BACKGROUND: BACKGROUND} | _names(labels)  # in the files
        given = [_color(label) if has_label_colors else None for label in labels.values()]
        self.colors = [table_color(0), *_distinct(given)]

    def labelmap(self) -> bytes:
        """The file labelmap.txt."""
        classes = zip(self.names.values(), self.colors, strict=True)
        lines = (f"{name}:{red},{green},{blue}::\n" for name, (red, green, blue) in classes)
        return (_HEAD + "".join(lines)).encode()


def _names(labels: Iterable[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    taken = {BACKGROUND}
    for label in labels:
        name = _NOT_IN_LIST.sub("_", label).strip() or "_"
        name = f"_{name}" if name.startswith("#") else name
        while name in taken:
            name += "_"
        taken.add(name)
        names[label] = name
    return names


def _distinct(colors: Sequence[Color | None]) -> Iterator[Color]:
    """The colours; one that is missing, or that of the background or of another class, is replaced
    by one that no other has."""
    taken, given = {table_color(0)}, set(colors)
    others = map(table_color, count(1))
    for color in colors:
        if color is not None and color not in taken:
            own = color
        else:
            own = next(each for each in others if each not in taken and each not in given)
        taken.add(own)
        yield own


def _color(label: Label) -> Color | None:
    match = _HEX.fullmatch(label.color)
    if match is None:
        return None
    red, green, blue = bytes.fromhex(match[1])
    return red, green, blue
