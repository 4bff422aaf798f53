"""Start services, restart those that end, and stop them in order."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from launcher.logfiles import LogFile
from launcher.processes import Child, GroupList, Service

STABLE_SECONDS = 20.0  # a process that ran this long did not fail at its start
QUICK_DEATHS = 4
FIRST_PAUSE = 0.5
STOP_SECONDS = 8.0  # for the services to stop
TICK = 0.1


class StopRequested(Exception):
    """Ctrl-C, or a signal to end."""


class GaveUp(Exception):
    """A service does not run; `str(error)` has its name and the end of its log."""


class Supervisor:
    """Starts services in the order in which they are added; `run` watches them."""

    def __init__(self, logs: Path, say: Callable[[str], None], groups: GroupList) -> None:
        self._logs = logs
        self._say = say
        self._groups = groups
        self._running: list[_RunningService] = []
        self._stop_requested = False

    def request_stop(self) -> None:
        """Make `run` raise StopRequested. Safe in a signal handler."""
        self._stop_requested = True

    def add(self, service: Service) -> None:
        """Start a service and watch it from now on."""
        log = LogFile(self._logs / f"{service.name}.log")
        running = _RunningService(service, log, self._say, self._groups)
        self._running.append(running)
        running.start()

    def wait_until(self, condition: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Watch until the condition holds. Raises GaveUp, StopRequested."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                last = self._running[-1].log
                raise GaveUp(f"{what} after {seconds:.0f} s. {last.path} ends:\n{last.tail()}")
            self._watch()

    def run(self) -> None:
        """Watch for ever. Raises GaveUp, StopRequested."""
        while True:
            self._watch()

    def _watch(self) -> None:
        if self._stop_requested:
            raise StopRequested
        for running in self._running:
            running.watch()
        time.sleep(TICK)

    def stop(self) -> None:
        """Stop all services, first those that need others."""
        last = [each for each in self._running if each.service.stops_last]
        others = [each for each in self._running if not each.service.stops_last]
        for group in (others, last):
            deadline = time.monotonic() + STOP_SECONDS
            for running in group:
                running.terminate()
            for running in group:
                running.end(deadline)


class _RunningService:
    """A service and its process, if there is one at the moment."""

    def __init__(
        self, service: Service, log: LogFile, say: Callable[[str], None], groups: GroupList
    ) -> None:
        self.service = service
        self.log = log
        self._say = say
        self._groups = groups
        self._child: Child | None = None
        self._quick_deaths = 0
        self._due = 0.0

    def start(self) -> None:
        if self.service.before is not None and not self.service.before():
            self._due = time.monotonic() + FIRST_PAUSE
            return
        self._child = Child(self.service, self.log, self._groups)

    def watch(self) -> None:
        for line in self.log.new_errors():
            self._say(f"{self.service.name}: {line}")
        if self._child is None:
            if time.monotonic() >= self._due:
                self.start()
        elif self._child.status is not None:
            self._died(self._child)

    def _died(self, child: Child) -> None:
        child.end()  # the processes that it has started may still run
        self._child = None
        self._quick_deaths = 1 if child.age > STABLE_SECONDS else self._quick_deaths + 1
        what = f"{self.service.name} ended unexpectedly ({_exit(child.status)})"
        if self._quick_deaths >= QUICK_DEATHS:
            raise GaveUp(f"{what} several times. {self.log.path} ends:\n{self.log.tail()}")
        pause = FIRST_PAUSE * 2 ** (self._quick_deaths - 1)
        self._due = time.monotonic() + pause
        self._say(f"{what}; starting it again in {pause:g} s. Its log is {self.log.path}")

    def terminate(self) -> None:
        if self._child is not None:
            self._child.terminate()

    def end(self, deadline: float) -> None:
        if self._child is not None:
            self._child.end(deadline)
            self._child = None


def _exit(status: int | None) -> str:
    return f"signal {-status}" if status is not None and status < 0 else f"status {status}"
