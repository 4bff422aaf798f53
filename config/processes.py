"""Processes that cannot outlive the one that starts them."""

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

from config.logfiles import LogFile

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Service:
    """What to run. `inherits` are descriptors it keeps open; `before` says before each start
    whether it may start already."""

    name: str
    command: list[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    inherits: tuple[int, ...] = ()
    before: Callable[[], bool] | None = None


class Child:
    """One process of a service, from its start to its end."""

    def __init__(self, service: Service, log: LogFile) -> None:
        parent = os.getpid()
        with log.appending() as out:
            self._process = subprocess.Popen(  # noqa: S603  # the commands are our own
                service.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=service.folder,
                env=os.environ | dict(service.environment),
                pass_fds=service.inherits,
                # A group of its own, so that Ctrl-C reaches us alone and we stop all in order.
                process_group=0,
                preexec_fn=lambda: _die_with(parent),  # noqa: PLW1509  # we have no threads
            )
        self._born = time.monotonic()

    @property
    def age(self) -> float:
        return time.monotonic() - self._born

    @property
    def status(self) -> int | None:
        """How it exited, minus the signal that ended it; None while it runs."""
        return self._process.poll()

    def terminate(self) -> None:
        self._process.terminate()

    def end(self, deadline: float = 0) -> None:
        """Give it until the deadline, then end it together with all that it started."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _die_with(parent: int) -> None:
    """In the new process, before it becomes the service: be told to end when the parent dies."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)
