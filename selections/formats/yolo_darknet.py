"""The format YOLO 1.1 (Darknet): a text file with the boxes beside each picture, the classes in
obj.names, the lists of pictures in obj.data.

The lists name the pictures as CVAT's do, in a folder `data`: where the ZIP is to be unpacked.
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from cvat.geometry import Box
from selections.formats.format import (
    NO_AREA,
    NO_SIZE,
    AnnotatedImage,
    AnnotatedTask,
    File,
    Format,
    Layout,
    Room,
    labels_by_name,
    labels_of,
    no_attribute,
    no_class,
    no_reason,
    only_kinds,
    subsets_of,
)
from selections.formats.shared.geometry import visible_box
from selections.formats.shared.names import subset_names
from selections.formats.shared.temporary_files import GrowingFiles, SmallFiles, TemporaryFiles

_NAME = "YOLO 1.1"
_ROOT = "data"  # of the paths in the lists
_SUBSET_WITHOUT_NAME = "train"
_RESERVED_SUBSETS = ("classes", "names", "backup")  # other values of obj.data
_LONGEST_CLASS = 10  # digits
_LINE_END = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def _lines(image: AnnotatedImage, classes: Mapping[str, int]) -> tuple[str, list[str]]:
    """The lines of an image, and for each object that has none the reason."""
    if not image.width or not image.height:
        return "", [NO_SIZE] * len(image.shapes)
    lines: list[str] = []
    left_out: list[str] = []
    for shape in image.shapes:
        number = classes.get(shape.label.name)
        if number is None:
            left_out.append(no_class(_NAME, shape.label))
        elif (box := visible_box(shape, image.width, image.height)) is None:
            left_out.append(NO_AREA)
        else:
            lines.append(_line(number, box, image))
    return "".join(lines), left_out


def _line(number: int, box: Box, image: AnnotatedImage) -> str:
    x1, x2 = box[0] / image.width, box[2] / image.width
    y1, y2 = box[1] / image.height, box[3] / image.height
    return f"{number} {(x1 + x2) / 2:.6f} {(y1 + y2) / 2:.6f} {x2 - x1:.6f} {y2 - y1:.6f}\n"


class _Writer:
    def __init__(self, tasks: Sequence[AnnotatedTask], folder: Path) -> None:
        self._temporary = TemporaryFiles(folder)
        self._classes = _classes(tasks)
        self._subsets = _subsets(subsets_of(tasks))
        self._labels = SmallFiles(self._temporary)
        self._lists = GrowingFiles(self._temporary)

    def add(self, image: AnnotatedImage) -> list[str]:
        lines, left_out = _lines(image, self._classes)
        self._labels.add(_label_path(image), lines.encode())
        self._lists.add(self._subsets[image.subset], _listed(image))
        return left_out

    def files(self, suffix: str) -> Iterator[File]:
        yield from self._labels.files()
        for file in self._lists.files():
            yield file._replace(path=f"{file.path}{suffix}.txt")
        names, data = _names(self._classes), _data(len(self._classes), list(self._lists), suffix)
        yield File(f"obj{suffix}.names", io.BytesIO(names), len(names))
        yield File(f"obj{suffix}.data", io.BytesIO(data), len(data))

    def close(self) -> None:
        self._temporary.close()


def _classes(tasks: Iterable[AnnotatedTask]) -> dict[str, int]:
    """Numbers in the order of the labels, used or not, from 0; without the points of skeletons."""
    labels = labels_by_name(labels_of(tasks))
    return {name: number for number, name in enumerate(labels)}


def _names(classes: Iterable[str]) -> bytes:
    return "".join(f"{_LINE_END.sub(' ', name)}\n" for name in classes).encode()


def _data(classes: int, subsets: Iterable[str], suffix: str) -> bytes:
    lists = [f"{subset} = {_ROOT}/{subset}{suffix}.txt\n" for subset in subsets]
    names = f"names = {_ROOT}/obj{suffix}.names\nbackup = backup/\n"
    return "".join([f"classes = {classes}\n", *lists, names]).encode()


def _listed(image: AnnotatedImage) -> bytes:
    return f"{_ROOT}/{image.path}\n".encode()


def _label_path(image: AnnotatedImage) -> str:
    return f"{posixpath.splitext(image.path)[0]}.txt"


def _subsets(names: Iterable[str]) -> dict[str, str]:
    return subset_names(names, default=_SUBSET_WITHOUT_NAME, reserved=_RESERVED_SUBSETS)


def _part_room(tasks: Sequence[AnnotatedTask]) -> Room:
    subsets, classes = set(_subsets(subsets_of(tasks)).values()), _classes(tasks)
    data = _data(len(classes), subsets, "_" * 100)
    return Room(2 + len(subsets), len(_names(classes)) + len(data))


def _image_room(image: AnnotatedImage) -> Room:
    classes = {shape.label.name: 10**_LONGEST_CLASS for shape in image.shapes}
    lines, _ = _lines(image, classes)
    return Room(1, len(lines.encode()) + len(_listed(image)))


FORMAT = Format(
    key="yolo_darknet",
    label="YOLO 1.1 (Darknet, boxes)",
    unsupported_reason=only_kinds(_NAME, ["rectangle"]),
    broken_reason=no_reason,
    holds_attribute=no_attribute,
    writer=_Writer,
    part_room=_part_room,
    image_room=_image_room,
    layout=Layout(
        lambda subsets: {name: f"obj_{safe}_data" for name, safe in _subsets(subsets).items()},
        unique_stems=True,
        # Darknet looks for the labels of a picture in `labels` where its path has one of these.
        reserved_folders=("images", "JPEGImages"),
        reserved_endings=(".txt",),
    ),
    has_fixed_names=True,
)
