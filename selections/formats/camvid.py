"""The format CamVid 1.0: a picture of the colors of the labels for each picture with objects."""

from __future__ import annotations

import posixpath

from selections.formats.format import AnnotatedImage, Layout, only_kinds
from selections.formats.shared import masks
from selections.formats.shared.geometry import AREAS
from selections.formats.shared.picture_files import (
    Classes,
    Content,
    Counts,
    PictureFiles,
    SharedFile,
)
from selections.formats.shared.segmentation import areas_of, class_numbers, color_lines, colored

_NAME = "CamVid"
_MASKS = "annot"  # behind the name of the subset


def _content(image: AnnotatedImage, classes: Classes) -> Content:
    subset = classes.subsets[image.subset]
    stem = posixpath.splitext(image.path.removeprefix(f"{subset}/"))[0]
    areas, others = areas_of(image, image.shapes, class_numbers(classes), _NAME)
    mask = f"{_mask_folder(subset, classes)}/{stem}.png" if areas else ""
    own = [(mask, colored(image, areas, classes))] if areas else []
    listed = f"/{image.path}", mask
    if any(len(path.split()) > 1 for path in listed):
        listed = f'"{listed[0]}"', f'"{mask}"' if mask else ""
    left_out = [reason for _, reason in others]
    return Content(left_out, own, [(SharedFile(f"{subset}.txt"), " ".join(listed).rstrip() + "\n")])


def _mask_folder(subset: str, classes: Classes) -> str:
    """The folder of the masks of a subset, which is that of no other subset."""
    taken = {name.casefold() for name in classes.subsets.values()}
    folder = f"{subset}{_MASKS}"
    while folder.casefold() in taken:
        folder += "_"
    return folder


def _fixed(classes: Classes, _: Counts) -> list[tuple[SharedFile, str]]:
    # Readers take the background for a label if it is named here.
    return [(SharedFile("label_colors.txt"), color_lines(classes, has_background=False))]


_FILES = PictureFiles(_content, _fixed, name=_NAME, shared_files=1, reserved=["label_colors"])
FORMAT = _FILES.format(
    "camvid",
    "CamVid 1.0 (areas as colors)",
    unsupported_reason=only_kinds(_NAME, AREAS),
    broken_reason=masks.mask_broken_reason,
    layout=Layout(_FILES.folders("{subset}"), unique_stems=True, reserved_endings=(".png",)),
)
