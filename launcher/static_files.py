"""Collect the static files into STATIC_ROOT, when they have changed."""

from __future__ import annotations

import hashlib
import inspect
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from config import storage

STAMP = "collected.sha256"  # in STATIC_ROOT: deleting that folder collects again


def collect() -> bool:
    """Run `collectstatic`, which takes seconds, unless STATIC_ROOT has been made of the same
    sources. Returns whether it ran."""
    stamp = Path(settings.STATIC_ROOT) / STAMP
    digest = sources_digest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest:
        return False
    stamp.unlink(missing_ok=True)  # nothing is complete until the end of `collectstatic`
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(digest, encoding="ascii")
    return True


def sources_digest() -> str:
    """Hash of what the collected files depend on: names and contents of the sources, and the code
    that renames and compresses them."""
    hashed = hashlib.sha256(inspect.getsource(storage).encode())
    hashed.update(f"{version('django')} {version('whitenoise')}".encode())
    app: Any = apps.get_app_config("staticfiles")
    for finder in get_finders():
        for name, source in sorted(finder.list(app.ignore_patterns), key=lambda each: each[0]):
            hashed.update(f"\0{name}\0".encode())
            with source.open(name) as file:
                hashed.update(hashlib.file_digest(file.file, "sha256").digest())
    return hashed.hexdigest()
