"""Exchanges with a real CVAT, as they were recorded (the folder `recordings` beside this file)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "recordings"


@dataclass
class Recording:
    case: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int
    response_headers: dict[str, str]
    response: dict[str, Any]
    by: str = ""  # who sent it, in the recordings of writes

    @classmethod
    def load(cls, path: Path) -> Recording:
        raw = json.loads(path.read_text())
        asked, answered = raw["request"], raw["response"]
        return cls(
            raw["case"],
            asked["method"],
            asked["path"],
            asked["query"],
            asked["headers"],
            asked["body"],
            answered["status"],
            answered["headers"],
            answered,
            raw.get("by", ""),
        )

    def file(self) -> bytes | None:
        """The recorded binary body, if it was kept as such."""
        name = self.response.get("body_file")
        return (FOLDER / name).read_bytes() if name else None

    def content(self) -> bytes:
        """The recorded body of whatever kind, as it was sent."""
        if (file := self.file()) is not None:
            return file
        if "body_text" in self.response:
            return str(self.response["body_text"]).encode()
        body = self.response.get("body")
        return b"" if body is None else json.dumps(body).encode()


@cache
def recording(name: str) -> Recording:
    return Recording.load(FOLDER / f"{name}.json")


def recordings() -> dict[str, Recording]:
    return {each.case: each for each in map(Recording.load, sorted(FOLDER.glob("*.json")))}
