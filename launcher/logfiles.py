"""Log files of the processes that `serve` starts."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import IO

MAX_BYTES = 5 * 1024 * 1024  # one older file of about this size is kept beside it
_ERROR = re.compile(rb"\b(?:ERROR|CRITICAL)\b")


class LogFile:
    """A log file that a process appends to and the launcher reads errors from."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._seen = path.stat().st_size  # errors of an earlier start were told then

    def open_for_append(self) -> IO[bytes]:
        return self.path.open("ab")

    def new_errors(self) -> list[str]:
        """The lines with errors since the last call. A large log is then moved to
        `<name>.log.1`, also while a process appends to it."""
        errors = self._errors_in(self.path)
        if self._seen > MAX_BYTES:
            errors += self._rotate()
        return errors

    def _rotate(self) -> list[str]:
        """The errors that were written meanwhile. The file is copied and emptied, because the
        process keeps its descriptor; a line written between the two steps is lost."""
        older = self.path.with_suffix(".log.1")
        shutil.copyfile(self.path, older)
        with self.path.open("r+b") as file:
            file.truncate(0)
        errors = self._errors_in(older)
        self._seen = 0
        return errors

    def _errors_in(self, path: Path) -> list[str]:
        """The complete lines with errors behind `_seen`, which is moved behind them."""
        if path.stat().st_size == self._seen:
            return []
        with path.open("rb") as file:
            file.seek(self._seen)
            content = file.read()
        complete = content[: content.rfind(b"\n") + 1]  # the last line may be incomplete
        self._seen += len(complete)
        return [_text(line) for line in complete.splitlines() if _ERROR.search(line)]

    def tail(self, lines: int = 15) -> str:
        """The last lines."""
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - 16_384))
            return "\n".join(_text(line) for line in file.read().splitlines()[-lines:])


def _text(line: bytes) -> str:
    return line.decode(errors="replace")
