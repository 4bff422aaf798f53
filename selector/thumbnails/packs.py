"""A pack: the small pictures of one chunk in one file, which is what the browser gets as well.

    4 bytes      length of the header, big-endian
    header       UTF-8 JSON {"job_id", "chunk", "first", "frames": [{"frame", "offset", "length",
                 "width", "height", "status"}, ...]}; offsets count from the end of the header
    pictures     JPEG files, one after the other

`status` is "ok", "broken" (no picture can be made of what CVAT has), "missing" (CVAT sends
nothing for it) or "failed" (CVAT refused it this time, and is asked again); all but the first have
a length, width and height of 0.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from selector.thumbnails.rendering import Drawn

OK, BROKEN, MISSING, FAILED = "ok", "broken", "missing", "failed"
LONGEST_HEADER = 2**24

_LENGTH = struct.Struct(">I")


class Damaged(Exception):
    """The file is no pack, or not all of one."""


@dataclass(frozen=True, slots=True)
class Entry:
    frame: int
    status: str
    drawn: Drawn | None = None  # of those that are ok


def packed(*, job_id: int, chunk: int, first: int, entries: Sequence[Entry]) -> bytes:
    frames: list[dict[str, Any]] = []
    contents: list[bytes] = []
    offset = 0
    for entry in entries:
        drawn = entry.drawn or Drawn(0, 0, b"")
        frames.append(
            {
                "frame": entry.frame,
                "offset": offset,
                "length": len(drawn.content),
                "width": drawn.width,
                "height": drawn.height,
                "status": entry.status,
            }
        )
        contents.append(drawn.content)
        offset += len(drawn.content)
    header = {"job_id": job_id, "chunk": chunk, "first": first, "frames": frames}
    text = json.dumps(header, separators=(",", ":")).encode()
    return b"".join([_LENGTH.pack(len(text)), text, *contents])


def read_header(pack: BinaryIO) -> dict[str, Any]:
    """Of an open file that is as long as its header says; it stands behind the header then.

    Raises Damaged.
    """
    try:
        (length,) = _LENGTH.unpack(pack.read(_LENGTH.size))
        header: dict[str, Any] = json.loads(pack.read(min(length, LONGEST_HEADER)))
        expected = _LENGTH.size + length + sum(entry["length"] for entry in header["frames"])
    except (struct.error, ValueError, LookupError, TypeError) as error:
        raise Damaged from error
    if os.fstat(pack.fileno()).st_size != expected:
        raise Damaged
    return header


def read_picture(pack: BinaryIO, frame: int) -> tuple[str, bytes]:
    """(status, JPEG) of one frame; the bytes are empty unless it is ok. Raises Damaged."""
    for entry in read_header(pack)["frames"]:
        if entry["frame"] == frame:
            pack.seek(entry["offset"], os.SEEK_CUR)
            return entry["status"], pack.read(entry["length"])
    return MISSING, b""


def lasting_entries(pack: BinaryIO) -> list[Entry] | None:
    """The entries that need not be asked of CVAT again; None when that are all of them. The pack
    stands at its beginning before and after."""
    frames = read_header(pack)["frames"]
    entries = None
    if any(entry["status"] == FAILED for entry in frames):
        start = pack.tell()
        lasting = [entry for entry in frames if entry["status"] != FAILED]
        entries = [_entry(pack, start, entry) for entry in lasting]
    pack.seek(0)
    return entries


def _entry(pack: BinaryIO, start: int, entry: dict[str, Any]) -> Entry:
    if entry["status"] != OK:
        return Entry(entry["frame"], entry["status"])
    pack.seek(start + entry["offset"])
    content = pack.read(entry["length"])
    return Entry(entry["frame"], OK, Drawn(entry["width"], entry["height"], content))
