"""Unix sockets of brokers: where our own listens, and how Celery and Django write them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

LONGEST_SOCKET_PATH = 100  # the kernel takes about 107 bytes


def broker_socket(var_dir: Path) -> Path:
    """The unix socket below `var_dir`, or in a short private folder when that path is too long."""
    path = var_dir / "broker" / "broker.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"cvat-selector-{os.getuid()}-{name}" / "broker.sock"


def cache_url(redis_url: str) -> str:
    """The address of a broker as Django's cache wants it, which names sockets differently."""
    parts = urlsplit(redis_url)
    if parts.scheme != "redis+socket":
        return redis_url
    database = parse_qs(parts.query).get("virtual_host", ["0"])[0].lstrip("/")
    return f"unix://{parts.path}?db={database}"
