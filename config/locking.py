"""One `serve` for each data folder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

# How long the worker of a launcher that was killed may take to end.
PATIENCE = 15.0


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


def _take(file: IO[str], folder: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            owner = _owner(file)
            if owner or time.monotonic() > end:
                raise FolderInUse(
                    f"The portal already runs on {folder} (process {owner or 'unknown'}). "
                    "Stop it first, or set VAR_DIR and PORT for a second one."
                ) from None
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
