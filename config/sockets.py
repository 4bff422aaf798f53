"""Addresses of the broker and the cache: unix sockets and Redis databases."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

LONGEST_SOCKET_PATH = 100  # the kernel takes about 107 bytes
DATABASES = 16  # the default number in a Redis


def broker_socket(var_dir: Path) -> Path:
    """The unix socket below `var_dir`, or in a short private folder when that path is too long."""
    path = var_dir / "broker" / "broker.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"cvat-selector-{os.getuid()}-{name}" / "broker.sock"


def cache_url(redis_url: str) -> str:
    """The address of the cache: the database after that of the broker, because clearing the cache
    must not empty the queue. "" without a broker."""
    parts = urlsplit(redis_url)
    if parts.scheme == "redis+socket":
        database = parse_qs(parts.query).get("virtual_host", ["0"])[0].lstrip("/")
        return f"unix://{parts.path}?db={_other(database)}"
    if not redis_url:
        return ""
    # As kombu and redis-py read it: a path, else a parameter, else 0.
    parameters = parse_qs(parts.query)
    database = parts.path.strip("/") or parameters.pop("db", ["0"])[0]
    query = urlencode(parameters, doseq=True)
    return urlunsplit(parts._replace(path=f"/{_other(database)}", query=query))


def _other(database: str) -> int:
    number = int(database) if database.isdecimal() else 0
    return number + 1 if number + 1 < DATABASES else number - 1
