"""Counts of what the receiver of a ZIP should know of its files; remarks_in_words.py has the
sentences. Pure.

The keys in `differs` and `may_differ` are those of the lines of the manifest (README).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from selections.archives.headers import Header

COMPRESSED = "compressed"
RECOMPRESSED = "recompressed"
VIDEO_FRAME = "video_frame"
REENCODED_TIFF = "reencoded_tiff"
TURNED = "turned"

# Windows takes 260 characters for a path, those of the folder that a ZIP is unpacked into included.
LONGEST_WINDOWS_PATH = 240
FRAMES_LISTED = 100
PROBLEMS_LISTED = 20  # of annotations
NOT_HELD_LISTED = 20  # frames that the results of a publication do not have

Line = dict[str, Any]


def changes(
    header: Header, *, quality: str, is_video: bool, is_recompressed: bool
) -> dict[str, list[str]]:
    """`differs`: in what a file surely differs from the upload; `may_differ`: in what it may. A
    key that would be empty is left out; a file with neither is the upload byte for byte."""
    differs = []
    if quality == COMPRESSED:
        differs.append(COMPRESSED)
    elif is_recompressed:
        differs.append(RECOMPRESSED)
    if is_video:
        differs.append(VIDEO_FRAME)
    if differs:
        return {"differs": differs}
    if header.extension == ".tif":
        return {"differs": [REENCODED_TIFF]}
    return {"may_differ": [TURNED]} if header.may_be_turned else {}


class Remarks:
    """Counts over the lines of a manifest; a few hundred bytes however many they are."""

    def __init__(self) -> None:
        self._exact = 0
        self._differs: Counter[str] = Counter()
        self._may_differ: Counter[str] = Counter()
        self._deleted = _Listed()
        self._left_out = _Listed()
        self._without_objects = _Listed()
        self._listed = 0
        self._longest_path = self._long_paths = 0

    def add(self, line: Line) -> None:
        """A line of the manifest, with its path."""
        self._exact += not line.get("differs") and not line.get("may_differ")
        self._differs.update(line.get("differs", ()))
        self._may_differ.update(line.get("may_differ", ()))
        self._add_path(line)

    def add_listed(self, line: Line) -> None:
        """A line, with its path, of a picture that is not in the ZIP: the annotations are alone."""
        self._listed += 1
        self._add_path(line)

    def _add_path(self, line: Line) -> None:
        if line.get("deleted"):
            self._deleted.add(line)
        length = path_length(line["path"])
        self._longest_path = max(self._longest_path, length)
        self._long_paths += length > LONGEST_WINDOWS_PATH

    def leave_out(self, line: Line, *, is_without_objects: bool) -> None:
        """A frame that is not in the ZIP, because it was deleted in CVAT or has no objects."""
        (self._without_objects if is_without_objects else self._left_out).add(line)

    def to_json(
        self, *, most_entries: int, has_task_folders: bool, annotations: Line | None = None
    ) -> Line:
        """`most_entries`: of the part that has the most, its manifest included.
        `has_task_folders`: every path begins with the folder of its task. `annotations`: what the
        manifest says of them."""
        about: Line = {"annotations": _shortened(annotations)} if annotations else {}
        if self._listed:
            about["listed"] = self._listed
        if self._without_objects.count:
            about["without_objects"] = self._without_objects.to_json()
        return about | {
            "exact": self._exact,
            "differs": dict(sorted(self._differs.items())),
            "may_differ": dict(sorted(self._may_differ.items())),
            "deleted": self._deleted.to_json(),
            "left_out": self._left_out.to_json(),
            "longest_path": self._longest_path,
            "long_paths": self._long_paths,
            "most_entries": most_entries,
            "task_folders": has_task_folders,
        }


def _shortened(annotations: Line) -> Line:
    short = annotations | {
        name: annotations[name][:PROBLEMS_LISTED]
        for name in ("problems", "jobs_left_out")
        if name in annotations
    }
    if about := annotations.get("annotations_from"):
        listed = about["not_held"][:NOT_HELD_LISTED]
        short["annotations_from"] = about | {"not_held": listed}
    return short


class _Listed:
    """How many frames, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.frames: list[Line] = []

    def add(self, line: Line) -> None:
        self.count += 1
        if len(self.frames) < FRAMES_LISTED:
            self.frames.append({name: line[name] for name in ("task_id", "frame", "filename")})

    def to_json(self) -> Line:
        return {"count": self.count, "frames": self.frames}


def path_length(path: str) -> int:
    """As Windows counts: in units of UTF-16."""
    return len(path.encode("utf-16-le", errors="surrogatepass")) // 2
