"""Answers with pictures, catalogues or a refusal, read as the page reads them."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

from PIL import Image
from rest_framework.test import APIClient

from standin.pictures import read_bars
from standin.server import StandIn

JSON = "application/json"


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def unpacked(response: Any) -> tuple[dict[str, Any], dict[int, bytes]]:
    """As the page reads it."""
    assert response.status_code == 200, response.content
    content = body(response)
    assert int(response["Content-Length"]) == len(content)
    (length,) = struct.unpack(">I", content[:4])
    header, pictures = json.loads(content[4 : 4 + length]), content[4 + length :]
    return header, {
        entry["frame"]: pictures[entry["offset"] : entry["offset"] + entry["length"]]
        for entry in header["frames"]
    }


def shown(content: bytes) -> int:
    return read_bars(Image.open(io.BytesIO(content)))


def refused(response: Any, status: int, code: str) -> str:
    assert response.status_code == status, body(response)
    assert response["Content-Type"] == JSON
    answer = response.json()
    assert answer["code"] == code
    return str(answer["detail"])


def catalog_of(api: APIClient, **query: object) -> dict[str, Any]:
    response = api.get("/api/catalog", query)
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def second_job(standin: StandIn) -> int:
    return standin.world.tasks[1].jobs[1].id
