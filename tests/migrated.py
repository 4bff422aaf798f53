"""An empty database with all migrations applied, made once for all processes and later runs."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
FOLDER = BASE_DIR / ".pytest_cache"
SOURCES = ("requirements.txt", "*/migrations/*.py", "tests/*/migrations/*.py")


def migrated_database() -> Path:
    """An SQLite file that nobody may write to; a process of the tests begins with a copy."""
    path = FOLDER / f"migrated-{_digest()}.sqlite3"
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _make(path)
    return path


def _make(path: Path) -> None:
    for earlier in FOLDER.glob("migrated-*.sqlite3*"):
        earlier.unlink()
    unfinished = path.with_suffix(".sqlite3-new")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        check=True,
        cwd=BASE_DIR,
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_DATABASE_NAME": str(unfinished)},
    )
    unfinished.rename(path)


def _digest() -> str:
    """Of all that the tables depend on."""
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for source in sorted(BASE_DIR.glob(pattern)):
            digest.update(f"{source.name}\0".encode() + source.read_bytes())
    return digest.hexdigest()[:16]
