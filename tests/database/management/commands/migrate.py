"""`migrate`, which runs the migrations once for all processes of a test run."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


class Command(migrate.Command):
    def handle(self, **options: Any) -> None:
        database = connections[options["database"]]
        if database.vendor != "sqlite" or database.introspection.table_names():
            super().handle(**options)
            return
        migrated = Path(os.environ["TEST_RUN_DIR"]) / "migrated.sqlite3"
        with migrated.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not migrated.exists():
                super().handle(**options)
                _copy(database, migrated)
                return
        _fill(database, migrated)


def _copy(database: BaseDatabaseWrapper, path: Path) -> None:
    """Whole or not at all: a run that is stopped here leaves nothing that looks like a database."""
    part = path.with_suffix(".part")
    with closing(sqlite3.connect(part)) as copy:
        database.connection.backup(copy)
    part.rename(path)


def _fill(database: BaseDatabaseWrapper, path: Path) -> None:
    with closing(sqlite3.connect(path)) as source:
        source.backup(database.connection)
