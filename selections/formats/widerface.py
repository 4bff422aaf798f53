"""The format WIDER FACE 1.0: boxes with what is known of faces, in folders of events.

The event of a picture is its tag, of several the first in the order of the labels.
"""

from __future__ import annotations

import re

from cvat.annotations import TAG, Shape
from selections.formats.format import (
    AnnotatedImage,
    Layout,
    PicturePaths,
    no_area,
    only_attributes,
    only_kinds,
)
from selections.formats.shared.attributes import attributes_of
from selections.formats.shared.geometry import visible_box
from selections.formats.shared.names import NO_LABEL
from selections.formats.shared.picture_files import (
    Classes,
    Content,
    Counts,
    PictureFiles,
    SharedFile,
    too_many,
)

_NAME = "WIDER FACE"
_PICTURES = "WIDER_{subset}/images"
_ATTRIBUTES = ("blur", "expression", "illumination", "occluded", "pose", "invalid")
_UNKNOWN = "-"
_FACE = "face"  # the label that is not named


def _picture_paths(classes: Classes) -> PicturePaths:
    def paths(image: AnnotatedImage) -> list[str]:
        folder = classes.folder(image, _PICTURES)
        tags = classes.tags(image)
        event = f"{classes.numbers[tags[0]]}--{classes.folders[tags[0]]}" if tags else NO_LABEL
        return [f"{folder}{event}/{image.path.removeprefix(folder)}"]

    return paths


def _content(image: AnnotatedImage, classes: Classes) -> Content:
    subset = classes.subsets[image.subset]
    name = image.path.removeprefix(classes.folder(image, _PICTURES))
    tags = [shape for shape in image.shapes if shape.kind == TAG]
    left_out = [too_many(_NAME, "tag")] * (len(tags) - 1)
    lines = []
    for shape in image.shapes:
        if shape.kind == "rectangle":
            line = _line(shape, image, classes)
            lines.append(line) if line else left_out.append(no_area(image))
    # As in CVAT, a picture without boxes has no number of them.
    text = "".join([f"{name}\n", *([f"{len(lines)}\n"] if lines else []), *lines])
    path = f"wider_face_split/wider_face_{subset}_bbx_gt.txt"
    return Content(left_out, shared=[(SharedFile(path), text)])


def _line(shape: Shape, image: AnnotatedImage, classes: Classes) -> str:
    """Left, top, width, height, attributes and label of a box; "" if nothing of it is visible."""
    box = visible_box(shape, image.width, image.height)
    if box is None:
        return ""
    x1, y1, x2, y2 = box
    values = attributes_of(shape)
    known = [_word(str(values.get(name, ""))) or _UNKNOWN for name in _ATTRIBUTES]
    label = [] if shape.label.name == _FACE else [classes.folders[shape.label.name]]
    numbers = [f"{number:.2f}" for number in (x1, y1, x2 - x1, y2 - y1)]
    return f"{' '.join([*numbers, *known, *label])}\n"


def _word(text: str) -> str:
    """The text without spaces, and without slashes, by which readers know the line of a picture."""
    return re.sub(r"[\s/\\]", "_", text)


def _fixed(classes: Classes, _: Counts) -> list[tuple[SharedFile, str]]:
    return [(SharedFile("labels.txt"), "".join(f"{name}\n" for name in classes.folders.values()))]


_FILES = PictureFiles(_content, _fixed, name=_NAME, shared_files=1)
FORMAT = _FILES.format(
    "widerface",
    "WIDER FACE 1.0 (boxes, a folder for each tag)",
    unsupported_reason=only_kinds(_NAME, ["rectangle", TAG]),
    holds_attribute=only_attributes(_ATTRIBUTES, ["rectangle"]),
    layout=Layout(_FILES.folders(_PICTURES), unique_stems=True),
    picture_paths=_picture_paths,
)
