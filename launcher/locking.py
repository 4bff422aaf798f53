"""Allow only one `serve` for each data folder."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from launcher.reaper import listed_groups, signal_group

# Seconds for the processes of a killed launcher to end; the reaper kills them a little earlier.
END_SECONDS = 12.0
KILL_SECONDS = 5.0  # for a process to end after SIGKILL
LOCK_SERVICE = "worker"  # the service that inherits the lock


class FolderInUse(Exception):
    """Another launcher uses the folder."""


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Lock the folder. Yields the descriptor of the lock, which the worker inherits.

    So the folder stays locked until the worker has ended, even when the launcher was killed.
    Raises FolderInUse.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it will hold private data
    with (folder / "serve.lock").open("a+") as file:
        _lock(file, folder)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file.fileno()


def group_list(folder: Path) -> Path:
    """The file with the process groups of the launcher that uses the folder."""
    return folder / "serve.groups"


def _lock(file: IO[str], folder: Path) -> None:
    """Lock the file; if the worker of a killed launcher holds it, kill that. Raises FolderInUse."""
    if _try_lock(file, END_SECONDS):
        return
    owner = _owner(file)
    if owner:
        raise FolderInUse(
            f"The portal already runs on {folder} (process {owner}). "
            "Stop it first, or set VAR_DIR and PORT for a second one."
        )
    # Only the worker: it holds the lock, so its process group exists and the number is still its.
    for group, name in listed_groups(group_list(folder)).items():
        if name == LOCK_SERVICE:
            signal_group(group, signal.SIGKILL)
    if not _try_lock(file, KILL_SECONDS):
        raise FolderInUse(
            f"The launcher that ran on {folder} has ended, but one of its processes has not: "
            f"`lsof {file.name}` names it. End it with `kill -9`, then start again."
        )


def _try_lock(file: IO[str], seconds: float) -> bool:
    """Try to lock for some seconds, or until a living launcher has the lock. False on failure."""
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if _owner(file) or time.monotonic() > end:
                return False
        time.sleep(0.2)


def _owner(file: IO[str]) -> int:
    """The process id of the launcher that uses the folder; 0 if it has ended."""
    file.seek(0)
    text = file.read().strip()
    try:
        os.kill(int(text), 0)
    except (ValueError, ProcessLookupError):
        return 0
    except PermissionError:
        pass
    return int(text)
