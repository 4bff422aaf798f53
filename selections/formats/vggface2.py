"""The format VGGFace2 1.0: a box and five points of a face in a picture, in folders of persons,
which are the labels.

A picture with objects of several labels stands in several folders.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from cvat.annotations import TAG, Shape
from cvat.geometry import Box
from selections.formats.format import (
    AnnotatedImage,
    Layout,
    PicturePaths,
    no_area,
    plural,
    unsupported,
)
from selections.formats.shared.geometry import visible_box
from selections.formats.shared.names import NO_LABEL
from selections.formats.shared.picture_files import (
    Classes,
    Content,
    Counts,
    PictureFiles,
    SharedFile,
    table,
    too_many,
)

_NAME = "VGGFace2"
_FOLDER = "bb_landmark"
_BOX = ("NAME_ID", "X", "Y", "W", "H")
_POINTS = ("NAME_ID", *(f"P{point}{axis}" for point in range(1, 6) for axis in "XY"))
_NUMBERS = len(_POINTS) - 1  # of the five points


def _labels(image: AnnotatedImage, classes: Classes) -> list[str]:
    """The labels of the objects of a picture, in their order."""
    names = {shape.label.name for shape in image.shapes} & classes.numbers.keys()
    return sorted(names, key=classes.numbers.__getitem__)


def _picture_paths(classes: Classes) -> PicturePaths:
    def paths(image: AnnotatedImage) -> list[str]:
        subset = classes.subsets[image.subset]
        name = image.path.removeprefix(f"{subset}/")
        labels = [classes.folders[label] for label in _labels(image, classes)] or [NO_LABEL]
        return [posixpath.join(subset, label, name) for label in labels]

    return paths


def _content(image: AnnotatedImage, classes: Classes) -> Content:
    subset = classes.subsets[image.subset]
    # The picture stands in the folder of its first label.
    name = posixpath.splitext(image.path.removeprefix(f"{subset}/").partition("/")[2])[0]
    left_out: list[str] = []
    boxes: list[list[str]] = []
    points: list[list[str]] = []
    for label in _labels(image, classes):
        of_label = [shape for shape in image.shapes if shape.label.name == label]
        name_id = f"{classes.folders[label]}/{name}"
        drawn = _box(of_label, image, left_out)
        if drawn:
            x1, y1, x2, y2 = drawn
            boxes.append(_row(name_id, (x1, y1, x2 - x1, y2 - y1)))
        landmarks = sorted(tuple(each.points) for each in of_label if each.kind == "points")
        left_out += [too_many(_NAME, "set of points of a label")] * (len(landmarks) - 1)
        if landmarks or not drawn or any(shape.kind == TAG for shape in of_label):
            points.append(_row(name_id, landmarks[0] if landmarks else ()))
    if not image.shapes:
        points.append(_row(f"{NO_LABEL}/{name}", ()))
    return Content(
        left_out,
        shared=[
            (SharedFile(f"{_FOLDER}/loose_bb_{subset}.csv", table([_BOX])), table(boxes)),
            (SharedFile(f"{_FOLDER}/loose_landmark_{subset}.csv", table([_POINTS])), table(points)),
        ],
    )


def _box(shapes: Sequence[Shape], image: AnnotatedImage, left_out: list[str]) -> Box | None:
    """The largest of the boxes of one label; the others are left out."""
    boxes = [
        visible_box(shape, image.width, image.height)
        for shape in shapes
        if shape.kind == "rectangle"
    ]
    visible = [box for box in boxes if box]
    left_out += [no_area(image)] * (len(boxes) - len(visible))
    left_out += [too_many(_NAME, "box of a label")] * (len(visible) - 1)
    return max(visible, key=lambda box: ((box[2] - box[0]) * (box[3] - box[1]), box), default=None)


def _row(name: str, numbers: Sequence[float]) -> list[str]:
    """A row of a box or of points; empty cells where there are no points."""
    return [name, *([f"{number:.2f}" for number in numbers] or [""] * _NUMBERS)]


def _fixed(classes: Classes, _: Counts) -> list[tuple[SharedFile, str]]:
    return [(SharedFile("labels.txt"), "".join(f"{name}\n" for name in classes.folders.values()))]


def _unsupported_reason(shape: Shape) -> str:
    if shape.kind == "points" and len(shape.points) != _NUMBERS:
        return unsupported(_NAME, "sets of more or less than five points")
    if shape.kind in ("rectangle", "points", TAG):
        return ""
    return unsupported(_NAME, plural(shape.kind))


_FILES = PictureFiles(_content, _fixed, name=_NAME, shared_files=2, reserved=[_FOLDER])
FORMAT = _FILES.format(
    "vggface2",
    "VGGFace2 1.0 (faces, a folder for each label)",
    unsupported_reason=_unsupported_reason,
    layout=Layout(_FILES.folders("{subset}"), unique_stems=True),
    picture_paths=_picture_paths,
)
