"""System checks: report wrong settings at the start, with a hint."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error

from cvat.links import normalize_url
from selector.thumbnails.descriptors import ModelError, load_model

SQLITE = "django.db.backends.sqlite3"
LONGEST_TRANSACTION = 0.5  # seconds, of the portal itself on SQLite
AT_LEAST_ONE = (
    "ANNOTATIONS_MAX_BYTES",
    "ARCHIVE_ACTIVE_PER_PERSON",
    "ARCHIVE_ATTEMPTS",
    "ARCHIVE_DAYS",
    "ARCHIVE_HEARTBEAT_SECONDS",
    "ARCHIVE_MAX_HOURS",
    "ARCHIVE_RUNNING_PER_PERSON",
    "CELERY_WORKER_CONCURRENCY",
    "CVAT_SIGN_INS_PER_MINUTE",
    "FETCH_THREADS",
    "LOGIN_ADDRESS_LIMIT",
    "LOGIN_BLOCK_MINUTES",
    "LOGIN_FAILURE_LIMIT",
    "MAX_SELECTION_FRAMES",
    "MAX_SCOPE_TASKS",
    "THUMBNAILS_CVAT_REQUESTS",
    "THUMBNAILS_MAX_BYTES",
    "UPLOADS_BYTES_PER_PERSON",
    "UPLOADS_MAX_BYTES",
    "UPLOAD_DAYS",
    "WEB_PROCESSES",
    "WEB_THREADS",
)

FOLDERS = (
    "VAR_DIR",
    "ARCHIVES_DIR",
    "SPOOL_DIR",
    "THUMBNAILS_DIR",
    "ANNOTATIONS_DIR",
    "UPLOADS_DIR",
)


def register_all() -> None:
    for check in (
        check_keys,
        check_cvat,
        check_account,
        check_folders,
        check_database,
        check_descriptor_model,
        check_pace,
        check_proxies,
    ):
        checks.register(_as_list(check))


def _as_list(check: Any) -> Any:
    """The check as Django calls it: with keyword arguments, returning a list."""

    def checked(**_: Any) -> list[CheckMessage]:
        return list(check())

    return checked


def check_keys() -> Iterator[CheckMessage]:
    for number, key in enumerate(settings.FIELD_ENCRYPTION_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield Error(
                f"Key {number} of FIELD_ENCRYPTION_KEYS is not a Fernet key.",
                hint="It must be 32 random bytes in URL-safe base64; .env.example says how to "
                "make one.",
                id="portal.E001",
            )


def check_cvat() -> Iterator[CheckMessage]:
    allowed = []
    for url in settings.CVAT_ALLOWED_URLS:
        try:
            allowed += [normalize_url(url)] if url else []
        except ValueError as error:
            yield Error(f"CVAT_ALLOWED_URLS: {error}", id="portal.E002")
    try:
        wanted = normalize_url(settings.CVAT_URL) if settings.CVAT_URL else ""
    except ValueError as error:
        yield Error(f"CVAT_URL: {error}", id="portal.E003")
        return
    if wanted and wanted not in allowed:
        yield Error(
            f"CVAT_URL ({wanted}) is not among CVAT_ALLOWED_URLS, so nobody could connect to it.",
            hint="Add it there, or leave CVAT_ALLOWED_URLS out.",
            id="portal.E004",
        )


def check_account() -> Iterator[CheckMessage]:
    has_secret = settings.CVAT_PASSWORD or settings.CVAT_ACCESS_TOKEN
    if has_secret and not settings.CVAT_URL:
        yield checks.Warning(
            "CVAT_PASSWORD or CVAT_ACCESS_TOKEN is set, but CVAT_URL is not, so it is never used.",
            id="portal.W001",
        )
    if settings.CVAT_PASSWORD and not settings.CVAT_USERNAME:
        yield checks.Warning("CVAT_PASSWORD is set but CVAT_USERNAME is not.", id="portal.W002")
    if settings.CVAT_CA_BUNDLE and not Path(settings.CVAT_CA_BUNDLE).is_file():
        yield Error(
            f"CVAT_CA_BUNDLE names {settings.CVAT_CA_BUNDLE}, which is not a file.",
            id="portal.E005",
        )


def check_folders() -> Iterator[CheckMessage]:
    for name in FOLDERS:
        folder = Path(getattr(settings, name))
        existing = next(each for each in (folder, *folder.parents) if each.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            yield Error(
                f"{name}: {folder} cannot be written.",
                hint=f"Let the user that runs the portal write to {existing}, or set {name}.",
                id="portal.E006",
            )


def check_descriptor_model() -> Iterator[CheckMessage]:
    if settings.DESCRIPTOR_MODEL is None:
        return
    try:
        load_model(settings.DESCRIPTOR_MODEL)
    except ModelError as error:
        yield checks.Warning(
            f"DESCRIPTOR_MODEL cannot be used, so pictures are compared by their colours. {error}",
            hint="See “Better descriptors” in docs/operations.md.",
            id="portal.W005",
        )


def check_database() -> Iterator[CheckMessage]:
    if settings.DATABASES["default"]["ENGINE"] == SQLITE and not _sqlite_knows_json():
        yield Error(
            f"SQLite {sqlite3.sqlite_version} of this Python has no JSON functions.",
            hint="Take a Python with SQLite 3.38 or later, or set DATABASE_URL to PostgreSQL.",
            id="portal.E010",
        )
    if not settings.EMBEDDED and settings.DATABASES["default"]["ENGINE"] == SQLITE:
        yield checks.Warning(
            "REDIS_URL is set, but the database is SQLite, which serves one machine only.",
            hint="Set DATABASE_URL to a PostgreSQL database.",
            id="portal.W003",
        )


def _sqlite_knows_json() -> bool:
    with closing(sqlite3.connect(":memory:")) as memory:
        try:
            memory.execute("SELECT JSON('{}')")
        except sqlite3.OperationalError:
            return False
    return True


def check_proxies() -> Iterator[CheckMessage]:
    if settings.TRUSTED_PROXIES < 0:
        yield Error("TRUSTED_PROXIES must be 0 or more.", id="portal.E011")
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        yield checks.Warning(
            "HTTPS is true but TRUSTED_PROXIES is 0: all people seem to have the proxy's address, "
            "so wrong passwords of one person block the sign-in of others.",
            hint="Set TRUSTED_PROXIES to the number of proxies, mostly 1; each must append to "
            "X-Forwarded-For.",
            id="portal.W004",
        )


def check_pace() -> Iterator[CheckMessage]:
    for name in AT_LEAST_ONE:
        if getattr(settings, name) <= 0:
            variable = name.removeprefix("CELERY_")
            yield Error(f"{variable} must be more than 0.", id="portal.E007")
    if settings.ARCHIVE_STALE_SECONDS <= 4 * settings.ARCHIVE_HEARTBEAT_SECONDS:
        # A heartbeat may wait for a lock for a quarter of ARCHIVE_STALE_SECONDS, and one may fail.
        yield Error(
            "ARCHIVE_STALE_SECONDS must be more than 4 times ARCHIVE_HEARTBEAT_SECONDS.",
            hint="Otherwise a slow build is taken for dead and started a second time.",
            id="portal.E008",
        )
    is_sqlite = settings.DATABASES["default"]["ENGINE"] == SQLITE
    if is_sqlite and settings.ARCHIVE_STALE_SECONDS <= 4 * LONGEST_TRANSACTION:
        yield Error(
            f"ARCHIVE_STALE_SECONDS must be more than {4 * LONGEST_TRANSACTION:g} with SQLite.",
            hint="SQLite has one writer at a time. Otherwise a build whose heartbeat waits for "
            "another writer is taken for dead and started a second time.",
            id="portal.E012",
        )
    longest = settings.ARCHIVE_MAX_HOURS * 3600
    limit = settings.CELERY_TASK_TIME_LIMIT
    timeout = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    if not longest < limit < timeout:
        yield Error(
            "Each of these must be larger than the one before: ARCHIVE_MAX_HOURS, "
            "CELERY_TASK_TIME_LIMIT, the broker's visibility_timeout.",
            hint="Otherwise the broker delivers a build again while it still runs.",
            id="portal.E009",
        )
