"""End the processes of a launcher that was killed; `python -I reaper.py PIPE LIST SECONDS`.

PIPE is the reading end of a pipe whose writing end only the launcher holds: end of file means that
the launcher has ended. LIST is the file that `launcher.processes.GroupList` writes. This module
imports nothing but the standard library, so that it always works.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

TICK = 0.1


def listed_groups(path: Path) -> dict[int, str]:
    """Process groups and the names of their services; empty if there is no file."""
    groups = {}
    with suppress(OSError):
        for line in path.read_text(encoding="utf-8").splitlines():
            number, _, name = line.partition(" ")
            if number.isdecimal() and int(number) > 1:
                groups[int(number)] = name
    return groups


def signal_group(group: int, number: int) -> bool:
    """Send a signal (0: none) to a process group. False if the group has no process."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # on macOS: a group of zombies
        return False
    return True


def end_groups(groups: list[int], seconds: float) -> None:
    """Send SIGTERM to the groups, and after some seconds SIGKILL."""
    if sys.platform != "linux":  # on Linux the kernel has sent it, see processes.py
        for group in groups:
            signal_group(group, signal.SIGTERM)
    end = time.monotonic() + seconds
    while any(signal_group(group, 0) for group in groups) and time.monotonic() < end:
        time.sleep(TICK)
    for group in groups:
        signal_group(group, signal.SIGKILL)


def main(pipe: int, path: Path, seconds: float) -> None:
    while os.read(pipe, 1):
        pass
    end_groups(list(listed_groups(path)), seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
