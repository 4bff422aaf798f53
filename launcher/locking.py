"""One `serve` for each data folder."""

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

# How long the processes of a launcher that was killed may take to end by themselves: the reaper
# kills them a little earlier.
PATIENCE = 12.0
KILLED = 5.0  # seconds for a process to be gone after SIGKILL
HOLDER = "worker"  # the service that inherits the lock


class FolderInUse(Exception):
    """Another launcher works in the folder."""


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold the folder; yields the descriptor that holds it, to be inherited by the worker.

    So the folder stays taken until the last process that works on its queue is gone, even when
    the launcher was killed. Raises FolderInUse.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds what people may not share
    with (folder / "serve.lock").open("a+") as file:
        _take(file, folder)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file.fileno()


def group_list(folder: Path) -> Path:
    """The list of process groups of the launcher that holds the folder."""
    return folder / "serve.groups"


def _take(file: IO[str], folder: Path) -> None:
    """Lock the file; what a killed launcher has left behind is killed. Raises FolderInUse."""
    if _locks(file, PATIENCE):
        return
    owner = _owner(file)
    if owner:
        raise FolderInUse(
            f"The portal already runs on {folder} (process {owner}). "
            "Stop it first, or set VAR_DIR and PORT for a second one."
        )
    # Only the holder: its group lives, so its number cannot have passed to another program.
    for group, name in listed_groups(group_list(folder)).items():
        if name == HOLDER:
            signal_group(group, signal.SIGKILL)
    if not _locks(file, KILLED):
        raise FolderInUse(
            f"The launcher that ran on {folder} is gone, but a process of it is not: "
            f"`lsof {file.name}` names it. End it with `kill -9`, then start again."
        )


def _locks(file: IO[str], seconds: float) -> bool:
    """Try to lock, for so long while no living launcher holds the lock; False if in vain."""
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
    """The launcher that holds the folder; 0 when it is dead and only its worker still ends."""
    file.seek(0)
    text = file.read().strip()
    try:
        os.kill(int(text), 0)
    except (ValueError, ProcessLookupError):
        return 0
    except PermissionError:
        pass
    return int(text)
