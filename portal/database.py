"""What the portal knows of its database: SQLite's JSON, and when a failure passes by itself."""

from __future__ import annotations

from django.db import OperationalError, connection
from django.db.backends.sqlite3.base import DatabaseWrapper


def assume_json() -> None:
    """Tell Django that SQLite knows JSON, which a check at the start makes sure of.

    Django would ask once per thread, in a transaction that waits for the lock of writers here, and
    would take a locked database for one without JSON until the process ends. Set on the class: the
    question may be the first use of a connection, before any signal of it.
    """
    setattr(DatabaseWrapper.features_class, "supports_json_field", True)  # noqa: B010  (for mypy)


def is_busy(error: BaseException | None) -> bool:
    """Whether another try may succeed: SQLite is locked by another writer; or PostgreSQL does not
    answer, or has no connection to spare."""
    if not isinstance(error, OperationalError):
        return False
    # SQLite calls missing tables operational errors as well, which do not pass.
    return connection.vendor != "sqlite" or "locked" in str(error)
