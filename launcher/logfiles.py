"""The logs of the processes that `serve` starts."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import IO

LARGEST = 5 * 1024 * 1024  # bytes; one older file of about that size stays beside it
_ERROR = re.compile(rb"\b(?:ERROR|CRITICAL)\b")


class LogFile:
    """A log that a process appends to, and that is read again for what a person should see."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._seen = path.stat().st_size
        self.cut()

    def appending(self) -> IO[bytes]:
        return self.path.open("ab")

    def cut(self) -> None:
        """Move a log that has grown large to `<name>.log.1`, also while a process appends to it.

        It is copied and emptied, because the process keeps its descriptor; a line written between
        the two is lost.
        """
        if self.path.stat().st_size <= LARGEST:
            return
        shutil.copyfile(self.path, self.path.with_suffix(".log.1"))
        with self.path.open("r+b") as file:
            file.truncate(0)
        self._seen = 0

    def new_errors(self) -> list[str]:
        """The lines about errors that were written since the last call."""
        if self.path.stat().st_size == self._seen:
            return []
        with self.path.open("rb") as file:
            file.seek(self._seen)
            content = file.read()
        complete = content[: content.rfind(b"\n") + 1]  # a line may be half written
        self._seen += len(complete)
        return [_text(line) for line in complete.splitlines() if _ERROR.search(line)]

    def tail(self, lines: int = 15) -> str:
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - 16_384))
            return "\n".join(_text(line) for line in file.read().splitlines()[-lines:])


def _text(line: bytes) -> str:
    return line.decode(errors="replace")
