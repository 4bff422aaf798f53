"""The format MOT 1.1: boxes with the numbers of their tracks, a sequence for each task.

Pictures are called by their numbers in the sequence, from 1, as readers expect. Boxes may reach
over the edge of the picture, as in the benchmark.
"""

from __future__ import annotations

import posixpath

from cvat.geometry import rectangle_box
from selections.formats.format import AnnotatedImage, Layout, only_kinds
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
        box = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
        label = classes.numbers[shape.label.name] + 1
        lines.append(f"{number},{track},{box},1,{label},{0 if shape.is_occluded else 1}\n")
    names = "".join(f"{one_line(name)}\n" for name in classes.labels)
    return Content(
        shared=[
            (SharedFile(posixpath.join(truth, "gt.txt")), "".join(lines)),
            (SharedFile(posixpath.join(truth, "labels.txt"), names), ""),
        ]
    )


_FILES = PictureFiles(_content, name=_NAME, shared_files=2, is_by_task=True, reserved=_RESERVED)
FORMAT = _FILES.format(
    "mot",
    "MOT 1.1 (boxes and tracks)",
    unsupported_reason=only_kinds(_NAME, ["rectangle"]),
    layout=Layout(_FILES.folders_of_several, numbered_in=_PICTURES),
)
