"""Annotations copied to the pictures of the same name in another task: which picture is which, and
the requests that write them. Pure."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cvat.pictures import possible_sizes
from publishing.change import Change, objects_in_words

MOST_FRAMES = 20_000  # of a task
MOST_OBJECTS = 50_000  # in one publication, whose record holds them
# Bytes of these objects as JSON: more would keep others from writing for over half a second, where
# the database is SQLite.
LARGEST = 12 * 1024**2

NO_FRAME = "no picture of the task has this name"
TWICE = "several pictures here have this name"
SEVERAL = "several pictures of the task have this name"

# What can be left out. What is counted is one of these, a colon and the reason.
OBJECTS, VALUES = "objects", "attribute values"
UNMATCHED_OBJECTS = "objects on pictures without a counterpart"
OBJECTS_OR_VALUES = "objects or attribute values"
_SINGULARS = {
    OBJECTS: "object",
    VALUES: "attribute value",
    UNMATCHED_OBJECTS: "object on a picture without a counterpart",
    OBJECTS_OR_VALUES: "object or attribute value",
}


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """`labels` leads from names of labels to those of the task, "" for those to be left out; others
    keep their names. `partly`: copy what fits although something else does not. `add`: also to
    frames that have objects already. `source` names what is copied from, for people."""

    source: str
    labels: Mapping[str, str] = field(default_factory=dict)
    partly: bool = False
    add: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"labels": dict(self.labels)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CopyOptions:
        return cls(**data)


@dataclass(frozen=True, slots=True)
class NamedPicture:
    """The picture of a frame, by its name with folders. 0 x 0: the size is not known. The size of a
    frame of a video is that of the video, in whose pixels CVAT has its objects."""

    frame: int
    name: str
    width: int = 0
    height: int = 0
    is_of_video: bool = False


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A picture that has no counterpart. `reason` completes "Left out, because ..."."""

    picture: NamedPicture
    reason: str


@dataclass(frozen=True, slots=True)
class Resized:
    """A picture and its counterpart of another size."""

    picture: NamedPicture
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Match:
    """Which picture of a task is the same as which other one. `frames` has the frame of the task by
    the other frame; `by_base_name` counts those that are in another folder there."""

    frames: Mapping[int, int]
    by_base_name: int
    unmatched: Sequence[Unmatched]
    resized: Sequence[Resized]


@dataclass(frozen=True, slots=True)
class JobObjects:
    """Objects for a job in CVAT's form, and how many of them it lacks, on how many frames."""

    job_id: int
    objects: Mapping[str, Any]
    lacking: int
    frames_count: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> JobObjects:
        return cls(**data)


def match(pictures: Iterable[NamedPicture], of_task: Sequence[NamedPicture]) -> Match:
    """Find each picture in the task by its name: by the whole path, else by the path without its
    extension (in PASCAL VOC all are .jpg), the base name, or that without its extension, where
    this is unique on both sides."""
    pictures = list(pictures)
    known = [(_by(of_task, key), Counter(map(key, pictures))) for key in _KEYS]
    frames: dict[int, int] = {}
    by_base_name = 0
    unmatched, resized = [], []
    for picture in pictures:
        same: Sequence[NamedPicture] = ()
        own = 0
        for key, (in_task, here) in zip(_KEYS, known, strict=True):
            same, own = in_task.get(key(picture), ()), here[key(picture)]
            if same:
                break
        if len(same) == 1 and own == 1:
            [counterpart] = same
            frames[picture.frame] = counterpart.frame
            by_base_name += _stem(picture) != _stem(counterpart)
            if _differ(picture, counterpart):
                resized.append(Resized(picture, counterpart.width, counterpart.height))
        else:
            reason = NO_FRAME if not same else SEVERAL if len(same) > 1 else TWICE
            unmatched.append(Unmatched(picture, reason))
    return Match(frames, by_base_name, unmatched, resized)


def left_out_in_words(counted: str, count: int) -> str:
    """Such as “2 objects: the label has no name” of “objects: the label has no name”, or
    “It cannot be read: 2” of a whole sentence."""
    what, _, reason = counted.partition(": ")
    if what not in _SINGULARS:
        return f"{counted.removesuffix('.')}: {count:,}"
    return f"{count:,} {_SINGULARS[what] if count == 1 else what}: {reason}"


def object_creation(job_id: int, *, count: int) -> Change:
    """The request that adds objects to a job (cvat-api 14.9)."""
    text = f"Add {objects_in_words(count)} to job {job_id}"
    return Change("PATCH", f"/api/jobs/{job_id}/annotations?action=create", text)


def _path(picture: NamedPicture) -> str:
    return posixpath.normpath(picture.name.replace("\\", "/")).lstrip("/")


def _base(picture: NamedPicture) -> str:
    return posixpath.basename(_path(picture))


def _stem(picture: NamedPicture) -> str:
    """The path without its extension."""
    return posixpath.splitext(_path(picture))[0]


def _base_stem(picture: NamedPicture) -> str:
    return posixpath.basename(_stem(picture))


_KEYS: tuple[Callable[[NamedPicture], str], ...] = (_path, _stem, _base, _base_stem)


def _by(pictures: Iterable[NamedPicture], key: Any) -> dict[str, list[NamedPicture]]:
    named: dict[str, list[NamedPicture]] = {}
    for picture in pictures:
        named.setdefault(key(picture), []).append(picture)
    return named


def _differ(picture: NamedPicture, other: NamedPicture) -> bool:
    sizes, others = _sizes(picture), _sizes(other)
    return bool(sizes and others) and sizes.isdisjoint(others)


def _sizes(picture: NamedPicture) -> set[tuple[int, int]]:
    return possible_sizes(picture.width, picture.height, is_of_video=picture.is_of_video)
