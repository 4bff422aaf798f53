"""The layout of Pascal VOC, for the formats Pascal VOC and Segmentation mask. Pure.

Pictures stand in JPEGImages, lists of their names without extension in ImageSets, the classes in
labelmap.txt. SegmentationClass and SegmentationObject show which class, and which object, each
pixel belongs to.
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from cvat.annotations import Shape
from selections.formats.format import (
    AnnotatedImage,
    AnnotatedTask,
    File,
    Layout,
    Room,
    instance_keys,
    labels_by_name,
    labels_of,
    no_class,
    subsets_of,
)
from selections.formats.shared.layers import (
    BACKGROUND,
    Color,
    label_colors,
    painted_in_colors,
    unpaintable_reason,
    visible_pixels,
)
from selections.formats.shared.names import DEFAULT_SUBSET, distinct_names, subset_names

PICTURES = "JPEGImages"
MASK_LISTS = "ImageSets/Segmentation"
LAYOUT = Layout(
    lambda subsets: dict.fromkeys(subsets, PICTURES),
    unique_stems=True,
    reserved_endings=(".xml", ".png"),
)

_CLASSES, _OBJECTS = "SegmentationClass", "SegmentationObject"
_ROOM = 4096  # bytes, for a table of 256 colours and what the order of classes does to the length
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


def subsets(tasks: Sequence[AnnotatedTask]) -> dict[str, str]:
    """The name of each subset in the files."""
    return subset_names(subsets_of(tasks), default=DEFAULT_SUBSET)


def stem_of(image: AnnotatedImage) -> str:
    """The name of a picture in the lists."""
    return posixpath.splitext(image.path.removeprefix(f"{PICTURES}/"))[0]


def line(name: str) -> bytes:
    """A line of a list."""
    return f"{name}\n".encode()


def with_class(
    image: AnnotatedImage, classes: VocClasses, *, name: str
) -> tuple[list[Shape], list[str]]:
    """The objects whose labels are classes, and for each of the others the reason."""
    shapes = [shape for shape in image.shapes if shape.label.name in classes.numbers]
    others = [shape.label for shape in image.shapes if shape.label.name not in classes.numbers]
    return shapes, [no_class(name, label) for label in others]


def labelmap(classes: VocClasses, suffix: str) -> File:
    content = classes.labelmap()
    return File(f"labelmap{suffix}.txt", io.BytesIO(content), len(content))


class Painted(NamedTuple):
    """`files`: path and content of each; none of a picture that cannot be painted. `left_out`: for
    each object that is not painted the reason."""

    files: list[tuple[str, bytes]]
    left_out: list[str]


def painted(
    image: AnnotatedImage,
    stem: str,
    shapes: Sequence[Shape],
    *,
    numbers: dict[str, int],
    colors: Sequence[Color],
) -> Painted:
    """Both pictures, with the objects from below to above. Those of one label in one group are one
    object. `numbers` has the class of each label, `colors` the colour of each class."""
    width, height = image.width, image.height
    if reason := unpaintable_reason(image):
        return Painted([], [reason] * len(shapes))
    areas = [(shape, *visible_pixels(shape, image)) for shape in shapes]
    visible = [(shape, runs) for shape, _, runs in areas if runs]
    classes = [(runs, numbers[shape.label.name]) for shape, runs in visible]
    instances = _instances([shape for shape, _ in visible], numbers)
    objects = [(runs, instance) for (_, runs), instance in zip(visible, instances, strict=True)]
    object_colors = [table_color(number) for number in range(max(instances, default=0) + 1)]
    files = [
        (f"{_CLASSES}/{stem}.png", painted_in_colors(classes, width, height, colors)),
        (f"{_OBJECTS}/{stem}.png", painted_in_colors(objects, width, height, object_colors)),
    ]
    return Painted(files, [reason for _, reason, _ in areas if reason])


def painted_room(image: AnnotatedImage, stem: str, shapes: Sequence[Shape]) -> Room:
    """How many files and bytes the pictures take at most, whatever classes there are."""
    names = dict.fromkeys(shape.label.name for shape in shapes)
    numbers = {name: number for number, name in enumerate(names, 1)}
    colors = [table_color(number) for number in range(len(names) + 1)]
    files, _ = painted(image, stem, shapes, numbers=numbers, colors=colors)
    # Without a table of colours a pixel takes three bytes in place of one.
    return Room(len(files), sum(3 * len(content) + _ROOM for _, content in files))


def _instances(shapes: Sequence[Shape], numbers: dict[str, int]) -> list[int]:
    """The number of the object that each shape belongs to, from 1; 0 for the background."""
    joined: dict[Hashable, int] = {}
    return [
        joined.setdefault(key, len(joined) + 1) if numbers[shape.label.name] else 0
        for key, shape in zip(instance_keys(shapes), shapes, strict=True)
    ]
