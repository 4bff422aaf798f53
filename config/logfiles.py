"""The logs of the processes that `serve` starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO

LARGEST = 5 * 1024 * 1024
_ERROR = re.compile(rb"\b(?:ERROR|CRITICAL)\b")


class LogFile:
    """A log that a process appends to, and that is read again for what a person should see."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LARGEST:
            path.replace(path.with_suffix(".log.1"))
        path.touch()
        self._seen = path.stat().st_size

    def appending(self) -> IO[bytes]:
        return self.path.open("ab")

    def new_errors(self) -> list[str]:
        """The lines about errors that were written since the last call."""
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
