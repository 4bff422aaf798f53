"""Read the bodies of answers: JSON, a picture, or a download into a file, within bounds."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO, NamedTuple

from requests import Response

from cvat import errors
from cvat.exceptions import CvatBroken
from cvat.types import Download, FrameData


class JsonBounds(NamedTuple):
    """Limits of a JSON answer. Objects, lists and values are counted before it is parsed, because
    small ones take twenty times their length as Python objects."""

    length: int
    containers: int
    values: int


# More than any answer of CVAT has: a page of 500 tasks has 1.5 MB.
ORDINARY = JsonBounds(16 * 2**20, 500_000, 2_000_000)
META = JsonBounds(256 * 2**20, 5_000_000, 20_000_000)  # a million frames are about 100 MB
MAX_DATA = 2**30  # CVAT refuses to make chunks over 500 MB (cvat-api 10.4)
MAX_PICTURE = 512 * 2**20  # one picture; it is part of a chunk too
MAX_ANNOTATIONS = 2**30  # of one job; 100,000 boxes are about 30 MB
MAX_ERROR = 64 * 2**10
BLOCK, LARGEST_BLOCK = 2**16, 2**18
FAST_SECONDS = 0.01  # for a block
FAR_TOO_LONG = "The answer is far longer than any of CVAT's: check the address."


# Called while a body arrives, with: bytes received, bytes announced (0: unknown), seconds since the
# first byte. An exception from it ends the request.
Watch = Callable[[int, int, float], None]


class BodyCut(Exception):
    """The body is not what the server announced. Another attempt may succeed."""


def read_json(
    response: Response,
    *,
    place: str,
    bounds: JsonBounds,
    decode: Callable[[bytearray], Any] = json.loads,
) -> Any:
    """The JSON of an answer, as `decode` gives it. CvatBroken if it is not JSON, or beyond the
    bounds."""
    if not errors.is_json(response):
        raise errors.not_cvat(place, status=response.status_code)
    body = bytearray()  # grows in place: a long body is never in memory twice
    for block in _blocks(response, bounds.length):
        body += block
    containers = body.count(b"{") + body.count(b"[")
    if containers > bounds.containers or body.count(b",") > bounds.values:
        raise CvatBroken(FAR_TOO_LONG)
    try:
        return decode(body)
    except (ValueError, RecursionError):
        failure = CvatBroken(f"{place} sent JSON that cannot be read.")
    raise failure


def save_json(response: Response, *, place: str, into: BinaryIO) -> None:
    """Write the JSON of an answer to a file, unparsed. CvatBroken if it is of another type or
    longer than MAX_ANNOTATIONS."""
    if not errors.is_json(response):
        raise errors.not_cvat(place, status=response.status_code)
    for block in _blocks(response, MAX_ANNOTATIONS):
        into.write(block)


def read_picture(response: Response, *, place: str) -> FrameData:
    """A picture, in memory. BodyCut if it is empty."""
    _check_is_data(response, place)
    started = time.monotonic()
    content = b"".join(_blocks(response, MAX_DATA))
    if not content:
        raise BodyCut
    return FrameData(
        content,
        _header(response, "Content-Type"),
        waited=response.elapsed.total_seconds(),
        seconds=time.monotonic() - started,
    )


def save(
    response: Response,
    *,
    place: str,
    into: BinaryIO,
    watch: Watch | None = None,
    limit: int = MAX_DATA,
) -> Download:
    """Write a chunk or a picture to a file, block by block. BodyCut if X-Checksum, which chunks
    have, does not fit (cvat-api 7.9)."""
    _check_is_data(response, place)
    announced = _header(response, "Content-Length")
    expected = int(announced) if announced.isdecimal() else 0
    started = time.monotonic()
    length, head = 0, b""
    for block in _blocks(response, limit):
        into.write(block)
        length += len(block)
        if watch is not None:
            watch(length, expected, time.monotonic() - started)
        if len(head) < 1000:
            head = (head + block)[:1000]
    checksum = str(zlib.crc32(head, zlib.crc32(str(length).encode())))
    if length == 0 or response.headers.get("X-Checksum", checksum) != checksum:
        raise BodyCut
    return Download(
        length,
        _header(response, "Content-Type"),
        _header(response, "X-Updated-Date"),
        waited=response.elapsed.total_seconds(),
        seconds=time.monotonic() - started,
        asked_at=_asked_at(response),
    )


def _asked_at(response: Response) -> float | None:
    """The latest time of the request by the clock of the server; None without a Date header."""
    try:
        date = parsedate_to_datetime(_header(response, "Date"))
    except ValueError:
        return None
    return date.timestamp() - response.elapsed.total_seconds()


def head(response: Response) -> bytes:
    """The first bytes of an error body, which may have any length."""
    start = b""
    for block in response.iter_content(BLOCK):
        start += block
        if len(start) >= MAX_ERROR:
            break
    return start[:MAX_ERROR]


def _blocks(response: Response, limit: int) -> Iterator[bytes]:
    """The decoded body, in blocks that grow while it arrives fast: larger ones cost less processor
    time per byte. Raises errors of urllib3, also when it is shorter than Content-Length."""
    length, size = 0, BLOCK
    while True:
        began = time.monotonic()
        block = response.raw.read(size, decode_content=True)
        if not block:
            return
        is_fast = time.monotonic() - began < FAST_SECONDS
        size = min(2 * size, LARGEST_BLOCK) if is_fast else BLOCK
        length += len(block)
        if length > limit:
            raise CvatBroken(FAR_TOO_LONG)
        yield block


def _check_is_data(response: Response, place: str) -> None:
    """Refuse the page of a proxy, which is 200 as well. An empty type is right (cvat-api 7.15)."""
    kind = _header(response, "Content-Type").lower()
    if response.status_code != 200 or kind.startswith("text/") or errors.is_json(response):
        raise errors.not_cvat(place, status=response.status_code)


def _header(response: Response, name: str) -> str:
    return response.headers.get(name, "")
