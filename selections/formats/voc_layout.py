"""The layout of Pascal VOC: the pictures in JPEGImages, lists of their names without extension in
ImageSets, the classes in labelmap.txt. Pure."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Sequence

from cvat.annotations import Shape
from selections.formats.format import (
    AnnotatedImage,
    AnnotatedTask,
    File,
    Layout,
    subsets_of,
    without_class,
)
from selections.formats.subsets import DEFAULT_SUBSET, subset_names
from selections.formats.voc_classes import VocClasses

PICTURES = "JPEGImages"
MASK_LISTS = "ImageSets/Segmentation"

LAYOUT = Layout(
    lambda subsets: dict.fromkeys(subsets, PICTURES),
    unique_stems=True,
    reserved_endings=(".xml", ".png"),
)


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
    return shapes, [without_class(name, label) for label in others]


def labelmap(classes: VocClasses, suffix: str) -> File:
    content = classes.labelmap()
    return File(f"labelmap{suffix}.txt", io.BytesIO(content), len(content))
