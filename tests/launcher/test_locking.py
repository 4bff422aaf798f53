from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import locking
from launcher.locking import FolderInUse, locked


def test_the_folder_is_taken_once(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(FolderInUse, match=rf"\(process {os.getpid()}\)"),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):
        pass


def test_a_new_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    with locked(tmp_path / "var"):
        assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


@pytest.fixture
def heir(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has inherited the lock of a launcher that is dead."""
    code = "import sys, time; print('x', flush=True); time.sleep(60)"
    with (tmp_path / "serve.lock").open("w") as file:
        file.write("999999999")  # no process has that number
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        heir = subprocess.Popen(
            [sys.executable, "-c", code],
            pass_fds=(file.fileno(),),
            stdout=subprocess.PIPE,
            process_group=0,
        )
    heir.stdout.readline()
    yield heir
    heir.kill()
    heir.wait()


def test_heir_of_a_dead_launcher_keeps_it_taken(
    tmp_path: Path, heir: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "END_SECONDS", 0.5)
    monkeypatch.setattr(locking, "KILL_SECONDS", 0.5)
    listed = f"{heir.pid} web\n"  # a number that another program may have by now
    locking.group_list(tmp_path).write_text(listed)

    with pytest.raises(FolderInUse, match=r"`lsof .*serve\.lock` names it"), locked(tmp_path):
        pass
    assert heir.poll() is None
    heir.kill()
    heir.wait()
    with locked(tmp_path):
        pass


def test_listed_worker_of_a_dead_launcher_is_ended(
    tmp_path: Path, heir: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "END_SECONDS", 0.5)
    locking.group_list(tmp_path).write_text(f"{heir.pid} worker\n")

    with locked(tmp_path):
        assert heir.wait(60) == -signal.SIGKILL
