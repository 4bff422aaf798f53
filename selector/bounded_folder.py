"""Files by key in a folder of a limited size: the least recently used ones are removed.

Any number of processes may use the folder. A file that is removed while it is open can be read to
its end.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile, mkstemp
from threading import Lock
from typing import BinaryIO, cast

from django.conf import settings

USE_SECONDS = 600  # precision of the noted last use
ABANDONED_SECONDS = 3600  # age of temporary files whose writer must have been killed
# A process removes files, down to REMAINING_SHARE of `max_bytes`, when it has written WRITTEN_SHARE
# of it. So several processes stay below the limit together.
WRITTEN_SHARE, REMAINING_SHARE = 0.1, 0.8
_TEMPORARY = ".tmp"
_SUBFOLDERS = "[0-9a-f][0-9a-f]"  # named by the first two digits of the keys in them

_written: dict[Path, int] = {}  # bytes by folder that this process wrote since it removed files
_guard = Lock()


@dataclass(frozen=True, slots=True)
class BoundedFolder:
    """A folder of files that end with `suffix`. There may be files with other suffixes as well: all
    together have at most `max_bytes`. Keys begin with two hexadecimal digits; what does not lie in
    the subfolders of these names is left alone."""

    path: Path
    suffix: str
    max_bytes: int

    def path_of(self, key: str) -> Path:
        return self.path / key[:2] / f"{key}{self.suffix}"

    def note_use(self, path: Path) -> bool:
        """Whether the file is there."""
        try:
            if time.time() - path.stat().st_mtime > USE_SECONDS:
                os.utime(path)
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def new_file(self, key: str) -> Iterator[Path]:
        """The path of an empty file to write, which becomes the file of the key when the block
        ends, and is removed when the block raises."""
        path = self.path_of(key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = mkstemp(dir=path.parent, suffix=_TEMPORARY)
        os.close(number)
        try:
            yield Path(name)
            size = os.path.getsize(name)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
        if self._is_removal_due(size):
            self.remove_old()

    def temporary_file(self) -> BinaryIO:
        """An unnamed file on the disk of the folder, removed when it is closed."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cast(BinaryIO, TemporaryFile(dir=self.path))

    def remove(self, key: str) -> None:
        self.path_of(key).unlink(missing_ok=True)

    def remove_old(self) -> None:
        """Remove the least recently used files, if all together are too large, and abandoned
        temporary files; unless another process does so already."""
        with self._removal_lock() as is_locked:
            if not is_locked:
                return
            total = 0
            for _, size, path in sorted(self._files(), reverse=True):
                total += size
                if total > self.max_bytes * REMAINING_SHARE:
                    Path(path).unlink(missing_ok=True)

    def _is_removal_due(self, size: int) -> bool:
        share = self.max_bytes * WRITTEN_SHARE / settings.WEB_PROCESSES
        with _guard:
            # Also at the first file of a process: it may not live long enough to write that much.
            written = _written.get(self.path)
            is_due = written is None or written + size > share
            _written[self.path] = 0 if is_due else (written or 0) + size
        return is_due

    @contextmanager
    def _removal_lock(self) -> Iterator[bool]:
        with (self.path / "tidy.lock").open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """(last use, size, path) of each file; abandoned temporary files are removed on the way."""
        for folder in self.path.glob(_SUBFOLDERS):
            for entry in os.scandir(folder):
                with suppress(FileNotFoundError):
                    state = entry.stat()
                    if not entry.name.endswith(_TEMPORARY):
                        yield state.st_mtime, state.st_size, entry.path
                    elif time.time() - state.st_mtime > ABANDONED_SECONDS:
                        os.unlink(entry.path)
