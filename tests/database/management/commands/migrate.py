"""`migrate`, which runs the migrations once for all processes of a test run: those that come later
copy the file of SQLite, and repeat the statements on PostgreSQL."""

from __future__ import annotations

import fcntl
import os
import pickle
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

Statements = list[tuple[str, Any, bool]]  # with their parameters, and whether these are many


class Command(migrate.Command):
    def handle(self, **options: Any) -> None:
        database = connections[options["database"]]
        if database.introspection.table_names():
            super().handle(**options)
            return
        migrated = Path(os.environ["TEST_RUN_DIR"]) / f"migrated.{database.vendor}"
        with migrated.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not migrated.exists():
                statements: Statements = []
                with database.execute_wrapper(partial(_record, statements)):
                    super().handle(**options)
                _keep(database, statements, migrated)
                return
        _fill(database, migrated)


def _record(
    statements: Statements, execute: Any, sql: str, params: Any, many: bool, context: Any
) -> Any:
    """Note each statement but those that only read and the steps of transactions."""
    reads = sql.startswith("SELECT") and "setval(" not in sql
    if not reads and not sql.startswith(("SAVEPOINT", "RELEASE SAVEPOINT")):
        statements.append((sql, params, many))
    return execute(sql, params, many, context)


def _keep(database: BaseDatabaseWrapper, statements: Statements, path: Path) -> None:
    """Whole or not at all: a run that is stopped here leaves nothing that looks like a database."""
    part = path.with_suffix(".part")
    if database.vendor == "sqlite":
        with closing(sqlite3.connect(part)) as copy:
            database.connection.backup(copy)
    else:
        part.write_bytes(pickle.dumps(statements))
    part.rename(path)


def _fill(database: BaseDatabaseWrapper, path: Path) -> None:
    if database.vendor == "sqlite":
        with closing(sqlite3.connect(path)) as source:
            source.backup(database.connection)
        return
    with database.cursor() as cursor:
        for sql, params, many in pickle.loads(path.read_bytes()):
            (cursor.executemany if many else cursor.execute)(sql, params)
