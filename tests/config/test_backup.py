"""The commands of docs/operations.md for backup and restore, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
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
    """As `make run` leaves it behind, with alice."""
    (tmp_path / ".venv").symlink_to(BASE_DIR / ".venv")
    launcher = Launcher(tmp_path)
    assert launcher.manage("setup").returncode == 0
    assert launcher.manage("api_token", "alice", "--create-user").returncode == 0
    return launcher


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
    (folder / ".env").unlink()
    assert installation.manage("setup").returncode == 0
    assert installation.manage("api_token", "bob", "--create-user").returncode == 0

    run(commands(1), folder)
    assert (folder / ".env").read_text() == keys
    assert installation.manage("api_token", "alice").returncode == 0
    assert "There is no user bob" in installation.manage("api_token", "bob").stderr
