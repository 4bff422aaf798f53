"""The classes and instances of the pixels of a picture, for formats that have them as PNG files.
Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import NamedTuple

from cvat.annotations import Shape
from selections.formats.format import AnnotatedImage, instance_keys, no_class
from selections.formats.shared.attributes import flag_of
from selections.formats.shared.layers import BACKGROUND, GREY, GREY_16, RGB, painted, visible_pixels
from selections.formats.shared.masks import Run
from selections.formats.shared.picture_files import Classes

MOST_CLASSES = 255  # beside the background, that a byte can tell apart


class Area(NamedTuple):
    """An object and the pixels of the picture that it covers."""

    shape: Shape
    runs: Sequence[Run]


def class_numbers(classes: Classes) -> Mapping[str, int]:
    """The number of each label from 1; of a label `background` it is 0, as of pixels without an
    object."""
    names = [name for name in classes.labels if name != BACKGROUND]
    return {BACKGROUND: 0} | {name: number for number, name in enumerate(names, 1)}


def color_lines(classes: Classes, *, has_background: bool) -> str:
    """A line `red green blue name` for each class in the order of their numbers."""
    colors = {BACKGROUND: (0, 0, 0)} if has_background else {}
    colors |= classes.colors
    return "".join(
        f"{red} {green} {blue} {classes.words.get(name, name)}\n"
        for name, (red, green, blue) in colors.items()
    )


def areas_of(
    image: AnnotatedImage, shapes: Sequence[Shape], numbers: Mapping[str, int], name: str
) -> tuple[list[Area], list[tuple[Shape, str]]]:
    """The objects that cover pixels, from below to above, and the others with the reason why they
    have no place in the format of that name."""
    areas: list[Area] = []
    left_out: list[tuple[Shape, str]] = []
    for shape in shapes:
        if numbers[shape.label.name] > MOST_CLASSES:
            left_out.append((shape, no_class(name, shape.label)))
            continue
        reason, runs = visible_pixels(shape, image)
        if reason:
            left_out.append((shape, reason))
        else:
            areas.append(Area(shape, runs))
    return areas, left_out


def colored(image: AnnotatedImage, areas: Sequence[Area], classes: Classes) -> bytes:
    """A PNG file with the colors of the labels."""
    layers = [(area.runs, bytes(classes.colors[area.shape.label.name])) for area in areas]
    return painted(layers, image.width, image.height, RGB)


def numbered(
    image: AnnotatedImage, areas: Sequence[Area], numbers: Mapping[str, int], *, mode: str = GREY
) -> bytes:
    """A PNG file with the numbers of the classes."""
    size = 2 if mode == GREY_16 else 1
    layers = [
        (area.runs, numbers[area.shape.label.name].to_bytes(size, "little")) for area in areas
    ]
    return painted(layers, image.width, image.height, mode)


def with_instances(
    image: AnnotatedImage,
    areas: Sequence[Area],
    numbers: Mapping[str, int],
    value: Callable[[int, int], int],
) -> bytes:
    """A PNG file of 16 bits with the value for the number of the class and that of the object among
    those of its class, from 1. Objects of one label in one group are one object. The number is 0 of
    an area whose attribute `is_crowd` says that it is no single object."""
    counts: Counter[int] = Counter()
    instances: dict[Hashable, int] = {}
    layers = []
    keys = instance_keys([area.shape for area in areas])
    for key, area in zip(keys, areas, strict=True):
        number = numbers[area.shape.label.name]
        if number and flag_of(dict(area.shape.attributes).get("is_crowd", "")):
            layers.append((area.runs, value(number, 0).to_bytes(2, "little")))
            continue
        if key not in instances:
            counts[number] += 1
            instances[key] = value(number, counts[number]) if number else 0
        layers.append((area.runs, instances[key].to_bytes(2, "little")))
    return painted(layers, image.width, image.height, GREY_16)
