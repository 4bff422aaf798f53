"""Files of a spool whose contents are in the ZIP, to be written again.

Such a file has its pages in memory and its blocks on the disk already: to write it again takes a
third of the processor time of a new file, and nothing is removed.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

MOST = 4  # files that wait to be written again
LARGEST = 2**25  # bytes of one: what waits takes room from the disk
# Prefix of an empty file: files were written again since the start of the machine that its name
# goes on with.
REUSED = "_reused-"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # another text after each start of the machine


class SpareFiles:
    """The spare files of one spool. `add` is for one thread, `take` for any."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: deque[Path] = deque()
        self._is_noted = False

    def add(self, path: Path) -> None:
        """Keep the file, under another name, or remove it. Nobody else may have it open."""
        with suppress(FileNotFoundError):  # just removed by another worker
            if len(self._paths) >= MOST or path.stat().st_size > LARGEST or not self._note_start():
                path.unlink()
                return
            spare = scratch_path(self._folder)
            path.rename(spare)
            self._paths.append(spare)

    def take(self) -> Path | None:
        """A file with any contents, which is the caller's from now on."""
        with suppress(IndexError):
            return self._paths.popleft()
        return None

    def remove(self) -> None:
        while (path := self.take()) is not None:
            path.unlink(missing_ok=True)

    def were_lost(self) -> bool:
        """Whether the machine was started again since files were written again. If it lost its
        power, such a file may hold what it held first, whole and with right checksums."""
        now = f"{REUSED}{_start_of_machine()}"
        return any(mark.name != now for mark in self._marks())

    def forget(self) -> None:
        """No file of the spool was written again."""
        for mark in self._marks():
            mark.unlink(missing_ok=True)

    def _marks(self) -> Iterable[Path]:
        return self._folder.glob(f"{REUSED}*")

    def _note_start(self) -> bool:
        """Write down the start of the machine, once. False where it is not known."""
        if not self._is_noted and (start := _start_of_machine()):
            (self._folder / f"{REUSED}{start}").touch()
            self._is_noted = True
        return self._is_noted


def scratch_path(folder: Path) -> Path:
    """A unique name of an incomplete file: a worker that lost its claim may still be fetching the
    same one."""
    return folder / f"{uuid.uuid4().hex}.part"


def _start_of_machine() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:  # not Linux
        return ""
