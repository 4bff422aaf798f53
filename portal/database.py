"""Database specifics: the JSON of SQLite, locks by a name, and failures after which a retry makes
sense."""

from __future__ import annotations

import zlib

from django.db import OperationalError, connection
from django.db.backends.sqlite3.base import DatabaseWrapper


def assume_json() -> None:
    """Tell Django that SQLite has JSON functions, which config/checks.py verifies.

    Django would test it once per thread, in a transaction that here waits for the write lock, and
    if the database is locked, conclude that there are none until the process ends. It is set on
    the class, because the test may come before any signal of a connection.
    """
    setattr(DatabaseWrapper.features_class, "supports_json_field", True)  # noqa: B010  (for mypy)


def lock_until_commit(name: str) -> None:
    """Let no other transaction past this line with the same name, until this one ends. SQLite needs
    no lock: it carries out transactions that write one after the other."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(name.encode())])


def is_busy(error: BaseException | None) -> bool:
    """Whether a retry may succeed: another writer has locked SQLite, or PostgreSQL does not answer
    or has no free connection."""
    if not isinstance(error, OperationalError):
        return False
    # With SQLite a missing table is an OperationalError too.
    return connection.vendor != "sqlite" or "locked" in str(error)
