"""Archives of the first release, carried over by the migration that bounds their problems.

Those after it are tested by tests/upgrade, with rows of all tables."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

from tests.conftest import BASE_DIR

FIRST_RELEASE = BASE_DIR / "tests" / "upgrade" / "d35c4a8.sql"
NOW = "2026-01-01 00:00:00"
ALICE, BOB = 1, 2
SHARED, PRIVATE = 1, 2


@pytest.fixture
def var_dir(tmp_path: Path) -> Path:
    return tmp_path


def migrate(var_dir: Path) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VAR_DIR": str(var_dir),
        "ENV_FILE": os.devnull,
        "DATABASE_URL": f"sqlite:///{var_dir / 'db.sqlite3'}",
        "SECRET_KEY": settings.SECRET_KEY,
    }
    last = ["selections", "0004_archive_attempts"]
    command = [sys.executable, "manage.py", "migrate", *last, "--skip-checks", "-v0"]
    subprocess.run(command, cwd=BASE_DIR, env=environment, check=True)


def empty_tables(database: sqlite3.Connection) -> None:
    """Those of the first release, which know the migrations that made them."""
    database.executescript(FIRST_RELEASE.read_text())
    tables = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        " AND name NOT LIKE 'django_%' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    for [table] in tables:
        database.execute(f"DELETE FROM {table}")


def fill(database: sqlite3.Connection) -> None:
    for number, name in ((ALICE, "alice"), (BOB, "bob")):
        database.execute(
            "INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name,"
            " email, is_staff, is_active, date_joined) VALUES (?, '', 0, ?, '', '', '', 0, 1, ?)",
            (number, name, NOW),
        )
    for number, visibility in ((SHARED, "shared"), (PRIVATE, "private")):
        database.execute(
            "INSERT INTO selections_selection (id, url, organization, tasks, name, note,"
            " frame_selection_method, parameters, visibility, created_at, updated_at, owner_id)"
            " VALUES (?, 'http://x', '', '[]', ?, '', 'manual', '{}', ?, ?, ?, ?)",
            (number, f"The {visibility} one", visibility, NOW, NOW, ALICE),
        )
    problems = json.dumps(
        [
            {"task_id": 1, "job_id": 1, "frame": frame, "filename": "a.jpg", "reason": "Gone."}
            for frame in range(500)
        ]
    )
    for number, (selection, user) in enumerate(
        [(SHARED, ALICE), (SHARED, BOB), (PRIVATE, ALICE), (PRIVATE, BOB)], start=1
    ):
        database.execute(
            "INSERT INTO selections_archive (id, options, status, frames_total, frames_done,"
            " bytes_done, frames_per_second, bytes_per_second, problems, size, error, created_at,"
            " enqueued_at, requested_by_id, selection_id)"
            " VALUES (?, '{}', 'incomplete', 600, 100, 5, 0, 0, ?, 7, '', ?, ?, ?, ?)",
            (number, problems, NOW, NOW, user, selection),
        )
    database.execute(
        "INSERT INTO selections_archivepart (number, file, size, sha256, archive_id)"
        " VALUES (1, '1_cvat_images_20260101_000000_1.zip', 7, 'x', 1)"
    )
    database.commit()


def test_archives_of_the_first_release_keep_what_they_have(var_dir: Path) -> None:
    with closing(sqlite3.connect(var_dir / "db.sqlite3")) as database:
        empty_tables(database)
        fill(database)
    migrate(var_dir)
    with closing(sqlite3.connect(var_dir / "db.sqlite3")) as database:
        rows = database.execute(
            "SELECT selection_name, problems_count, problems, problem_groups, attempts"
            " FROM selections_archive ORDER BY id"
        ).fetchall()
        assert database.execute("SELECT is_complete FROM selections_selection").fetchall() == [
            (1,),
            (1,),
        ]
        assert database.execute("SELECT count(*) FROM selections_archivepart").fetchone() == (1,)
    # The last is bob's, of a selection that is not shared with him: its name is not his to know.
    assert [row[0] for row in rows] == [
        "The shared one",
        "The shared one",
        "The private one",
        "",
    ]
    for _, count, problems, groups, attempts in rows:
        assert (count, len(json.loads(problems)), attempts) == (500, 200, 0)
        assert json.loads(groups) == [
            {"reason": "Gone.", "count": 500, "frames": "task 1: frames 0–499"}
        ]
