"""The format KITTI 1.0: boxes as lines of text, and the classes and instances of pixels."""

from __future__ import annotations

import posixpath

from cvat.annotations import Shape
from cvat.geometry import Box, rectangle_box
from selections.formats.format import AnnotatedImage, Layout, no_area, only_kinds
from selections.formats.shared import masks
from selections.formats.shared.attributes import flag_of, share_of
from selections.formats.shared.geometry import AREAS, visible_box
from selections.formats.shared.layers import GREY_16
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

_NAME = "KITTI"
_PICTURES = "image_2"
_COLORS = SharedFile("label_colors.txt")
_MOST_INSTANCES = 255  # of a class, that the eight bits of their numbers can tell apart


def _content(image: AnnotatedImage, classes: Classes) -> Content:
    subset = classes.subsets[image.subset]
    stem = posixpath.splitext(image.path.removeprefix(f"{subset}/{_PICTURES}/"))[0]
    boxes = [
        (shape, visible_box(shape, image.width, image.height))
        for shape in image.shapes
        if shape.kind == "rectangle"
    ]
    lines = [_line(shape, box, classes.words[shape.label.name]) for shape, box in boxes if box]
    own = [(f"{subset}/label_2/{stem}.txt", "".join(lines).encode())] if lines else []
    # The lines cannot hold the rotation of rectangles, so these are areas as well.
    shapes = [shape for shape in image.shapes if shape.kind != "rectangle" or shape.rotation]
    numbers = class_numbers(classes)
    areas, others = areas_of(image, shapes, numbers, _NAME)
    if areas:
        own += [
            (f"{subset}/semantic/{stem}.png", numbered(image, areas, numbers, mode=GREY_16)),
            (f"{subset}/semantic_rgb/{stem}.png", colored(image, areas, classes)),
            (f"{subset}/instance/{stem}.png", with_instances(image, areas, numbers, _instance)),
        ]
    left_out = [no_area(image) for _, box in boxes if not box]
    left_out += [reason for shape, reason in others if shape.kind != "rectangle"]
    return Content(left_out, own)


def _line(shape: Shape, box: Box, word: str) -> str:
    """Class, truncated share, occlusion and box, then what is not known of objects in pictures: the
    angle, size and place in space."""
    x1, y1, x2, y2 = box
    left, top, right, bottom = rectangle_box(shape)
    cut = 1 - (x2 - x1) * (y2 - y1) / ((right - left) * (bottom - top))
    truncated = max(0.0, cut, _truncated(shape))
    coordinates = f"{x1:.2f} {y1:.2f} {x2:.2f} {y2:.2f}"
    return f"{word} {truncated:.2f} {int(shape.is_occluded)} -1 {coordinates}{' -1' * 7}\n"


def _truncated(shape: Shape) -> float:
    """The share that the attribute `truncated` says; 1 if it is only said that the object is."""
    value = dict(shape.attributes).get("truncated", "")
    flag = flag_of(value)
    return (share_of(value) or 0) if flag is None else flag


def _holds_attribute(kind: str, name: str) -> bool:
    return name == "truncated" if kind == "rectangle" else kind in AREAS and name == "is_crowd"


def _instance(number: int, position: int) -> int:
    return number * 256 + min(position, _MOST_INSTANCES)


def _fixed(classes: Classes, _: Counts) -> list[tuple[SharedFile, str]]:
    return [(_COLORS, color_lines(classes, has_background=True))]


_FILES = PictureFiles(_content, _fixed, name=_NAME)
FORMAT = _FILES.format(
    "kitti",
    "KITTI 1.0 (boxes, areas)",
    unsupported_reason=only_kinds(_NAME, AREAS),
    broken_reason=masks.mask_broken_reason,
    holds_attribute=_holds_attribute,
    layout=Layout(
        _FILES.folders("{subset}/" + _PICTURES),
        unique_stems=True,
        reserved_endings=(".png", ".txt"),
    ),
)
