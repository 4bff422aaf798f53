"""How to hold an answer of the stand-in against a recorded one."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import av
import requests
from PIL import Image

from tests.recorded import Recording

HOST = "https://cvat.example.com"
DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
COMPARED_HEADERS = (
    *("content-type", "allow", "www-authenticate", "retry-after", "deprecation"),
    *("tus-resumable", "upload-offset", "upload-length", "upload-filename"),
)

# Made up anew by each server, or the business of other parts of it.
VOLATILE = {"key", "value", "data", "last_used_date", "description", "svg"}


def plain(value: Any, base: str) -> Any:
    """JSON with hosts, dates and volatile values evened out; everything else stays."""
    if isinstance(value, dict):
        return {
            name: f"<{type(part).__name__}>" if name in VOLATILE else plain(part, base)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [plain(part, base) for part in value]
    if isinstance(value, str):
        if DATE.match(value):
            return "<date>"
        return value.replace(HOST, "<host>").replace(base, "<host>")
    return value


def assert_same(recording: Recording, answer: requests.Response, base: str) -> None:
    """Status, headers that matter and the whole body but for `VOLATILE`."""
    assert answer.status_code == recording.status, answer.text[:500]
    for name in COMPARED_HEADERS:
        recorded = recording.response_headers.get(name)
        assert answer.headers.get(name) == recorded, name
    assert answer.headers["X-Request-Id"]
    recorded_body = recording.file()
    if recorded_body is not None:
        assert_same_file(answer, recording, recorded_body)
    elif "body_text" in recording.response:
        assert_same_text(recording, answer)
    elif recording.response.get("body") is None:
        assert answer.content == b""
    else:
        ours, theirs = plain(answer.json(), base), plain(recording.response["body"], base)
        found = list(differences(ours, theirs))
        assert not found, "\n".join(found)


def differences(ours: Any, theirs: Any, where: str = "") -> Iterator[str]:
    """Where two JSON values differ, said in words."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in [*theirs, *(name for name in ours if name not in theirs)]:
            if name not in ours or name not in theirs:
                yield f"{where}.{name} is only in {'ours' if name in ours else 'theirs'}"
            else:
                yield from differences(ours[name], theirs[name], f"{where}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for place, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(mine, other, f"{where}[{place}]")
    elif type(ours) is not type(theirs) or ours != theirs:
        yield f"{where}: {ours!r} instead of {theirs!r}"


def assert_same_text(recording: Recording, answer: requests.Response) -> None:
    if recording.response_headers["content-type"].startswith("image/x-webp"):
        assert answer.content[:4] == b"RIFF"  # kept as mangled text in the recording
    else:
        assert answer.text == recording.response["body_text"]


def assert_same_file(answer: requests.Response, recording: Recording, recorded: bytes) -> None:
    """Kind, size and colour of pictures; members of zips; frames of videos; checksums."""
    assert ("x-checksum" in answer.headers) == ("x-checksum" in recording.response_headers)
    if "x-checksum" in answer.headers:
        assert answer.headers["x-checksum"] == checksum(answer.content)
        assert recording.response_headers["x-checksum"] == checksum(recorded)
        assert DATE.match(answer.headers["x-updated-date"])
    ours, theirs = described(answer.content), described(recorded)
    assert ours == theirs, f"{ours} instead of {theirs}"


def checksum(body: bytes) -> str:
    return str(crc32(body[:1000], crc32(str(len(body)).encode())))


def described(body: bytes) -> Any:
    """What a client relies on in a binary body."""
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = [(i.filename, i.compress_type) for i in archive.infolist()]
            return [(name, kind, described(archive.read(name))) for name, kind in members]
    if body[4:8] == b"ftyp":
        return _described_video(body)
    if body[:1] == b"#":
        return body
    with Image.open(io.BytesIO(body)) as image:
        return image.format, image.size, image.mode


def _described_video(body: bytes) -> Any:
    with av.open(io.BytesIO(body)) as container:
        stream = container.streams.video[0]
        frames = [frame.time for frame in container.decode(video=0)]
        name, rate = stream.codec_context.name, stream.average_rate
        return name, rate, stream.width, stream.height, frames
