"""Formats whose files are made from picture to picture: files of one picture, and files to which
many pictures add."""

from __future__ import annotations

import csv
import io
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from cvat.annotations import TAG, Label, Shape
from selections.formats.format import (
    AS_IN_CVAT,
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
    subsets_of,
)
from selections.formats.shared.layers import Color, label_colors
from selections.formats.shared.names import (
    DEFAULT_SUBSET,
    NO_LABEL,
    distinct_names,
    label_names,
    subset_names,
)
from selections.formats.shared.temporary_files import GrowingFiles, SmallFiles, TemporaryFiles

_COUNT_DIGITS = 10  # at most
_HEAD_ROOM = 400  # bytes: of the first lines of a shared file, beside names of labels
_NUMBER_ROOM = 20  # bytes: what the numbers of classes and changes to names add to a line
_PNG_ROOM = 1000  # bytes, and an eighth: what other colors add to a PNG file


class SharedFile(NamedTuple):
    """A file to which pictures add. The suffix of the part stands before the extension."""

    path: str
    head: str = ""


class Content(NamedTuple):
    """What a picture adds to the files, and the reason of each object that has no place there."""

    left_out: Sequence[str] = ()
    own: Sequence[tuple[str, bytes]] = ()  # path and content of files of this picture alone
    shared: Sequence[tuple[SharedFile, str]] = ()  # text that is added to files
    counted: Sequence[tuple[str, str]] = ()  # subset and label that the picture counts for


class Classes:
    """The labels of an archive, those of one name being one, in the order of their ids, and the
    names of the subsets in the files."""

    def __init__(
        self, labels: Iterable[Label], subsets: Iterable[str], reserved: Collection[str] = ()
    ) -> None:
        self.labels = labels_by_name(labels)
        self.numbers: Mapping[str, int] = {name: n for n, name in enumerate(self.labels)}
        given = set(subsets)
        self.subsets = subset_names(given, default=DEFAULT_SUBSET, reserved=reserved)
        self.used_subsets = sorted({self.subsets[name] for name in given})

    @cached_property
    def colors(self) -> Mapping[str, Color]:
        return label_colors(self.labels.values())

    @cached_property
    def words(self) -> Mapping[str, str]:
        """For each name of a label one word, for formats whose values are separated by spaces."""
        words = distinct_names(self.labels, _word, fold=str)
        return {name: words[name] for name in self.labels}

    @cached_property
    def folders(self) -> Mapping[str, str]:
        """For each name of a label one word that is the name of a folder as well."""
        folders = label_names(self.words.values(), reserved=[NO_LABEL])
        return {name: folders[word] for name, word in self.words.items()}

    def folder(self, image: AnnotatedImage, pattern: str) -> str:
        """A folder of the subset of a picture, with a slash at its end; `pattern` as for the
        folders of a Layout, such as "{subset}/images"."""
        return f"{pattern.format(subset=self.subsets[image.subset])}/"

    def tags(self, image: AnnotatedImage) -> list[str]:
        """The labels of the tags of a picture, each once, in the order of the labels."""
        names = {shape.label.name for shape in image.shapes if shape.kind == TAG}
        return sorted(names & self.numbers.keys(), key=self.numbers.__getitem__)


def _word(name: str) -> str:
    return re.sub(r"\s+", "_", name) or "_"


def one_line(text: str) -> str:
    """The text without line breaks."""
    return " ".join(text.splitlines())


def table(rows: Iterable[Sequence[str]]) -> str:
    """The rows as CSV."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


Describe = Callable[[AnnotatedImage, Classes], Content]
# How many pictures count for a subset and a label, see Content.
Counts = Mapping[tuple[str, str], int]
Fixed = Callable[[Classes, Counts], Sequence[tuple[SharedFile, str]]]


class PictureFiles:
    """How the files are written. `describe` makes the content of a picture, `fixed` the text of
    files that each part has. `shared_files`: how many further files a subset has at most, or with
    `is_by_task` a task of a subset. `counts_labels`: the fixed files count the pictures of each
    label and subset."""

    def __init__(
        self,
        describe: Describe,
        fixed: Fixed = lambda classes, counts: (),
        *,
        name: str,
        shared_files: int = 0,
        is_by_task: bool = False,
        reserved: Collection[str] = (),
        counts_labels: bool = False,
    ) -> None:
        self._describe = describe
        self.fixed = fixed
        self.name = name
        self._shared_files = shared_files
        self._is_by_task = is_by_task
        self._reserved = reserved
        self._counts_labels = counts_labels

    def format(
        self,
        key: str,
        label: str,
        *,
        unsupported_reason: Callable[[Shape], str],
        broken_reason: Callable[[Shape], str] = no_reason,
        holds_attribute: Callable[[str, str], bool] = no_attribute,
        layout: Layout = AS_IN_CVAT,
        picture_paths: Callable[[Classes], PicturePaths] | None = None,
    ) -> Format:
        """`picture_paths`: where pictures stand, if that depends on their objects, see Format."""
        return Format(
            key=key,
            label=label,
            unsupported_reason=unsupported_reason,
            broken_reason=broken_reason,
            holds_attribute=holds_attribute,
            writer=self.writer,
            part_room=self.part_room,
            image_room=self.image_room,
            layout=layout,
            picture_paths=(lambda tasks: picture_paths(self.classes(tasks)))
            if picture_paths
            else None,
            has_fixed_names=True,
        )

    def writer(self, tasks: Sequence[AnnotatedTask], folder: Path) -> _Writer:
        return _Writer(self, self.classes(tasks), folder)

    def classes(self, tasks: Sequence[AnnotatedTask]) -> Classes:
        return Classes(labels_of(tasks), subsets_of(tasks), self._reserved)

    def folders(self, folder: str) -> Callable[[Iterable[str]], Mapping[str, str]]:
        """The `folders` of a Layout: the folder with the name of the subset in it."""
        return lambda subsets: {
            name: folder.format(subset=subset)
            for name, subset in Classes((), subsets, self._reserved).subsets.items()
        }

    def folders_of_several(self, subsets: Iterable[str]) -> Mapping[str, str]:
        """The `folders` of a Layout: the name of the subset if there are several, else none."""
        names = set(subsets)
        return self.folders("{subset}")(names) if len(names) > 1 else dict.fromkeys(names, "")

    def part_room(self, tasks: Sequence[AnnotatedTask]) -> Room:
        classes = self.classes(tasks)
        counts = {
            (subset, label): 10**_COUNT_DIGITS
            for subset in classes.used_subsets
            for label in (classes.labels if self._counts_labels else ())
        }
        fixed = self.fixed(classes, counts)
        count = self._shared_files * len(classes.used_subsets)
        count *= len(tasks) if self._is_by_task else 1
        length = sum(len(file.head.encode()) + len(text.encode()) for file, text in fixed)
        head = _HEAD_ROOM + sum(len(name.encode()) + 1 for name in classes.labels)
        return Room(len(fixed) + count, length + count * head)

    def image_room(self, image: AnnotatedImage) -> Room:
        classes = Classes((shape.label for shape in image.shapes), [image.subset], self._reserved)
        content = self.describe(image, classes)
        length = _NUMBER_ROOM * (len(image.shapes) + 5)
        length += sum(len(text.encode()) + _NUMBER_ROOM for _, text in content.shared)
        for path, each in content.own:
            length += len(each) + (len(each) // 8 + _PNG_ROOM if path.endswith(".png") else 0)
        return Room(len(content.own), length)

    def describe(self, image: AnnotatedImage, classes: Classes) -> Content:
        """The content of a picture; objects without a class are left out."""
        known = [shape for shape in image.shapes if shape.label.name in classes.numbers]
        content = self._describe(image._replace(shapes=known), classes)
        unknown = [
            no_class(self.name, shape.label)
            for shape in image.shapes
            if shape.label.name not in classes.numbers
        ]
        return content._replace(left_out=[*unknown, *content.left_out])


class _Writer:
    def __init__(self, files: PictureFiles, classes: Classes, folder: Path) -> None:
        self._files, self._classes = files, classes
        self._temporary = TemporaryFiles(folder)
        self._own = SmallFiles(self._temporary)
        self._shared = GrowingFiles(self._temporary)
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, image: AnnotatedImage) -> Sequence[str]:
        content = self._files.describe(image, self._classes)
        for path, each in content.own:
            self._own.add(path, each)
        self._add_shared(content.shared)
        self._counts.update(content.counted)
        return content.left_out

    def files(self, suffix: str) -> Iterator[File]:
        yield from self._own.files()
        self._add_shared(self._files.fixed(self._classes, self._counts))
        for file in self._shared.files():
            stem, extension = posixpath.splitext(file.path)
            yield file._replace(path=f"{stem}{suffix}{extension}")

    def close(self) -> None:
        self._temporary.close()

    def _add_shared(self, texts: Iterable[tuple[SharedFile, str]]) -> None:
        for file, text in texts:
            if file.path not in self._shared:
                self._shared.add(file.path, file.head.encode())
            self._shared.add(file.path, text.encode())


def too_many(name: str, kind: str) -> str:
    """The reason of an object that is one too many on its picture."""
    return f"{name} has no place for more than one {kind} on a picture"
