"""A request to CVAT that changes something there. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

# What becomes of frames that are deleted in CVAT.
DELIVER, LEAVE_OUT = "deliver", "leave_out"
DELETED_IN_API = f"`deleted_frames`: `{LEAVE_OUT}` or `{DELIVER}`"
DELETED_FRAMES = ((LEAVE_OUT, "Leave them out"), (DELIVER, "Take them all the same"))


def frames_in_words(count: int) -> str:
    """Such as "1 frame" or "1,200 frames"."""
    return f"{count:,} {'frame' if count == 1 else 'frames'}"


def objects_in_words(count: int) -> str:
    """Such as "1 object" or "1,200 objects"."""
    return f"{count:,} {'object' if count == 1 else 'objects'}"


def deleted_in_words(count: int) -> str:
    """Such as "1 frame of the selection was deleted in CVAT"."""
    return (
        f"{frames_in_words(count)} of the selection {'was' if count == 1 else 'were'} deleted in "
        "CVAT"
    )


@dataclass(frozen=True, slots=True)
class Change:
    """`text` says what the request does."""

    method: str
    path: str
    text: str
    body: dict[str, Any] | None = None

    @property
    def request(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def body_text(self) -> str:
        """The body as JSON that people can read; "" for none."""
        return json.dumps(self.body, ensure_ascii=False) if self.body else ""
