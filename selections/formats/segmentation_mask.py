"""The format Segmentation mask 1.1: for each picture one that shows the class of each pixel, and
one that shows the object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from selections.formats.format import (
    AnnotatedImage,
    AnnotatedTask,
    File,
    Format,
    Room,
    no_attribute,
    only_kinds,
)
from selections.formats.shared import masks, voc
from selections.formats.shared.geometry import AREAS
from selections.formats.shared.temporary_files import GrowingFiles, SmallFiles, TemporaryFiles
from selections.formats.shared.voc import VocClasses, line, stem_of, subsets, with_class

_NAME = "Segmentation mask"


class _Writer:
    def __init__(self, tasks: Sequence[AnnotatedTask], folder: Path) -> None:
        self._temporary = TemporaryFiles(folder)
        self._classes = VocClasses(tasks, has_label_colors=True)
        self._subsets = subsets(tasks)
        self._pictures = SmallFiles(self._temporary)
        self._lists = GrowingFiles(self._temporary)

    def add(self, image: AnnotatedImage) -> list[str]:
        stem = stem_of(image)
        shapes, left_out = with_class(image, self._classes, name=_NAME)
        files, reasons = voc.painted(
            image, stem, shapes, numbers=self._classes.numbers, colors=self._classes.colors
        )
        for path, content in files:
            self._pictures.add(path, content)
        if files:
            subset = self._subsets[image.subset]
            self._lists.add(f"{voc.MASK_LISTS}/{subset}", line(stem))
        return left_out + reasons

    def files(self, suffix: str) -> Iterator[File]:
        yield from self._pictures.files()
        for file in self._lists.files():
            yield file._replace(path=f"{file.path}{suffix}.txt")
        yield voc.labelmap(self._classes, suffix)

    def close(self) -> None:
        self._temporary.close()


def _part_room(tasks: Sequence[AnnotatedTask]) -> Room:
    classes = VocClasses(tasks, has_label_colors=True)
    return Room(1 + len(set(subsets(tasks).values())), len(classes.labelmap()))


def _image_room(image: AnnotatedImage) -> Room:
    stem = stem_of(image)
    files, length = voc.painted_room(image, stem, image.shapes)
    return Room(files, length + len(line(stem)))


FORMAT = Format(
    key="segmentation_mask",
    label="Segmentation mask 1.1 (painted areas)",
    unsupported_reason=only_kinds(_NAME, AREAS),
    broken_reason=masks.mask_broken_reason,
    holds_attribute=no_attribute,
    writer=_Writer,
    part_room=_part_room,
    image_room=_image_room,
    layout=voc.LAYOUT,
    has_fixed_names=True,
)
