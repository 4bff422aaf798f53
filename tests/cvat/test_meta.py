"""The meta of tasks and jobs: as recorded, odd, hostile, large."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cvat import bodies, reading
from cvat.exceptions import CvatBroken
from tests.cvat.replaying import Answer, Replay, client
from tests.recorded import FOLDER, recording

METAS = [path.stem for path in sorted(FOLDER.glob("*meta-*.json"))]
READABLE = [name for name in METAS if recording(name).status == 200]
JSON_TYPE = {"content-type": "application/vnd.cvat+json"}


def entries(body: dict[str, Any]) -> list[tuple[str, int, int]]:
    """By another library and rule than the product's."""
    return [(entry["name"], entry["width"], entry["height"]) for entry in body["frames"]]


def read(body: Any) -> list[tuple[str, int, int]]:
    meta = reading.meta(json.dumps(body).encode())
    return [(info.name, info.width, info.height) for info in meta.frames]


@pytest.mark.parametrize("name", READABLE)
def test_recorded(name: str) -> None:
    body = recording(name).response["body"]
    meta = reading.meta(recording(name).content())
    assert [(info.name, info.width, info.height) for info in meta.frames] == entries(body)
    assert meta.size == (body["size"] or 0)
    assert meta.chunk_size == (body["chunk_size"] or 0)
    assert meta.first_source == (body["start_frame"] or 0)
    assert meta.last_source == (body["stop_frame"] or 0)
    assert meta.deleted_frames == set(body["deleted_frames"])
    included = body.get("included_frames")
    assert meta.included_sources == (None if included is None else tuple(included))
    assert meta.chunks_updated_date == (body.get("chunks_updated_date") or "")


def test_there_are_recordings() -> None:
    assert len(READABLE) > 20


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        (None, ("", 0, 0)),
        ([], ("", 0, 0)),
        ({}, ("", 0, 0)),
        ({"name": None, "width": 2, "height": 1}, ("", 2, 1)),
        ({"name": "a", "width": "2", "height": True}, ("a", 0, 0)),
        ({"name": "a", "width": 2.5, "height": 3}, ("a", 0, 3)),
        ({"name": "a", "width": 2**70, "height": 3}, ("a", 0, 3)),
        ({"name": "a", "width": 2, "height": -1}, ("a", 2, 0)),
        ({"name": "a", "width": 2, "height": 3, "more": {"a": [1]}}, ("a", 2, 3)),
    ],
)
def test_an_odd_frame_changes_no_other(odd: object, expected: tuple[str, int, int]) -> None:
    body = recording("meta-task-images").response["body"]
    assert len(body["frames"]) > 5
    changed = {**body, "frames": [*body["frames"][:3], odd, *body["frames"][4:]]}
    wanted = [*entries(body)[:3], expected, *entries(body)[4:]]
    assert read(changed) == wanted


@pytest.mark.parametrize("body", [b"[]", b"3", b"null", b'"text"'])
def test_no_object(cvat: Replay, body: bytes) -> None:
    cvat.route("/api/tasks/12/data/meta", Answer(200, body, JSON_TYPE))
    with pytest.raises(CvatBroken, match="unknown form"):
        client(cvat).task_meta(12)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"frames": [',
        b'{"frames": ' + b"[" * 200_000,
        b'{"frames": [{"name": "\xff.jpg"}]}',
    ],
)
def test_no_json(cvat: Replay, body: bytes) -> None:
    cvat.route("/api/tasks/12/data/meta", Answer(200, body, JSON_TYPE))
    with pytest.raises(CvatBroken, match="JSON that cannot be read"):
        client(cvat).task_meta(12)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"size": 1, "frames": [{"name": "\\ud800.jpg"}]}', "?.jpg"),  # no database stores it
        (b'\xef\xbb\xbf{"size": 1, "frames": [{"name": "\xc3\xa4.jpg"}]}', "ä.jpg"),
        (b'{"size": 1, "chunk_size": NaN, "frames": [{"name": "a.jpg"}]}', "a.jpg"),
    ],
)
def test_what_json_accepts_beyond_its_standard(cvat: Replay, body: bytes, name: str) -> None:
    """As in all other answers of CVAT."""
    cvat.route("/api/tasks/12/data/meta", Answer(200, body, JSON_TYPE))
    meta = client(cvat).task_meta(12)
    assert (meta.size, meta.chunk_size) == (1, 0)
    assert [info.name for info in meta.frames] == [name]


@pytest.mark.parametrize("item", [b"{}", b"[]", b"1,1,1,1"])
def test_millions_of_small_values_are_refused(cvat: Replay, item: bytes) -> None:
    count = bodies.META.containers + 1
    body = b'{"frames":[' + b",".join([item] * count) + b"]}"
    cvat.route("/api/tasks/12/data/meta", Answer(200, body, JSON_TYPE))
    with pytest.raises(CvatBroken, match="far longer"):
        client(cvat).task_meta(12)


def test_names_of_all_writings(cvat: Replay) -> None:
    names = ["ä/é.jpg", "日本/図.png", "a b'\"\\c.jpg", "\u2028.jpg", "🐈.jpg", "\x00.jpg"]
    frames = [{"name": name, "width": 2, "height": 1} for name in names]
    for ascii_only in (True, False):
        body = json.dumps({"size": len(names), "frames": frames}, ensure_ascii=ascii_only).encode()
        cvat.route("/api/tasks/12/data/meta", Answer(200, body, JSON_TYPE))
        assert [info.name for info in client(cvat).task_meta(12).frames] == names
