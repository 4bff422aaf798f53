"""The commands of docs/operations.md for backup and restore, run as they stand there."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import BASE_DIR
from tests.launcher.launching import Launcher

OPERATIONS = BASE_DIR / "docs" / "operations.md"


def commands(number: int) -> str:
    section = OPERATIONS.read_text().split("## Back up, restore, upgrade")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)[number]


@pytest.fixture
def installation(tmp_path: Path) -> Launcher:
    """As `make run` leaves it behind."""
    (tmp_path / ".venv").symlink_to(BASE_DIR / ".venv")
    launcher = Launcher(tmp_path)
    assert launcher.manage("setup").returncode == 0
    return launcher


def query(launcher: Launcher, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(launcher.data / "db.sqlite3")) as database, database:
        return database.execute(sql).fetchall()


def run(script: str, folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_sqlite_database_is_backed_up_and_restored(installation: Launcher) -> None:
    folder = installation.folder
    for _ in range(2):  # a second backup replaces the first
        run(commands(0), folder)
    assert (folder / "backup").stat().st_mode & 0o077 == 0  # the keys are in it
    keys = (folder / ".env").read_text()
    (folder / ".env").write_text("SECRET_KEY=another")
    people = query(installation, "SELECT username, password FROM auth_user")
    assert len(people) == 1
    query(installation, "UPDATE auth_user SET username = 'bob', password = ''")

    run(commands(1), folder)
    assert (folder / ".env").read_text() == keys
    assert query(installation, "SELECT username, password FROM auth_user") == people
    assert installation.manage("api_token", "admin").returncode == 0
