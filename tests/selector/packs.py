"""Packs of thumbnails, read as the page reads them."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image

from selector import job_access
from selector.models import Connection
from selector.services import thumbnails
from standin.faults import Hold
from standin.pictures import read_bars
from standin.server import StandIn

HD = (640, 360)


def pack_of(connection: Connection, job_id: int, chunk: int = 0) -> dict[int, Any]:
    """Task frame -> its picture, or the word for what is wrong with it."""
    found = thumbnails.chunk_of(connection, job_access.job_access(connection, job_id), chunk)
    with thumbnails.open_pack(found).file as pack:
        body = pack.read()
    return read_pack(body)


def read_pack(body: bytes) -> dict[int, Any]:
    (length,) = struct.unpack(">I", body[:4])
    header, contents = json.loads(body[4 : 4 + length]), body[4 + length :]
    assert sum(entry["length"] for entry in header["frames"]) == len(contents)
    found: dict[int, Any] = {}
    for entry in header["frames"]:
        content = contents[entry["offset"] : entry["offset"] + entry["length"]]
        found[entry["frame"]] = entry["status"]
        if entry["status"] == "ok":
            image = Image.open(io.BytesIO(content))
            assert image.format == "JPEG"
            assert image.size == (entry["width"], entry["height"])
            found[entry["frame"]] = image
        else:
            assert content == b""
    return found


def numbers(pack: dict[int, Any]) -> dict[int, int]:
    """Task frame -> the number that its picture shows."""
    return {frame: read_bars(image) for frame, image in pack.items()}


@contextmanager
def chunks_held(standin: StandIn) -> Iterator[Hold]:
    """No chunk is answered before the end, which lets all go whatever has happened."""
    hold = standin.faults.hold("type=chunk")
    try:
        yield hold
    finally:
        hold.release()


def chunk_requests(standin: StandIn) -> list[Any]:
    return [seen for seen in standin.requests if seen.query.get("type") == "chunk"]
