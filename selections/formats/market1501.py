"""The format Market-1501 1.0: pictures whose names tell the person and the camera, from the tag
`market-1501` and its attributes."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from cvat.annotations import TAG, Shape
from selections.formats.format import (
    AnnotatedImage,
    Layout,
    PicturePaths,
    only_attributes,
    plural,
    unsupported,
)
from selections.formats.shared.picture_files import (
    Classes,
    Content,
    PictureFiles,
    SharedFile,
    too_many,
)

_NAME = "Market-1501"
_TAG = "market-1501"
_ATTRIBUTES = ("query", "person_id", "camera_id", "track_id", "frame_id", "bbox_id")
_PICTURES, _QUERY = "bounding_box_{subset}", "query"
_NAMED = re.compile(r"-?\d+_c\d+s\d+_\d+_\d+.*")  # a picture that has such a name already
_NUMBER = re.compile(r"-?\d{1,9}")


def _picture_paths(classes: Classes) -> PicturePaths:
    taken: set[str] = set()
    frames: Counter[str] = Counter()  # the next number of each person, camera and sequence

    def paths(image: AnnotatedImage) -> list[str]:
        folder = classes.folder(image, _PICTURES)
        parent, name = posixpath.split(image.path.removeprefix(folder))
        stem, extension = posixpath.splitext(name)
        values = _values(_tags(image))
        if values.get("query", "").casefold() == "true":
            folder = f"{_QUERY}/"
        if values and not _NAMED.fullmatch(stem):
            stem = _stem(values, frames)
        # Readers know a picture by its name without extension.
        while (path := posixpath.join(folder, parent, stem)).casefold() in taken:
            stem += "_"
        taken.add(path.casefold())
        return [path + extension]

    return paths


def _stem(values: Mapping[str, str], frames: Counter[str]) -> str:
    """Person, camera from 1, sequence, frame and box."""
    number = {key: int(value) for key, value in values.items() if _NUMBER.fullmatch(value)}
    start = f"{values['person_id']}_c{number.get('camera_id', 0) + 1}s{number.get('track_id', 1)}"
    frame = number.get("frame_id", frames[start])
    frames[start] = max(frames[start], frame + 1)
    return f"{start}_{frame:06d}_{number.get('bbox_id', 0):02d}"


def _tags(image: AnnotatedImage) -> list[Shape]:
    return sorted(
        (shape for shape in image.shapes if not _unsupported_reason(shape)),
        key=lambda each: each.attributes,
    )


def _values(tags: Sequence[Shape]) -> Mapping[str, str]:
    return dict(tags[0].attributes) if tags else {}


def _content(image: AnnotatedImage, classes: Classes) -> Content:
    listed = SharedFile(f"images_{classes.subsets[image.subset]}.txt")
    left_out = [too_many(_NAME, f"tag {_TAG!r}")] * (len(image.shapes) - 1)
    return Content(left_out, shared=[(listed, f"{image.path}\n")])


def _unsupported_reason(shape: Shape) -> str:
    if shape.kind != TAG:
        return unsupported(_NAME, plural(shape.kind))
    is_person = bool(_NUMBER.fullmatch(dict(shape.attributes).get("person_id", "")))
    if shape.label.name == _TAG and is_person:
        return ""
    return unsupported(_NAME, f"tags but {_TAG!r} with a number as person_id")


_FILES = PictureFiles(_content, name=_NAME, shared_files=1)
FORMAT = _FILES.format(
    "market1501",
    "Market-1501 1.0 (persons and cameras in the names)",
    unsupported_reason=_unsupported_reason,
    holds_attribute=only_attributes(_ATTRIBUTES, [TAG]),
    layout=Layout(_FILES.folders(_PICTURES), unique_stems=True),
    picture_paths=_picture_paths,
)
