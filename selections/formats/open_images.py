"""The format Open Images V6: tables of pictures, tags, boxes and areas, and a PNG file for each
area.

Coordinates are shares of width and height. Polygons, masks, ellipses and rotated rectangles are
areas, the other rectangles are boxes.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import shlex
from collections.abc import Iterable, Sequence

from cvat.annotations import TAG, Shape
from selections.formats.format import AnnotatedImage, Layout, no_area, only_kinds
from selections.formats.shared import masks
from selections.formats.shared.attributes import flag_of, share_of
from selections.formats.shared.geometry import AREAS, visible_box
from selections.formats.shared.layers import GREY, painted, visible_pixels
from selections.formats.shared.picture_files import (
    Classes,
    Content,
    Counts,
    PictureFiles,
    SharedFile,
    one_line,
    table,
)

_NAME = "Open Images"
_PICTURES, _TABLES, _MASKS = "images", "annotations", "masks"
_IMAGE_COLUMNS = (
    "ImageID", "Subset", "OriginalURL", "OriginalLandingURL", "License", "AuthorProfileURL",
    "Author", "Title", "OriginalSize", "OriginalMD5", "Thumbnail300KURL", "Rotation",
)  # fmt: skip
_TAG_COLUMNS = ("ImageID", "Source", "LabelName", "Confidence")
_BOX_COLUMNS = (
    "ImageID", "Source", "LabelName", "Confidence", "XMin", "XMax", "YMin", "YMax", "IsOccluded",
    "IsTruncated", "IsGroupOf", "IsDepiction", "IsInside",
)  # fmt: skip
_AREA_COLUMNS = (
    "MaskPath", "ImageID", "LabelName", "BoxID", "BoxXMin", "BoxXMax", "BoxYMin", "BoxYMax",
    "PredictedIoU", "Clicks",
)  # fmt: skip
_UNKNOWN = "-1"
# Attributes of a box, in the order of their columns.
_FLAGS = ("truncated", "is_group_of", "is_depiction", "is_inside")
_LONGEST_NAME = 100  # bytes of a picture or a label in the name of a mask
_UNSAFE = re.compile(r"[^\w.-]")


def _content(image: AnnotatedImage, classes: Classes) -> Content:
    subset = classes.subsets[image.subset]
    name = posixpath.splitext(image.path.removeprefix(f"{_PICTURES}/{subset}/"))[0]
    left_out: list[str] = []
    own: list[tuple[str, bytes]] = []
    tags: list[Sequence[str]] = []
    boxes: list[Sequence[str]] = []
    areas: list[Sequence[str]] = []
    for shape in image.shapes:
        label = one_line(shape.label.name)
        if shape.kind == TAG:
            tags.append((name, "", label, _confidence(shape)))
        elif shape.kind == "rectangle" and not shape.rotation:
            if shares := _shares(shape, image):
                boxes.append((name, "", label, _confidence(shape), *shares, *_flags(shape)))
            else:
                left_out.append(no_area(image))
        else:
            reason, runs = visible_pixels(shape, image)
            if reason:
                left_out.append(reason)
                continue
            number = f"{len(areas):08x}"
            path = f"{_safe(name)}_{_safe(label)}_{number}.png"
            mask = painted([(runs, b"\x01")], image.width, image.height, GREY)
            own.append((f"{_MASKS}/{subset}/{path}", mask))
            overlap = _share(shape, "predicted_iou", default="")
            areas.append((path, name, label, number, *[""] * 4, overlap, ""))
    tables = _shared(subset, (name, subset), tags, boxes, areas)
    return Content(left_out, own, [*tables, _size(name, image)])


def _confidence(shape: Shape) -> str:
    return _share(shape, "score", default="1")


def _share(shape: Shape, name: str, *, default: str) -> str:
    """The attribute of that name if it is a number from 0 to 1."""
    share = share_of(dict(shape.attributes).get(name, ""))
    return default if share is None else f"{share:g}"


def _flags(shape: Shape) -> list[str]:
    """Whether a box is occluded, and what its attributes tell."""
    values = dict(shape.attributes)
    flags = [flag_of(values.get(name, "")) for name in _FLAGS]
    known = [_UNKNOWN if flag is None else str(flag) for flag in flags]
    return [str(int(shape.is_occluded)), *known]


def _holds_attribute(kind: str, name: str) -> bool:
    if kind == "rectangle":
        return name in (*_FLAGS, "score")
    return name == "score" if kind == TAG else kind in AREAS and name == "predicted_iou"


def _shared(
    subset: str,
    picture: Sequence[str],
    tags: Sequence[Sequence[str]],
    boxes: Sequence[Sequence[str]],
    areas: Sequence[Sequence[str]],
) -> Iterable[tuple[SharedFile, str]]:
    """The rows for each table that has some."""
    for name, head, rows in (
        ("images-with-rotation", _IMAGE_COLUMNS, [(*picture, *[""] * (len(_IMAGE_COLUMNS) - 2))]),
        ("annotations-human-imagelabels", _TAG_COLUMNS, tags),
        ("annotations-bbox", _BOX_COLUMNS, boxes),
        ("annotations-object-segmentation", _AREA_COLUMNS, areas),
    ):
        if rows:
            yield SharedFile(f"{_TABLES}/{subset}-{name}.csv", table([head])), table(rows)


def _size(name: str, image: AnnotatedImage) -> tuple[SharedFile, str]:
    """A line with the size of a picture, for readers that do not have the picture."""
    line = f"{shlex.quote(name)} {image.height} {image.width}\n"
    return SharedFile(f"{_TABLES}/images.meta", "# <image name> <height> <width>\n\n"), line


def _shares(shape: Shape, image: AnnotatedImage) -> tuple[str, ...]:
    """Left, right, top and bottom of the part in the picture; () if there is none."""
    box = visible_box(shape, image.width, image.height)
    if box is None:
        return ()
    x1, y1, x2, y2 = box
    shares = (x1 / image.width, x2 / image.width, y1 / image.height, y2 / image.height)
    return tuple(f"{share:.6f}" for share in shares)


def _safe(name: str) -> str:
    """The name as a part of the name of a file. Names that differ stay different."""
    safe = _UNSAFE.sub("_", name).encode()[:_LONGEST_NAME].decode(errors="ignore")
    if safe == name:
        return name
    return f"{safe}_{hashlib.blake2b(name.encode(), digest_size=6).hexdigest()}"


def _fixed(classes: Classes, _: Counts) -> list[tuple[SharedFile, str]]:
    names = [one_line(name) for name in classes.labels]
    root = "/m/0"
    while root in names:
        root += "0"
    hierarchy = json.dumps({"LabelName": root, "Subcategory": []})
    return [
        (SharedFile(f"{_TABLES}/class-descriptions.csv"), table([(n, n) for n in names])),
        (SharedFile(f"{_TABLES}/bbox_labels_600_hierarchy.json"), f"{hierarchy}\n"),
    ]


_FILES = PictureFiles(_content, _fixed, name=_NAME, shared_files=5)
FORMAT = _FILES.format(
    "open_images",
    "Open Images V6 (boxes, areas, tags)",
    unsupported_reason=only_kinds(_NAME, [*AREAS, TAG]),
    broken_reason=masks.mask_broken_reason,
    holds_attribute=_holds_attribute,
    layout=Layout(_FILES.folders(_PICTURES + "/{subset}"), unique_stems=True),
)
