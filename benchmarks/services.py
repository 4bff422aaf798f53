"""A Redis and a PostgreSQL of our own, as the tests have them."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
SERVICES_SH = TOP / ".ci" / "services.sh"


def start() -> Path:
    """Start both, and have the settings find them; returns the folder to stop them by."""
    folder = Path(tempfile.mkdtemp(prefix="bench-services-", dir="/tmp"))
    started = subprocess.run(
        ["sh", SERVICES_SH, "start", folder], check=True, capture_output=True, text=True
    )
    for line in started.stdout.splitlines():
        name, _, value = line.partition("=")
        os.environ[name] = value
    return folder


def stop(folder: Path) -> None:
    subprocess.run(["sh", SERVICES_SH, "stop", folder], check=True)
    subprocess.run(["rm", "-rf", folder], check=True)
