"""The format MOT 1.1: boxes with the numbers of their tracks, a sequence for each task.

Pictures are called by their numbers in the sequence, from 1, as readers expect. Boxes may reach
over the edge of the picture, as in the benchmark.
"""

from __future__ import annotations

import posixpath

from cvat.annotations import Shape
from cvat.geometry import rectangle_box
from selections.formats.format import AnnotatedImage, Layout, only_attributes, only_kinds
from selections.formats.shared.attributes import flag_of, share_of
from selections.formats.shared.picture_files import (
    Classes,
    Content,
    PictureFiles,
    SharedFile,
    one_line,
)

_NAME = "MOT"
_PICTURES = "img1"
_NO_TRACK = -1
_RESERVED = (_PICTURES, "gt")


def _content(image: AnnotatedImage, classes: Classes) -> Content:
    folder, name = posixpath.split(image.path)
    truth = posixpath.join(posixpath.dirname(folder), "gt")
    number = int(posixpath.splitext(name)[0])
    lines = []
    for shape in image.shapes:
        x1, y1, x2, y2 = rectangle_box(shape)
        track = shape.id if shape.is_tracked else _NO_TRACK
        counts, visibility = _seen(shape)
        box = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
        label = classes.numbers[shape.label.name] + 1
        lines.append(f"{number},{track},{box},{counts},{label},{visibility}\n")
    names = "".join(f"{one_line(name)}\n" for name in classes.labels)
    return Content(
        shared=[
            (SharedFile(posixpath.join(truth, "gt.txt")), "".join(lines)),
            (SharedFile(posixpath.join(truth, "labels.txt"), names), ""),
        ]
    )


def _seen(shape: Shape) -> tuple[int, str]:
    """Whether the object counts, and the share of it that is seen."""
    values = dict(shape.attributes)
    visibility = share_of(values.get("visibility", ""))
    if visibility is None:
        visibility = 0 if shape.is_occluded else 1
    return int(flag_of(values.get("ignored", "")) != 1), f"{visibility:g}"


_FILES = PictureFiles(_content, name=_NAME, shared_files=2, is_by_task=True, reserved=_RESERVED)
FORMAT = _FILES.format(
    "mot",
    "MOT 1.1 (boxes and tracks)",
    unsupported_reason=only_kinds(_NAME, ["rectangle"]),
    holds_attribute=only_attributes(["ignored", "visibility"], ["rectangle"]),
    layout=Layout(_FILES.folders_of_several, numbered_in=_PICTURES),
)
