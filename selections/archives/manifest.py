"""The JSON of manifest.json, and of the lists beside the parts; pure.

The manifest of a large archive does not fit into memory, so it is written line by line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

_encode = json.JSONEncoder(ensure_ascii=False).encode


def line(values: Mapping[str, Any] | None) -> bytes:
    """A JSON object in one line, without its end."""
    return _encode(values).encode(errors="replace")


def keys(values: Mapping[str, Any]) -> bytes:
    """The values as JSON keys that others follow, without braces."""
    if not values:
        return b""
    text = json.dumps(values, ensure_ascii=False, indent=1)
    return (text.removeprefix("{").removesuffix("\n}") + ",").encode(errors="replace")


def write(
    into: BinaryIO,
    *,
    about: Mapping[str, Any],
    files: BinaryIO,
    missing: Mapping[str, Any],
    frames: BinaryIO,
) -> None:
    """Write the manifest of a part: `about`, "files" if there are any, `missing`, "frames". Files
    and frames are lines."""
    into.write(b"{" + keys(about))
    if files.tell():
        into.writelines(_array("files", files))
        into.write(b",")
    into.write(keys(missing))
    into.writelines(_array("frames", frames))
    into.write(b"\n}\n")


def _array(key: str, lines: BinaryIO) -> Iterator[bytes]:
    """A JSON key whose value is an array of these lines."""
    yield f'\n "{key}": ['.encode()
    separator = b"\n  "
    lines.seek(0)
    for each in lines:
        yield separator + each.rstrip(b"\n")
        separator = b",\n  "
    yield b"\n ]"
