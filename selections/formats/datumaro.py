"""The format Datumaro 1.0: a JSON file for each subset, with every kind of object but cuboids."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from cvat.annotations import MASK, SKELETON, TAG, Shape
from cvat.geometry import bounding_box
from selections.formats.format import (
    NO_AREA,
    NO_SIZE,
    AnnotatedImage,
    AnnotatedTask,
    File,
    Format,
    Layout,
    Room,
    every_attribute,
    labels_of,
    no_class,
    plural,
    subsets_of,
    unsupported,
)
from selections.formats.shared import masks
from selections.formats.shared.attributes import Json, attributes_of, rounded, tracking_of
from selections.formats.shared.names import DEFAULT_SUBSET, subset_names
from selections.formats.shared.skeletons import Skeletons
from selections.formats.shared.temporary_files import GrowingFiles, TemporaryFiles

Ids = Mapping[tuple[str, str], int]  # (name, name of its skeleton or "") -> id, from 0

_NAME = "Datumaro"
_PICTURES, _ANNOTATIONS = "images", "annotations"
_PICTURES_WITH_PATHS = 2  # Datumaro's number of this kind of media
_TYPES = {"rectangle": "bbox", TAG: "label"}  # of the kinds that have another name
_LONGEST_ID = 10**10
_END = b"\n]}\n"


def _head(tasks: Sequence[AnnotatedTask]) -> bytes:
    ids, skeletons = _ids(tasks), Skeletons(labels_of(tasks))
    labels = [{"name": name, "parent": parent, "attributes": []} for name, parent in ids]
    names = dict.fromkeys(each.name for each in labels_of(tasks) if each.type == SKELETON)
    points = [
        {
            "label_id": ids[name, ""],
            "labels": skeletons.points(name),
            "joints": skeletons.edges(name),
            "positions": [],
        }
        for name in names
    ]
    head = {
        "dm_format_version": "1.0",
        "media_type": _PICTURES_WITH_PATHS,
        "infos": {},
        "categories": {
            "label": {"labels": labels, "label_groups": [], "attributes": _attributes(tasks)},
            "points": {"items": points},
        },
    }
    return msgspec.json.encode(head).removesuffix(b"}") + b',\n"items": [\n'


def _ids(tasks: Iterable[AnnotatedTask]) -> dict[tuple[str, str], int]:
    """Ids in the order of the labels, each skeleton before its points. Labels of one name are
    one."""
    ids: dict[tuple[str, str], int] = {}
    for label in labels_of(tasks):
        ids.setdefault((label.name, ""), len(ids))
        for sublabel in label.sublabels:
            ids.setdefault((sublabel.name, label.name), len(ids))
    return ids


def _attributes(tasks: Iterable[AnnotatedTask]) -> list[str]:
    names = {"occluded"}
    for label in labels_of(tasks):
        for each in (label, *label.sublabels):
            names.update(attribute.name for attribute in each.attributes)
    return sorted(names)


def _item(image: AnnotatedImage, ids: Ids) -> tuple[bytes, list[str]]:
    """The line of a picture, and for each object that is not in it the reason."""
    annotations: list[Json] = []
    left_out: list[str] = []
    for shape in image.shapes:
        label_id = ids.get((shape.label.name, ""))
        if label_id is None:
            left_out.append(no_class(_NAME, shape.label))
        elif reason := _missing_area(shape, image):
            left_out.append(reason)
        else:
            annotations.append(_annotation(shape, label_id, image, ids))
    path = image.path.split("/", 2)[2]  # behind images/<subset>
    item = {
        "id": posixpath.splitext(path)[0],
        "annotations": annotations,
        "attr": {"frame": image.source_frame},
        "image": {"path": path, "size": [image.height, image.width]},
    }
    return msgspec.json.encode(item), left_out


def _missing_area(shape: Shape, image: AnnotatedImage) -> str:
    """Why a mask is no part of the picture."""
    if shape.kind != MASK:
        return ""
    if not image.width or not image.height:
        return NO_SIZE
    return "" if masks.of_mask(shape.points, image.width, image.height) else NO_AREA


def _annotation(shape: Shape, label_id: int, image: AnnotatedImage, ids: Ids) -> Json:
    attributes = attributes_of(shape)
    if shape.kind == TAG:
        del attributes["occluded"]
    if shape.kind in ("rectangle", "ellipse"):
        attributes["rotation"] = round(shape.rotation, 2)
    if shape.kind == SKELETON:
        attributes["keyframe"] = False
    annotation = _common(shape, label_id, attributes | tracking_of(shape))
    if shape.kind == SKELETON:
        elements = [_element(each, shape, ids) for each in shape.elements]
        return annotation | {"elements": [each for each in elements if each is not None]}
    if shape.kind == TAG:
        return annotation
    return annotation | {"z_order": shape.z_order} | _geometry(shape, image)


def _common(shape: Shape, label_id: int, attributes: Json) -> Json:
    return {
        "id": shape.id,
        "type": _TYPES.get(shape.kind, shape.kind),
        "attributes": attributes,
        "group": shape.group,
        "label_id": label_id,
    }


def _geometry(shape: Shape, image: AnnotatedImage) -> Json:
    if shape.kind == "rectangle":
        x1, y1, x2, y2 = bounding_box(shape.points)
        return {"bbox": rounded([x1, y1, x2 - x1, y2 - y1])}
    if shape.kind == "ellipse":
        x, y, right, top = shape.points
        wide, high = abs(right - x), abs(y - top)
        return {"points": rounded([x - wide, y - high, x + wide, y + high])}
    if shape.kind == MASK:
        runs = masks.of_mask(shape.points, image.width, image.height)
        lengths = masks.counts(runs, image.width * image.height)
        size = [image.height, image.width]
        return {"rle": {"counts": _compressed(lengths), "size": size}}
    points = {"points": rounded(shape.points)}
    if shape.kind == "points":
        return points | {"visibility": [2] * (len(shape.points) // 2)}
    return points


def _compressed(lengths: Sequence[int]) -> str:
    """The lengths of runs as COCO's compressed text: from the fourth one on the difference to the
    last but one, five bits to a character, the lowest first."""
    text = []
    for position, length in enumerate(lengths):
        number = length - lengths[position - 2] if position > 2 else length
        is_last = False
        while not is_last:
            bits = number & 0x1F
            number >>= 5
            is_last = number == (-1 if bits & 0x10 else 0)
            text.append(chr(48 + bits + (0 if is_last else 0x20)))
    return "".join(text)


def _element(shape: Shape, skeleton: Shape, ids: Ids) -> Json | None:
    """A point of a skeleton. Its visibility: 0 outside, 1 occluded, 2 seen."""
    label_id = ids.get((shape.label.name, skeleton.label.name))
    if label_id is None:
        return None
    attributes = attributes_of(shape)
    del attributes["occluded"]
    visibility = 0 if shape.is_outside else 1 if shape.is_occluded else 2
    point = {"z_order": skeleton.z_order, "points": rounded(shape.points)}
    common = _common(shape, label_id, attributes | tracking_of(shape))
    return common | point | {"visibility": [visibility]}


class _Writer:
    def __init__(self, tasks: Sequence[AnnotatedTask], folder: Path) -> None:
        self._temporary = TemporaryFiles(folder)
        self._ids, self._head = _ids(tasks), _head(tasks)
        self._subsets = _subsets(subsets_of(tasks))
        self._files = GrowingFiles(self._temporary)

    def add(self, image: AnnotatedImage) -> list[str]:
        item, left_out = _item(image, self._ids)
        subset = self._subsets[image.subset]
        before = b",\n" if subset in self._files else self._head
        self._files.add(subset, before + item)
        return left_out

    def files(self, suffix: str) -> Iterator[File]:
        subsets = list(self._files) or [self._subsets[""]]
        for subset in subsets:
            self._files.add(subset, _END if subset in self._files else self._head + _END)
        for file in self._files.files():
            yield file._replace(path=f"{_ANNOTATIONS}/{file.path}{suffix}.json")

    def close(self) -> None:
        self._temporary.close()


def _subsets(names: Iterable[str]) -> dict[str, str]:
    return subset_names(names, default=DEFAULT_SUBSET)


def _folders(subsets: Iterable[str]) -> dict[str, str]:
    return {name: f"{_PICTURES}/{safe}" for name, safe in _subsets(subsets).items()}


def _part_room(tasks: Sequence[AnnotatedTask]) -> Room:
    subsets = len(set(_subsets(subsets_of(tasks)).values()))
    return Room(subsets, subsets * (len(_head(tasks)) + len(_END)))


def _image_room(image: AnnotatedImage) -> Room:
    ids = {
        (each.label.name, parent): _LONGEST_ID
        for shape in image.shapes
        for each, parent in [(shape, ""), *((one, shape.label.name) for one in shape.elements)]
    }
    return Room(0, len(_item(image, ids)[0]) + len(b",\n"))


def _unsupported_reason(shape: Shape) -> str:
    return unsupported(_NAME, plural(shape.kind)) if shape.kind == "cuboid" else ""


FORMAT = Format(
    key="datumaro",
    label="Datumaro 1.0",
    unsupported_reason=_unsupported_reason,
    broken_reason=masks.mask_broken_reason,
    holds_attribute=every_attribute,
    writer=_Writer,
    part_room=_part_room,
    image_room=_image_room,
    layout=Layout(_folders, unique_stems=True),
    has_fixed_names=True,
)
