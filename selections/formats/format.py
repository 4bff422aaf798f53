"""What a format of annotations is, and what it is given."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cvat.annotations import Labels, Shape


class AnnotatedTask(NamedTuple):
    """A task of a selection."""

    id: int
    name: str
    subset: str
    is_video: bool
    labels: Labels


class AnnotatedImage(NamedTuple):
    """A picture of an archive with its objects, from below to above."""

    path: str  # in the ZIP
    width: int  # pixels
    height: int
    task_id: int
    source_frame: int  # its number in the uploaded video or list of files
    shapes: Sequence[Shape]


class File(NamedTuple):
    """A file of annotations for the ZIP, to be read from its present position."""

    path: str
    content: io.BufferedIOBase
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the pictures stand in an archive: in the folder for the subset of their task ("": at
    the top). With `unique_stems` no two are alike but for the extension."""

    folder: Callable[[str], str] = lambda subset: ""
    unique_stems: bool = False


AS_IN_CVAT = Layout()


@dataclass(frozen=True, slots=True)
class Format:
    """A format of annotations.

    - `lacks` says why the format cannot hold objects of a kind, `flaw` why it cannot hold this one
      although it can hold others of its kind; "" if it can.
    - `write` yields the files of a part of an archive, from its tasks and images. The folder is for
      temporary files; the name of each file ends with the given suffix before its extension, which
      differs from part to part.
    - `room` and `image_room` are how many files these are, and how many bytes they have at most: of
      a part without images, and what an image adds.
    """

    key: str
    label: str
    lacks: Callable[[Shape], str]
    flaw: Callable[[Shape], str]
    write: Callable[[Sequence[AnnotatedTask], Iterator[AnnotatedImage], Path, str], Iterator[File]]
    room: Callable[[Sequence[AnnotatedTask]], tuple[int, int]]
    image_room: Callable[[AnnotatedImage], tuple[int, int]]
    layout: Layout = AS_IN_CVAT


def in_words(kind: str) -> str:
    """The objects of a kind, such as "polylines"."""
    return kind if kind == "points" else f"{kind}s"
