"""Which uploaded picture takes the place of which frame's, by their names. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from cvat.types import Place
from publishing.stored_files import UploadedPicture

# What becomes of frames without a replacement.
KEEP_ORIGINAL = "original"
UNREPLACED_FRAMES = ((KEEP_ORIGINAL, "Upload their originals"),)
Named = TypeVar("Named")
NameOf = Callable[[str], str]
_OF_VIDEO = (".png", ".jpg", ".jpeg")  # as the portal names frames of videos in its archives


class ReplaceableFrame(NamedTuple):
    """A frame that is about to be published. `filename` as in CVAT; width and height are 0 where
    they are not known."""

    task_id: int
    frame: int
    filename: str
    width: int = 0
    height: int = 0

    @property
    def place(self) -> Place:
        return self.task_id, self.frame

    @property
    def names(self) -> tuple[str, ...]:
        """Under which its picture may have been uploaded: as in CVAT, or as in an archive."""
        name = self.filename.replace("\\", "/").lstrip("/")
        names = (name,) if name else self._names_of_video
        return (*(f"task_{self.task_id}/{name}" for name in names), *names)

    @property
    def _names_of_video(self) -> tuple[str, ...]:
        return tuple(f"frame_{self.frame:06d}{suffix}" for suffix in _OF_VIDEO)


class ReplacedFrame(NamedTuple):
    """`number` is that of the picture in its upload."""

    task_id: int
    frame: int
    number: int

    @property
    def place(self) -> Place:
        return self.task_id, self.frame


@dataclass(frozen=True, slots=True)
class Replacements:
    """`pictures` by the frame that they replace; `remaining` are the frames that none replaces,
    `unused` the paths of pictures that replace none."""

    pictures: dict[Place, UploadedPicture]
    remaining: tuple[ReplaceableFrame, ...]
    unused: tuple[str, ...]


def match(frames: Sequence[ReplaceableFrame], pictures: Sequence[UploadedPicture]) -> Replacements:
    """Find the picture for each frame by one of its names: by the whole path, else by the path
    below the one folder that all pictures lie in, else by the file name. A name counts where one
    frame and one picture alone have it."""
    shared = _shared_folder(pictures)
    matched: dict[Place, UploadedPicture] = {}
    remaining, unused = list(frames), list(pictures)
    rounds: tuple[tuple[NameOf, NameOf], ...] = (
        (str, str),
        (lambda path: path.removeprefix(shared), str),
        (posixpath.basename, posixpath.basename),
    )
    for of_picture, of_frame in rounds:
        pictures_by_name = _by_name((of_picture(each.path), each) for each in unused)
        frames_by_name = _by_name(
            (of_frame(name), each) for each in remaining for name in each.names
        )
        for frame in remaining:
            for name in map(of_frame, frame.names):
                if len(pictures_by_name.get(name, ())) == len(frames_by_name[name]) == 1:
                    [matched[frame.place]] = pictures_by_name[name]
                    break
        used = {picture.number for picture in matched.values()}
        remaining = [frame for frame in remaining if frame.place not in matched]
        unused = [picture for picture in unused if picture.number not in used]
    return Replacements(matched, tuple(remaining), tuple(picture.path for picture in unused))


def _by_name(named: Iterable[tuple[str, Named]]) -> dict[str, list[Named]]:
    """What has each name; twice the same counts once."""
    by_name: dict[str, list[Named]] = {}
    for name, each in named:
        same = by_name.setdefault(name, [])
        if not same or same[-1] is not each:
            same.append(each)
    return by_name


def _shared_folder(pictures: Iterable[UploadedPicture]) -> str:
    """The first folder of all paths, with its slash; "" unless they share one."""
    folders = {
        picture.path.partition("/")[0] if "/" in picture.path else "" for picture in pictures
    }
    return f"{folders.pop()}/" if len(folders) == 1 and folders != {""} else ""
