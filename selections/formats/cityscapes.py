"""The format Cityscapes 1.0: the classes, instances and colors of the pixels of each picture with
objects.

Instances have the numbers of the data set Cityscapes: 1000 times the class, and that of the
object.
"""

from __future__ import annotations

import posixpath

from selections.formats.format import AnnotatedImage, Layout, only_attributes, only_kinds
from selections.formats.shared import masks
from selections.formats.shared.geometry import AREAS
from selections.formats.shared.picture_files import (
    Classes,
    Content,
    Counts,
    PictureFiles,
    SharedFile,
)
from selections.formats.shared.segmentation import (
    areas_of,
    class_numbers,
    color_lines,
    colored,
    numbered,
    with_instances,
)

_NAME = "Cityscapes"
_PICTURES, _MASKS = "leftImg8bit", "gtFine"
_MOST_INSTANCES = 999  # of a class
_LARGEST = 2**16 - 1  # number of a pixel


def _content(image: AnnotatedImage, classes: Classes) -> Content:
    subset = classes.subsets[image.subset]
    name = posixpath.splitext(image.path.removeprefix(f"{_PICTURES}/{subset}/"))[0]
    stem = f"{_MASKS}/{subset}/{name.removesuffix(f'_{_PICTURES}')}_{_MASKS}"
    numbers = class_numbers(classes)
    areas, others = areas_of(image, image.shapes, numbers, _NAME)
    left_out = [reason for _, reason in others]
    if not areas:
        return Content(left_out)
    return Content(
        left_out,
        [
            (f"{stem}_color.png", colored(image, areas, classes)),
            (f"{stem}_labelIds.png", numbered(image, areas, numbers)),
            (f"{stem}_instanceIds.png", with_instances(image, areas, numbers, _instance)),
        ],
    )


def _instance(number: int, position: int) -> int:
    """Of what has no number of its own only the class is known, as of the regions of the data
    set."""
    value = number * 1000 + position
    return value if 1 <= position <= _MOST_INSTANCES and value <= _LARGEST else number


def _fixed(classes: Classes, _: Counts) -> list[tuple[SharedFile, str]]:
    return [(SharedFile("label_colors.txt"), color_lines(classes, has_background=True))]


_FILES = PictureFiles(_content, _fixed, name=_NAME)
FORMAT = _FILES.format(
    "cityscapes",
    "Cityscapes 1.0 (areas, instances)",
    unsupported_reason=only_kinds(_NAME, AREAS),
    broken_reason=masks.mask_broken_reason,
    holds_attribute=only_attributes(["is_crowd"], AREAS),
    layout=Layout(
        _FILES.folders(_PICTURES + "/{subset}"),
        unique_stems=True,
        reserved_endings=(".png",),
        name_end=f"_{_PICTURES}",
        longest_addition=len(f"{_MASKS}_instanceIds") - len(_PICTURES),
    ),
)
