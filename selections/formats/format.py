"""The interface of an annotation format, and the values that it receives."""

from __future__ import annotations

import io
from collections.abc import (
    Callable,
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from cvat.annotations import Label, Labels, Shape

# Why an object is not in the files, see Writer.add.
NO_AREA = "no area in the picture"
NO_SIZE = "the size of the picture is not known"

ELEMENT = "element"  # a point of a skeleton, see Format.holds_attribute
BROKEN_OBJECT = (ValueError, ArithmeticError, IndexError)  # what a format fails with on an object


class AnnotatedTask(NamedTuple):
    """A task of a selection. `splits`: the subsets of its pictures, if the archive is split."""

    id: int
    name: str
    subset: str
    is_video: bool
    labels: Labels
    splits: tuple[str, ...] = ()


class AnnotatedImage(NamedTuple):
    """A picture of an archive with its objects, from below to above."""

    path: str  # in the ZIP
    width: int  # pixels
    height: int
    task_id: int
    source_frame: int  # its number in the uploaded video or list of files
    shapes: Sequence[Shape]
    subset: str = ""  # its split, else the subset of its task


def labels_of(tasks: Iterable[AnnotatedTask]) -> Iterator[Label]:
    """The labels of all tasks in their order, without the points of skeletons."""
    return (label for task in tasks for label in task.labels)


def labels_by_name(labels: Iterable[Label]) -> dict[str, Label]:
    """The first label of each name, in their order: labels of one name are one class."""
    first: dict[str, Label] = {}
    for label in labels:
        first.setdefault(label.name, label)
    return first


def subsets_of(tasks: Iterable[AnnotatedTask]) -> set[str]:
    """All subsets that pictures of the tasks can be in."""
    return {subset for task in tasks for subset in task.splits or (task.subset,)}


def instance_keys(shapes: Sequence[Shape]) -> list[Hashable]:
    """A key for each object: objects of one label in one group have the same key, because formats
    with instances take them for one. Labels are told apart by their names in the files."""
    return [
        (shape.group, shape.label.name) if shape.group else position
        for position, shape in enumerate(shapes)
    ]


class File(NamedTuple):
    """A file of annotations for the ZIP, to be read from its present position."""

    path: str
    content: io.BufferedIOBase
    size: int  # bytes


class Room(NamedTuple):
    """The most files and bytes that something can add to a part."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where pictures stand in an archive."""

    # The folder of each subset; "" is the top.
    folders: Callable[[Iterable[str]], Mapping[str, str]] = lambda subsets: dict.fromkeys(
        subsets, ""
    )
    # Paths differ in more than the extension.
    unique_stems: bool = False
    # Names that no folder below that of the subset may have.
    reserved_folders: Collection[str] = ()
    # How no folder below may end, in lower case: a file of annotations beside a picture does.
    reserved_endings: tuple[str, ...] = ()
    # The folder, in that of subset and task, where pictures are called by their numbers, from
    # 000001; "" if they keep their names.
    numbered_in: str = ""
    # The end of each name, before its extension.
    name_end: str = ""
    # How many bytes longer than that of a picture the name of a file of annotations can be.
    longest_addition: int = 0
    # No path begins with white space.
    strips_start: bool = False


AS_IN_CVAT = Layout()


class Writer(Protocol):
    """Writes the files of annotations of a part of an archive. Holds temporary files until it is
    closed."""

    def add(self, image: AnnotatedImage) -> Sequence[str]:
        """Add a picture. Returns, for each of its objects that the files cannot hold, the
        reason. If an object makes it fail, nothing of the picture is written."""

    def files(self, suffix: str) -> Iterator[File]:
        """The files, after the last image. The name of each ends with the suffix before its
        extension, which differs from part to part."""

    def close(self) -> None: ...


PicturePaths = Callable[[AnnotatedImage], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Format:
    """A format of annotations."""

    key: str
    label: str
    # Why the format cannot hold objects of a kind; "" if it can.
    unsupported_reason: Callable[[Shape], str]
    # Why it cannot hold this object although it can hold others of its kind; "" if it can.
    broken_reason: Callable[[Shape], str]
    # Whether the files have a place for the value of an attribute of objects that they hold, by the
    # kind of the object (or ELEMENT) and the name of the attribute.
    holds_attribute: Callable[[str, str], bool]
    # Makes the writer of a part, from the tasks of the archive and the folder for temporary files.
    writer: Callable[[Sequence[AnnotatedTask], Path], Writer]
    # The most that a part needs before its first picture.
    part_room: Callable[[Sequence[AnnotatedTask]], Room]
    # The most that a picture adds.
    image_room: Callable[[AnnotatedImage], Room]
    layout: Layout = AS_IN_CVAT
    # If the paths of a picture depend on its objects: makes from the tasks of the archive the
    # function that returns them, at least one, from the path in the layout.
    picture_paths: Callable[[Sequence[AnnotatedTask]], PicturePaths] | None = None
    # Readers look for files under their exact names, so these differ between the parts of an
    # archive alone, and not between selections.
    has_fixed_names: bool = False

    def holds_kind(self, kind: str) -> bool:
        """Whether there is a place for objects of a kind: for all, or for some of them."""
        reason = self.unsupported_reason(Shape(kind, Label(0, ""), frame=0))
        return not reason.endswith(f" {plural(kind)}")

    @property
    def cannot_hold(self) -> str:
        """The reason of an object that makes the format raise BROKEN_OBJECT."""
        return f"the format {self.label} cannot hold its numbers"


def no_area(image: AnnotatedImage) -> str:
    """The reason of an object of which nothing lies in the picture."""
    return NO_AREA if image.width and image.height else NO_SIZE


def no_reason(shape: Shape) -> str:
    """The `unsupported_reason` or `broken_reason` of a format that can hold every object."""
    return ""


def every_attribute(kind: str, name: str) -> bool:
    """The `holds_attribute` of a format with a place for all attributes."""
    return True


def no_attribute(kind: str, name: str) -> bool:
    """The `holds_attribute` of a format that has a place for none."""
    return False


def only_attributes(names: Collection[str], kinds: Collection[str]) -> Callable[[str, str], bool]:
    """The `holds_attribute` of a format that has a place for these attributes of these kinds."""

    def holds_attribute(kind: str, name: str) -> bool:
        return kind in kinds and name in names

    return holds_attribute


def only_kinds(name: str, kinds: Collection[str]) -> Callable[[Shape], str]:
    """The `unsupported_reason` of a format of that name that can hold objects of these kinds."""

    def unsupported_reason(shape: Shape) -> str:
        return "" if shape.kind in kinds else unsupported(name, plural(shape.kind))

    return unsupported_reason


def unsupported(name: str, kinds: str) -> str:
    """The reason of an object of kinds that the format of that name has no place for."""
    return f"{name} has no place for {kinds}"


def plural(kind: str) -> str:
    """The objects of a kind, such as "polylines"."""
    return kind if kind == "points" else f"{kind}s"


def counted(count: int, kind: str) -> str:
    """So many objects of a kind, such as "3 polylines" or "1 set of points"."""
    noun = "set" if kind == "points" else kind
    words = noun if count == 1 else f"{noun}s"
    return f"{count:,} {words} of points" if kind == "points" else f"{count:,} {words}"


def no_class(name: str, label: Label) -> str:
    """The reason of an object whose label is none of the classes of the format of that name."""
    return f"{name} has no class for the label {label.name!r:.60}"
