"""Packs: the thumbnails of one chunk in one file, which is also what the browser gets.

    4 bytes      length of the header, big-endian
    header       UTF-8 JSON {"job_id", "chunk", "first", "frames": [{"frame", "offset", "length",
                 "width", "height", "status"}, ...]}; offsets count from the end of the header
    thumbnails   JPEG files, one after the other

`status` is "ok", "broken" (no thumbnail can be rendered of what CVAT has), "missing" (CVAT sends
nothing for the frame) or "failed" (CVAT refused the frame this time and is asked again); all but
the first have a length, width and height of 0.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from selector.thumbnails.rendering import Thumbnail

OK, BROKEN, MISSING, FAILED = "ok", "broken", "missing", "failed"
LONGEST_HEADER = 2**24

_LENGTH = struct.Struct(">I")


class DamagedPack(Exception):
    """The file is no pack, or is cut off."""


@dataclass(frozen=True, slots=True)
class Entry:
    frame: int
    status: str
    thumbnail: Thumbnail | None = None  # if the status is ok


def encode(*, job_id: int, chunk: int, first: int, entries: Sequence[Entry]) -> bytes:
    frames: list[dict[str, Any]] = []
    contents: list[bytes] = []
    offset = 0
    for entry in entries:
        thumbnail = entry.thumbnail or Thumbnail(0, 0, b"")
        frames.append(
            {
                "frame": entry.frame,
                "offset": offset,
                "length": len(thumbnail.content),
                "width": thumbnail.width,
                "height": thumbnail.height,
                "status": entry.status,
            }
        )
        contents.append(thumbnail.content)
        offset += len(thumbnail.content)
    header = {"job_id": job_id, "chunk": chunk, "first": first, "frames": frames}
    text = json.dumps(header, separators=(",", ":")).encode()
    return b"".join([_LENGTH.pack(len(text)), text, *contents])


def read_header(pack: BinaryIO) -> dict[str, Any]:
    """The header of an open file, which stands behind the header afterwards.

    Raises DamagedPack.
    """
    try:
        (length,) = _LENGTH.unpack(pack.read(_LENGTH.size))
        header: dict[str, Any] = json.loads(pack.read(min(length, LONGEST_HEADER)))
        expected = _LENGTH.size + length + sum(entry["length"] for entry in header["frames"])
    except (struct.error, ValueError, LookupError, TypeError) as error:
        raise DamagedPack from error
    if os.fstat(pack.fileno()).st_size != expected:
        raise DamagedPack
    return header


def read_picture(pack: BinaryIO, frame: int) -> tuple[str, bytes]:
    """(status, JPEG) of one frame; the bytes are empty unless it is ok. Raises DamagedPack."""
    for entry in read_header(pack)["frames"]:
        if entry["frame"] == frame:
            pack.seek(entry["offset"], os.SEEK_CUR)
            return entry["status"], pack.read(entry["length"])
    return MISSING, b""


def thumbnails(pack: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(frame, JPEG) of each frame that has a thumbnail. The pack stands at its beginning before,
    and after the last one. Raises DamagedPack."""
    frames = read_header(pack)["frames"]
    start = pack.tell()
    for entry in frames:
        if entry["status"] == OK:
            pack.seek(start + entry["offset"])
            yield entry["frame"], pack.read(entry["length"])
    pack.seek(0)


def lasting_entries(pack: BinaryIO) -> list[Entry] | None:
    """The entries of frames that CVAT need not be asked for again; None if these are all. The pack
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
    return Entry(entry["frame"], OK, Thumbnail(entry["width"], entry["height"], content))
