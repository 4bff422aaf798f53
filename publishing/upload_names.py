"""Which paths an uploaded file may have. Pure."""

from __future__ import annotations

import re

LONGEST_PATH = 1000  # characters
LONGEST_PART = 255  # bytes of a folder or file name: the limit of most file systems

# NUL, line breaks and the like, and halves of surrogate pairs.
_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_DRIVE = re.compile(r"^[A-Za-z]:")


def why_not_a_path(path: str) -> str:
    """Why CVAT should not get a file of this path, as the end of a sentence about it; "" if it may.
    Paths are relative, with slashes."""
    if not path:
        return "has no name"
    if len(path) > LONGEST_PATH:
        return f"has a path of more than {LONGEST_PATH:,} characters"
    if _UNFIT.search(path):
        return "has control characters in its path"
    if "\\" in path:
        return "has a backslash in its path: folders are separated by “/”"
    if path.startswith("/") or _DRIVE.match(path):
        return "has an absolute path"
    parts = path.split("/")
    if ".." in parts:
        return "has “..” in its path, which leads out of the folder"
    if any(part in ("", ".") for part in parts):
        return "has an empty folder or file name in its path"
    if any(len(part.encode()) > LONGEST_PART for part in parts):
        return f"has a folder or file name of more than {LONGEST_PART} bytes"
    return ""
