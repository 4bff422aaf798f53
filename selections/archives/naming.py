"""What each frame is called inside the ZIP; pure.

CVAT's own path and name, folders kept, made safe for every file system that may unpack it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MANIFEST = "manifest.json"
LONGEST_PART = 200  # bytes; file systems take 255, and a clash adds to the name

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
# Control characters, lone surrogates, the marks that turn the reading direction around (which
# let a name show another ending than it has), and what Windows refuses.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff<>:\"|?*]"
)


class WantedFrame(NamedTuple):
    task_id: int
    job_id: int
    frame: int
    filename: str


def entry_names(
    frames: Iterable[WantedFrame], *, several_tasks: bool, quality: str
) -> Iterator[str]:
    """One path for each frame, in the given order, no two alike even where case is ignored."""
    taken = _Taken()
    for frame in frames:
        yield taken.take(_name(frame, several_tasks=several_tasks, quality=quality), frame.frame)


def _name(frame: WantedFrame, *, several_tasks: bool, quality: str) -> str:
    name = safe_path(frame.filename) or f"frame_{frame.frame:06d}.png"
    if quality == "compressed" and frame.filename:
        name = posixpath.splitext(name)[0] + ".jpg"  # whatever was uploaded, this is JPEG
    return f"task_{frame.task_id}/{name}" if several_tasks else name


def safe_path(path: str) -> str:
    """`path` without drive, root, dots and what file systems refuse; "" if nothing is left."""
    path = re.sub(r"^[A-Za-z]:(?=[\\/])", "", path)
    parts = (_safe_part(part) for part in path.replace("\\", "/").split("/"))
    return "/".join(part for part in parts if part)


def _safe_part(part: str) -> str:
    part = _UNSAFE.sub("_", part).strip(" ").rstrip(". ")
    if _RESERVED.fullmatch(part.partition(".")[0].rstrip(" ")):
        part = f"_{part}"
    return _shorten(part)


def _shorten(part: str) -> str:
    if len(part.encode()) <= LONGEST_PART:
        return part
    stem, extension = posixpath.splitext(part)
    if len(extension.encode()) > 20:
        stem, extension = part, ""
    room = LONGEST_PART - len(extension.encode())
    return stem.encode()[:room].decode(errors="ignore") + extension


class _Taken:
    """The names given so far. Compared without case: most people unpack where it is ignored."""

    def __init__(self) -> None:
        self._files = {MANIFEST.casefold()}
        self._folders: set[str] = set()

    def take(self, name: str, frame: int) -> str:
        stem, extension = posixpath.splitext(name)
        chosen, number = name, 1
        while self._clashes(chosen):
            again = f"_{number}" if number > 1 else ""
            chosen, number = f"{stem}_frame_{frame:06d}{again}{extension}", number + 1
        self._files.add(chosen.casefold())
        self._folders.update(_folders(chosen.casefold()))
        return chosen

    def _clashes(self, name: str) -> bool:
        key = name.casefold()
        return (
            key in self._files
            or key in self._folders
            or any(folder in self._files for folder in _folders(key))
        )


def _folders(key: str) -> Iterator[str]:
    while key := posixpath.dirname(key):
        yield key
