"""Start processes that end together with the launcher."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from launcher.logfiles import LogFile

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Service:
    """A program to run.

    `inherits` are descriptors that it keeps open. `before` is called before each start and returns
    whether the service can start now. `stops_last` is for services that the others need while they
    stop. `outlives_launcher` is for the reaper, which works when the launcher has ended.
    """

    name: str
    command: list[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    inherits: tuple[int, ...] = ()
    before: Callable[[], bool] | None = None
    stops_last: bool = False
    outlives_launcher: bool = False


class GroupList:
    """File with the process groups of the running services, one "number name" a line.

    The reaper and the next start read it when the launcher was killed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb", buffering=0)
        self._groups: dict[int, str] = {}

    def enter(self, name: str) -> None:
        """Add the calling process, which is the new one: so no process starts without being listed,
        whenever the launcher is killed."""
        os.write(self._file.fileno(), f"{os.getpid()} {name}\n".encode())

    def add(self, group: int, name: str) -> None:
        """Remember in the launcher what the new process has written to the file."""
        self._groups[group] = name

    def remove(self, group: int) -> None:
        self._groups.pop(group, None)
        text = "".join(f"{number} {name}\n" for number, name in self._groups.items())
        self._file.seek(0)
        self._file.write(text.encode())
        self._file.truncate()

    def close(self) -> None:
        self._file.close()


class Child:
    """One process of a service, from its start to its end."""

    def __init__(self, service: Service, log: LogFile, groups: GroupList) -> None:
        parent = os.getpid()
        self._groups = groups

        def prepare() -> None:
            """Runs in the new process, before the program of the service."""
            if not service.outlives_launcher:
                groups.enter(service.name)
                _die_with(parent)

        with log.open_for_append() as out:
            self._process = subprocess.Popen(  # noqa: S603  # commands of services.py alone
                service.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=service.folder,
                env=os.environ | dict(service.environment),
                pass_fds=service.inherits,
                # A new group, so that Ctrl-C reaches the launcher alone, which stops all in order.
                process_group=0,
                preexec_fn=prepare,  # noqa: PLW1509  # the launcher has no threads
            )
        if not service.outlives_launcher:
            groups.add(self._process.pid, service.name)
        self._started = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    @property
    def status(self) -> int | None:
        """The exit status, or minus the signal that ended it; None while it runs."""
        return self._process.poll()

    def terminate(self) -> None:
        self._process.terminate()

    def end(self, deadline: float = 0) -> None:
        """Wait until the deadline, then kill the process and all that it started."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._groups.remove(self._process.pid)


def _die_with(parent: int) -> None:
    """Let the kernel send SIGTERM to this process when the parent dies."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the call
            os._exit(1)
