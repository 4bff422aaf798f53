"""The pictures SegmentationClass and SegmentationObject of the formats with the layout of Pascal
VOC: which class, and which object, each pixel belongs to. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from cvat.annotations import Shape
from selections.formats.format import AnnotatedImage, instance_keys
from selections.formats.layers import Color, painted_in_colors, unpaintable_reason, visible_pixels
from selections.formats.voc_classes import table_color

_CLASSES, _OBJECTS = "SegmentationClass", "SegmentationObject"
_ROOM = 4096  # bytes, for a table of 256 colours and what the order of classes does to the length


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


def room(image: AnnotatedImage, stem: str, shapes: Sequence[Shape]) -> tuple[int, int]:
    """How many files and bytes the pictures take at most, whatever classes there are."""
    names = dict.fromkeys(shape.label.name for shape in shapes)
    numbers = {name: number for number, name in enumerate(names, 1)}
    colors = [table_color(number) for number in range(len(names) + 1)]
    files, _ = painted(image, stem, shapes, numbers=numbers, colors=colors)
    # Without a table of colours a pixel takes three bytes in place of one.
    return len(files), sum(3 * len(content) + _ROOM for _, content in files)


def _instances(shapes: Sequence[Shape], numbers: dict[str, int]) -> list[int]:
    """The number of the object that each shape belongs to, from 1; 0 for the background."""
    joined: dict[Hashable, int] = {}
    return [
        joined.setdefault(key, len(joined) + 1) if numbers[shape.label.name] else 0
        for key, shape in zip(instance_keys(shapes), shapes, strict=True)
    ]
