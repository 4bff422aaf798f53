"""The JSON files, one for each subset, of the formats COCO (coco.py) and COCO Keypoints
(coco_keypoints.py), which differ in their categories and annotations."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from cvat.annotations import Label, Shape
from selections.formats.format import (
    AnnotatedImage,
    AnnotatedTask,
    File,
    Room,
    instance_keys,
    labels_of,
    no_class,
    subsets_of,
)
from selections.formats.shared.attributes import Json, number
from selections.formats.shared.names import DEFAULT_SUBSET, subset_names
from selections.formats.shared.skeletons import MOST_POINTS, Skeletons
from selections.formats.shared.temporary_files import GrowingFiles, TemporaryFiles

Categories = Mapping[tuple[str, str], int]  # (name, name of its skeleton or "") -> id, from 1
# (Annotations without numbers, reasons of objects in none) for the objects of one label and group.
Annotate = Callable[[Sequence[Shape], AnnotatedImage, Skeletons], tuple[list[Json], list[str]]]
Category = Callable[[Label, Label | None, int, Skeletons], Json | None]

_INFO = {
    "contributor": "",
    "date_created": "",
    "description": "",
    "url": "",
    "version": "",
    "year": "",
}
_LICENSES = [{"name": "", "id": 0, "url": ""}]
_ID_DIGITS = 12  # at most, of an id
ABSENT_POINT = [0, 0, 0]  # x, y and visibility
_BEFORE_ANNOTATIONS, _END = b'],\n"annotations": [', b"]}\n"
_FIRST, _BETWEEN = b"\n", b",\n"  # before the first item of a list, and before each other one
_BLOCK = 2**20  # bytes


class CocoFile:
    """How the file is written."""

    def __init__(
        self,
        stem: str,
        category: Category,
        annotate: Annotate,
        *,
        name: str,
    ) -> None:
        self.stem = stem
        self._name = name
        self._category = category
        self._annotate = annotate

    def writer(self, tasks: Sequence[AnnotatedTask], folder: Path) -> _Writer:
        return _Writer(self, tasks, folder)

    def part_room(self, tasks: Sequence[AnnotatedTask]) -> Room:
        count = len(set(_subsets(tasks).values()))
        head = self.head(tasks, _ids(tasks), Skeletons(labels_of(tasks)))
        return Room(count, count * (len(head) + len(_BEFORE_ANNOTATIONS) + len(_END)))

    def image_room(self, image: AnnotatedImage) -> Room:
        ids = {(shape.label.name, ""): 10**_ID_DIGITS for shape in image.shapes}
        length = len(_item(_image(image, 10**_ID_DIGITS), is_first=False))
        annotations, _ = self.annotations(
            image, ids, Skeletons(shape.label for shape in image.shapes)
        )
        for category_id, annotation in annotations:
            numbers = 10**_ID_DIGITS, 10**_ID_DIGITS, category_id
            length += len(_BETWEEN) + len(_numbered(annotation, *numbers))
            if "keypoints" in annotation:
                # Skeletons of the same name in other tasks may have more points.
                length += MOST_POINTS * len(msgspec.json.encode(ABSENT_POINT))
        return Room(0, length)

    def head(self, tasks: Sequence[AnnotatedTask], ids: Categories, skeletons: Skeletons) -> bytes:
        categories: dict[int, Json] = {}
        for label, parent in _labels(tasks):
            number = ids[label.name, parent.name if parent else ""]
            category = self._category(label, parent, number, skeletons)
            if category is not None:
                categories.setdefault(number, category)
        head = {"licenses": _LICENSES, "info": _INFO, "categories": list(categories.values())}
        return json.dumps(head).removesuffix("}").encode() + b',\n"images": ['

    def annotations(
        self, image: AnnotatedImage, ids: Categories, skeletons: Skeletons
    ) -> tuple[list[tuple[int, Json]], list[str]]:
        """The annotations of an image, each after the id of its category, and the reason of each
        object that is in none."""
        annotations: list[tuple[int, Json]] = []
        left_out: list[str] = []
        for shapes in _instances(image.shapes):
            label = shapes[0].label
            category_id = ids.get((label.name, ""))
            if category_id is None:
                left_out += [no_class(self._name, label)] * len(shapes)
                continue
            added, reasons = self._annotate(shapes, image, skeletons)
            annotations += [(category_id, _with_score(each)) for each in added]
            left_out += reasons
        return annotations, left_out


class _Writer:
    """Ids of images and annotations count over all files of a part."""

    def __init__(self, coco: CocoFile, tasks: Sequence[AnnotatedTask], folder: Path) -> None:
        self._temporary = TemporaryFiles(folder)
        self._coco = coco
        self._ids, self._skeletons = _ids(tasks), Skeletons(labels_of(tasks))
        self._head = coco.head(tasks, self._ids, self._skeletons)
        self._subsets = _subsets(tasks)
        self._files = GrowingFiles(self._temporary)  # heads and images
        self._annotations = GrowingFiles(self._temporary)
        self._images_count = self._count = 0

    def add(self, image: AnnotatedImage) -> list[str]:
        annotations, left_out = self._coco.annotations(image, self._ids, self._skeletons)
        subset = self._subsets[image.subset]
        self._images_count += 1
        item = _image(image, self._images_count)
        if subset in self._files:
            self._files.add(subset, _item(item, is_first=False))
        else:
            self._files.add(subset, self._head + _item(item, is_first=True))
        if annotations:
            items = [
                _numbered(annotation, self._count + n, self._images_count, category_id)
                for n, (category_id, annotation) in enumerate(annotations, start=1)
            ]
            self._count += len(items)
            before = _BETWEEN if subset in self._annotations else _FIRST
            self._annotations.add(subset, before + _BETWEEN.join(items))
        return left_out

    def files(self, suffix: str) -> Iterator[File]:
        if not list(self._files):
            self._files.add(self._subsets[""], self._head)
        for subset in list(self._files):
            self._files.add(subset, _BEFORE_ANNOTATIONS)
        for file in self._annotations.files():
            while block := file.content.read(_BLOCK):
                self._files.add(file.path, block)
        for subset in list(self._files):
            self._files.add(subset, _END)
        for file in self._files.files():
            yield file._replace(path=f"{self._coco.stem}_{file.path}{suffix}.json")

    def close(self) -> None:
        self._temporary.close()


def _subsets(tasks: Iterable[AnnotatedTask]) -> dict[str, str]:
    return subset_names(subsets_of(tasks), default=DEFAULT_SUBSET)


def _labels(tasks: Iterable[AnnotatedTask]) -> Iterator[tuple[Label, Label | None]]:
    """Each label, and after a skeleton its points with it."""
    for label in labels_of(tasks):
        yield label, None
        for sublabel in label.sublabels:
            yield sublabel, label


def _ids(tasks: Iterable[AnnotatedTask]) -> Categories:
    """Ids in the order of the labels, used or not. Labels of one name are one category."""
    ids: dict[tuple[str, str], int] = {}
    for label, parent in _labels(tasks):
        ids.setdefault((label.name, parent.name if parent else ""), len(ids) + 1)
    return ids


def _image(image: AnnotatedImage, number: int) -> Json:
    return {
        "id": number,
        "width": image.width,
        "height": image.height,
        "file_name": image.path,
        "license": 0,
        "flickr_url": "",
        "coco_url": "",
        "date_captured": 0,
    }


def _with_score(annotation: Json) -> Json:
    """The annotation; with the attribute `score`, if that is a number, where readers look for it
    as well."""
    score = annotation["attributes"].get("score")
    if isinstance(score, str):
        score = number(score)
    return annotation | {"score": score} if isinstance(score, float) else annotation


def _item(item: Json, *, is_first: bool) -> bytes:
    return (_FIRST if is_first else _BETWEEN) + msgspec.json.encode(item)


def _numbered(annotation: Json, number: int, image_id: int, category_id: int) -> bytes:
    """The annotation with its numbers in front. There are a million: no dict is copied for them."""
    numbers = b'{"id":%d,"image_id":%d,"category_id":%d,' % (number, image_id, category_id)
    return numbers + msgspec.json.encode(annotation)[1:]


def _instances(shapes: Sequence[Shape]) -> Iterable[list[Shape]]:
    """The objects one by one, but those of one group and one label together."""
    if not any(shape.group for shape in shapes):
        return [[shape] for shape in shapes]
    joined: dict[Hashable, list[Shape]] = {}
    for key, shape in zip(instance_keys(shapes), shapes, strict=True):
        joined.setdefault(key, []).append(shape)
    return joined.values()
