"""Packs of thumbnails, answered in the portal's stead."""

from __future__ import annotations

import json
import struct

from playwright.sync_api import Route


def pack(route: Route, statuses: dict[int, str]) -> None:
    """Answer with a pack of these frames; their pictures are empty."""
    frames = [
        {"frame": frame, "offset": 0, "length": 0, "width": 0, "height": 0, "status": status}
        for frame, status in statuses.items()
    ]
    header = json.dumps({"frames": frames}).encode()
    route.fulfill(body=struct.pack(">I", len(header)) + header)
