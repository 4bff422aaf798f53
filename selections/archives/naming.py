"""What each frame is called inside the ZIP; pure.

CVAT's own path and name, folders kept, made safe for every file system that may unpack it.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

LONGEST_PART = 200  # bytes; file systems take 255, and a clash adds to the name

_MANIFEST = re.compile(r"manifest(_part\d+)?\.json", re.IGNORECASE)
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


class Names:
    """Gives one path for each frame, in the order asked, no two alike even where case is ignored:
    most people unpack where it is. So the same frames in the same order have the same names."""

    def __init__(self, *, several_tasks: bool, quality: str) -> None:
        self._several_tasks = several_tasks
        self._quality = quality
        self._files: set[bytes] = set()
        self._folders: set[bytes] = set()

    def take(self, frame: WantedFrame, extension: str, *, is_recompressed: bool = False) -> str:
        """`extension` is that of the picture's real kind, for where CVAT has no name or what it
        serves is no longer what was uploaded."""
        folder, base = posixpath.split(self._name(frame, extension, is_recompressed))
        name = posixpath.join(self._free_folder(folder), base)
        stem, suffix = posixpath.splitext(name)
        chosen, number = name, 1
        while self._clashes(chosen):
            again = f"_{number}" if number > 1 else ""
            chosen, number = f"{stem}_frame_{frame.frame:06d}{again}{suffix}", number + 1
        self._files.add(_key(chosen))
        self._folders.update(_key(folder) for folder in _folders(chosen))
        return chosen

    def _name(self, frame: WantedFrame, extension: str, is_recompressed: bool) -> str:
        name = safe_path(frame.filename) or f"frame_{frame.frame:06d}{extension or '.png'}"
        if (self._quality == "compressed" or is_recompressed) and frame.filename:
            name = posixpath.splitext(name)[0] + (extension or ".jpg")  # whatever was uploaded
        return f"task_{frame.task_id}/{name}" if self._several_tasks else name

    def _free_folder(self, folder: str) -> str:
        """The folder, with `_` after each of its parts that is called as a file is."""
        free = ""
        for part in folder.split("/") if folder else ():
            free = posixpath.join(free, part)
            while self._is_file(free):
                free += "_"
        return free

    def _clashes(self, name: str) -> bool:
        return self._is_file(name) or _key(name) in self._folders

    def _is_file(self, name: str) -> bool:
        return _MANIFEST.fullmatch(name) is not None or _key(name) in self._files


def manifest_name(part: int | None) -> str:
    """Of the only ZIP, or of part 1, 2, ..., which may be unpacked into one folder."""
    return "manifest.json" if part is None else f"manifest_part{part}.json"


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
    return (stem.encode()[:room].decode(errors="ignore") + extension).rstrip(". ")


def _folders(name: str) -> Iterator[str]:
    while name := posixpath.dirname(name):
        yield name


def _key(name: str) -> bytes:
    # A digest, for a hundred thousand names must not fill the memory.
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
    return hashlib.blake2b(folded.encode(), digest_size=12).digest()
