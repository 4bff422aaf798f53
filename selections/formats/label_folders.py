"""The formats in which a picture stands in the folder of its tag: ImageNet, and Ultralytics YOLO
Classification. A picture with several tags stands in several folders, one without in `no_label`."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from cvat.annotations import TAG
from selections.formats.format import (
    AnnotatedImage,
    AnnotatedTask,
    File,
    Format,
    Layout,
    PicturePaths,
    Room,
    labels_by_name,
    labels_of,
    no_attribute,
    no_class,
    no_reason,
    only_kinds,
    subsets_of,
)
from selections.formats.shared.names import DEFAULT_SUBSET, NO_LABEL, label_names, subset_names
from selections.formats.shared.temporary_files import GrowingFiles, TemporaryFiles

_LONGEST_FOLDER = 300  # bytes


def _classes(tasks: Iterable[AnnotatedTask]) -> dict[str, str]:
    """The folder of each label, used or not, in the order of the labels."""
    labels = labels_by_name(labels_of(tasks))
    files = [name for name in labels if name.casefold().endswith(".json")]
    folders = label_names(labels, reserved=[NO_LABEL, *files])
    return {label: folders[label] for label in labels}


def _tags(image: AnnotatedImage, classes: Mapping[str, str]) -> list[str]:
    """The folders of the tags of a picture, each once, in the order of their names: the order of
    the tags on a frame is not defined."""
    return sorted({classes[name] for name in _names(image) if name in classes})


def _names(image: AnnotatedImage) -> Iterator[str]:
    return (shape.label.name for shape in image.shapes if shape.kind == TAG)


def _no_class(name: str, image: AnnotatedImage, classes: Mapping[str, str]) -> list[str]:
    labels = (shape.label for shape in image.shapes)
    return [no_class(name, label) for label in labels if label.name not in classes]


class _Folders:
    """Where pictures stand: `subset`/`label`/`path`."""

    def __init__(self, name: str, layout: Callable[[Iterable[str]], Mapping[str, str]]) -> None:
        self.name = name
        self.layout = Layout(layout, unique_stems=True)

    def picture_paths(self, tasks: Sequence[AnnotatedTask]) -> PicturePaths:
        classes, folders = _classes(tasks), self.layout.folders(subsets_of(tasks))

        def paths(image: AnnotatedImage) -> list[str]:
            folder = folders[image.subset]
            path = image.path.removeprefix(f"{folder}/")
            tags = _tags(image, classes) or [NO_LABEL]
            return [posixpath.join(folder, tag, path) for tag in tags]

        return paths


# --- ImageNet ---

_SPLITS = {
    "train": "training",
    "val": "validation",
    "validation": "validation",
    "test": "testing",
}


def _split_folders(subsets: Iterable[str]) -> dict[str, str]:
    """The folders of subsets; without any the pictures are in no folder of a subset."""
    given = set(subsets) - {""}
    if not given:
        return {"": ""}
    splits = {name: _SPLITS.get(name.casefold(), name) for name in given}
    folders = subset_names(splits.values(), default=DEFAULT_SUBSET)
    return {name: folders[split] for name, split in splits.items()} | {"": folders[""]}


class _ImageNetWriter:
    def __init__(self, tasks: Sequence[AnnotatedTask], folder: Path) -> None:
        self._classes = _classes(tasks)

    def add(self, image: AnnotatedImage) -> list[str]:
        return _no_class(_IMAGENET.name, image, self._classes)

    def files(self, suffix: str) -> Iterator[File]:
        content = _numbers(self._classes)
        yield File(f"labels{suffix}.json", io.BytesIO(content), len(content))

    def close(self) -> None:
        pass


def _numbers(classes: Mapping[str, str]) -> bytes:
    """The class number of each folder, from 0 in the order of the labels."""
    numbers = {folder: number for number, folder in enumerate(classes.values())}
    return msgspec.json.format(msgspec.json.encode(numbers), indent=1) + b"\n"


def _imagenet_part_room(tasks: Sequence[AnnotatedTask]) -> Room:
    return Room(1, len(_numbers(_classes(tasks))))


_IMAGENET = _Folders("ImageNet", _split_folders)
IMAGENET = Format(
    key="imagenet",
    label="ImageNet (a folder for each tag)",
    unsupported_reason=only_kinds(_IMAGENET.name, [TAG]),
    broken_reason=no_reason,
    holds_attribute=no_attribute,
    writer=_ImageNetWriter,
    part_room=_imagenet_part_room,
    image_room=lambda image: Room(0, 0),
    layout=_IMAGENET.layout,
    picture_paths=_IMAGENET.picture_paths,
)


# --- Ultralytics YOLO Classification ---


def _subset_folders(subsets: Iterable[str]) -> dict[str, str]:
    return subset_names(subsets, default="train")


class _ClassificationWriter:
    """Beside the folders a file names the tags of each picture, as CVAT writes it, so that a
    picture in several folders can be read as one."""

    def __init__(self, tasks: Sequence[AnnotatedTask], folder: Path) -> None:
        self._temporary = TemporaryFiles(folder)
        self._classes = _classes(tasks)
        self._folders = _subset_folders(subsets_of(tasks))
        self._files = GrowingFiles(self._temporary)

    def add(self, image: AnnotatedImage) -> list[str]:
        folder = self._folders[image.subset]
        before = b",\n" if folder in self._files else b"{\n"
        self._files.add(folder, before + _described(image, self._classes))
        return _no_class(_CLASSIFICATION.name, image, self._classes)

    def files(self, suffix: str) -> Iterator[File]:
        for folder in list(self._files):
            self._files.add(folder, b"\n}\n")
        for file in self._files.files():
            yield file._replace(path=f"{file.path}/labels{suffix}.json")

    def close(self) -> None:
        self._temporary.close()


def _described(image: AnnotatedImage, classes: Mapping[str, str]) -> bytes:
    """The line of a picture: its name without extension, its tags, and where it stands."""
    _, folder, path = image.path.split("/", 2)
    tags = [name for name in sorted(set(_names(image))) if name in classes]
    about = {"labels": tags, "path": f"{folder}/{path}"}
    key = msgspec.json.encode(posixpath.splitext(path)[0])
    return key + b": " + msgspec.json.encode(about)


def _classification_part_room(tasks: Sequence[AnnotatedTask]) -> Room:
    subsets = len(set(_subset_folders(subsets_of(tasks)).values()))
    return Room(subsets, subsets * 10)


def _classification_image_room(image: AnnotatedImage) -> Room:
    classes = {name: name for name in _names(image)}
    return Room(0, len(_described(image, classes)) + _LONGEST_FOLDER)


_CLASSIFICATION = _Folders("YOLO Classification", _subset_folders)
CLASSIFICATION = Format(
    key="yolo_classification",
    label="Ultralytics YOLO Classification (a folder for each tag)",
    unsupported_reason=only_kinds(_CLASSIFICATION.name, [TAG]),
    broken_reason=no_reason,
    holds_attribute=no_attribute,
    writer=_ClassificationWriter,
    part_room=_classification_part_room,
    image_room=_classification_image_room,
    layout=_CLASSIFICATION.layout,
    picture_paths=_CLASSIFICATION.picture_paths,
)
