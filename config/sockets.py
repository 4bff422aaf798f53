"""Where the private broker of the embedded set-up listens."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

LONGEST_SOCKET_PATH = 100  # the kernel takes about 107 bytes


def broker_socket(var_dir: Path) -> Path:
    """The unix socket below `var_dir`, or in a short private folder when that path is too long."""
    path = var_dir / "broker" / "broker.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"cvat-selector-{os.getuid()}-{name}" / "broker.sock"
