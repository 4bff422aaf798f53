from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import locking
from config.locking import FolderInUse, locked


def test_the_folder_is_taken_once(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(FolderInUse, match=rf"\(process {os.getpid()}\)"),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):
        pass


def test_heir_of_a_dead_launcher_keeps_it_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "PATIENCE", 0.5)
    code = "import sys, time; print('x', flush=True); time.sleep(60)"
    with (tmp_path / "serve.lock").open("w") as file:
        file.write("999999999")  # no process has that number
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        heir = subprocess.Popen(
            [sys.executable, "-c", code], pass_fds=(file.fileno(),), stdout=subprocess.PIPE
        )
    try:
        heir.stdout.readline()
        with pytest.raises(FolderInUse, match="process unknown"), locked(tmp_path):
            pass
    finally:
        heir.kill()
        heir.wait()
    with locked(tmp_path):
        pass
